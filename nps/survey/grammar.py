"""Survey, pure: what counts as a score and what counts as storable text, the same at every door."""

import re

LOWEST, HIGHEST = 0, 10
_SCORE = re.compile("10|[0-9]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class ScoreError(ValueError):
    """Not a score. `code` is for programs, `str()` is a sentence for people."""

    code = "invalid_score"

    def __str__(self) -> str:
        return "Score must be a whole number from 0 to 10."


class TextError(ValueError):
    """Text that cannot be stored as it came. `code` is for programs, `str()` is a sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def parse_score(text: object) -> int:
    """0 to 10 out of the exact ASCII text "0" … "10", or out of a real int (JSON); else ScoreError.

    Python's `int()` is not asked: it takes "１０", "1_0" and " 8 ". A bool and 8.0 are no scores.
    """
    if isinstance(text, str) and _SCORE.fullmatch(text):
        return int(text)
    if isinstance(text, int) and not isinstance(text, bool) and LOWEST <= text <= HIGHEST:
        return int(text)
    raise ScoreError


def clean_text(value: str, *, max_length: int) -> str:
    """The same text, unchanged, if every database can store it; else TextError.

    `max_length` counts Unicode characters. Codes: `not_text`, `too_long`, `null_character`, `lone_surrogate`.
    """
    if not isinstance(value, str):
        raise TextError("not_text", "This must be text.")
    if len(value) > max_length:
        raise TextError(
            "too_long", f"This text has {len(value):,} characters; at most {max_length:,} can be stored."
        )
    if (at := value.find("\0")) >= 0:
        raise TextError(
            "null_character", f"Character {at + 1:,} is a NUL, which cannot be stored; please remove it."
        )
    if broken := _LONE_SURROGATE.search(value):
        raise TextError(
            "lone_surrogate",
            f"Character {broken.start() + 1:,} is half of a surrogate pair; please remove it.",
        )
    return value
