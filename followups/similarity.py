"""Which lessons a new case is like, pure: by words in any language, by product, by root cause.

Words are compared as BM25 does (Robertson and Zaragoza, “The Probabilistic Relevance Framework”, 2009; k₁ = 1.2,
b = 0.5), on whole words and on their beginnings: the beginning stands in for a stemmer, which would have to know the
language. The sum is divided by the most that the case's own words could earn, so that 1 is “all of its words”, and the
bonuses for the same product and the same cause mean the same for a long case and a short one.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import log

from followups.stop_words import STOP_WORDS

K1, B = 1.2, 0.5
#: The beginning of a longer word, and how much less it says than the whole word.
BEGINNING, BEGINNING_WEIGHT = 5, 0.6
SAME_CAUSE, SAME_PRODUCT, OFTEN_SEEN = 0.25, 0.12, 0.01
#: Below this the words that two cases share are chance.
FEWEST_WORDS = 0.04
#: How rare a word is cannot be told from fewer than so many.
FEW = 50
WORDS_SHOWN = 3
LONGEST_WORD = 40

STOP = frozenset(word for words in STOP_WORDS.values() for word in words.split())
_FOLDED = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def words_of(text: str) -> list[str]:
    """The words of `text` worth comparing, folded: case, accents and width do not count; stop words of four languages
    and bare numbers are left out. Scripts without spaces come as overlapping pairs of characters."""
    return [folded for folded, _ in _told(text)]


def _told(text: str) -> list[tuple[str, str]]:
    """Each word as it is compared, and as it was written (in small letters)."""
    found: list[tuple[str, str]] = []
    for word in _split(unicodedata.normalize("NFKC", text).casefold()):
        if word in STOP or word.isdigit():
            continue
        folded = _fold(word)
        if len(folded) > 1:
            found.append((folded[:LONGEST_WORD], word[:LONGEST_WORD]))
    return found


def _split(text: str) -> Iterable[str]:
    word = ""
    for char in [*text, " "]:
        if char.isalnum() or unicodedata.combining(char):
            if not _is_unspaced(char):
                word += char
                continue
            if word and _is_unspaced(word[-1]):
                yield word[-1] + char
            elif word:
                yield word
            word = char
            continue
        if word:
            yield word
        word = ""


def _is_unspaced(char: str) -> bool:
    """Written without spaces: Thai to Khmer, Chinese, Japanese."""
    code = ord(char)
    return 0x0E00 <= code <= 0x17FF or 0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or code >= 0x20000


def _fold(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.translate(_FOLDED))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def features_of(words: Iterable[str]) -> Counter[str]:
    """What is counted: each word, and the beginning of each longer one (marked, so that it is no word)."""
    counted: Counter[str] = Counter()
    for word in words:
        counted[word] += 1
        if len(word) >= BEGINNING:
            counted[f"{word[:BEGINNING]}…"] += 1
    return counted


@dataclass(frozen=True)
class Known:
    """One thing that was learned: its words and those of the cases it came from, with their products and causes."""

    key: int
    words: str
    product_ids: frozenset[int] = frozenset()
    cause_ids: frozenset[int] = frozenset()
    seen: int = 1


@dataclass(frozen=True)
class Match:
    """How like a case one of the known is, and why. `words` are those of the case that say the most."""

    key: int
    likeness: float
    is_same_cause: bool
    is_same_product: bool
    words: tuple[str, ...]


class Index:
    """The known, counted once. Asking it costs as much as the words of the case occur."""

    def __init__(self, known: Sequence[Known]) -> None:
        self._known = list(known)
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        lengths = []
        for number, one in enumerate(self._known):
            counted = features_of(words_of(one.words))
            lengths.append(sum(counted.values()))
            for feature, count in counted.items():
                self._places[feature].append((number, count))
        self._many = max(len(self._known), FEW)
        mean = sum(lengths) / len(lengths) if lengths else 0.0
        self._norms = [K1 * (1 - B + B * length / mean) if mean else K1 for length in lengths]

    def __len__(self) -> int:
        return len(self._known)

    def like(
        self, words: str, *, product_id: int | None = None, cause_ids: Iterable[int] = (), limit: int = 3
    ) -> list[Match]:
        """Those most like a case, the likest first. Nothing in common is no match."""
        written = dict(reversed(_told(words)))
        scores, shared = self._by_words(words_of(words))
        causes = frozenset(cause_ids)
        matches = [
            self._match(number, scores.get(number, 0.0), shared.get(number, {}), product_id, causes)
            for number in range(len(self._known))
        ]
        likely = sorted((match for match in matches if match), key=lambda match: (-match.likeness, -match.key))
        return [replace(match, words=tuple(written[word] for word in match.words)) for match in likely[:limit]]

    def _by_words(self, told: list[str]) -> tuple[dict[int, float], dict[int, dict[str, float]]]:
        scores: dict[int, float] = defaultdict(float)
        shared: dict[int, dict[str, float]] = defaultdict(dict)
        most = 0.0
        for feature in features_of(told):
            places = self._places.get(feature, [])
            weight = BEGINNING_WEIGHT if feature.endswith("…") else 1.0
            rarity = weight * log(1 + (self._many - len(places) + 0.5) / (len(places) + 0.5))
            most += rarity * (K1 + 1)
            for number, count in places:
                earned = rarity * count * (K1 + 1) / (count + self._norms[number])
                scores[number] += earned
                if not feature.endswith("…"):
                    shared[number][feature] = earned
        return {number: score / most for number, score in scores.items()} if most else {}, shared

    def _match(
        self, number: int, likeness: float, shared: dict[str, float], product_id: int | None, causes: frozenset[int]
    ) -> Match | None:
        one = self._known[number]
        is_same_cause = bool(causes & one.cause_ids)
        is_same_product = product_id is not None and product_id in one.product_ids
        if likeness < FEWEST_WORDS and not (is_same_cause or is_same_product):
            return None
        likeness += SAME_CAUSE * is_same_cause + SAME_PRODUCT * is_same_product + OFTEN_SEEN * log(1 + one.seen)
        best = sorted(shared, key=lambda word: (-shared[word], word))[:WORDS_SHOWN]
        return Match(one.key, likeness, is_same_cause, is_same_product, tuple(best))
