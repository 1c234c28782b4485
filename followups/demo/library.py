"""What people of the demonstration write, in four languages: read from the folder of texts, picked by what happened."""

import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from nps.desk.models import Customer, User

TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "de", "nb", "pl")
PLAGUE = 0.9
FACTS = ("team", "product", "tags", "cause", "is_incident")

MONTHS = {
    "en": ("January", "March", "April", "June", "September", "October"),
    "de": ("Januar", "März", "April", "Juni", "September", "Oktober"),
    "nb": ("januar", "mars", "april", "juni", "september", "oktober"),
    "pl": ("stycznia", "marca", "kwietnia", "czerwca", "września", "października"),
}
PLACES = ("Bergen", "Gdynia", "Hamburg", "Leeds", "Rotterdam", "Chicago", "Perth", "Osaka", "Trieste", "Denver")
COLLEAGUES = ("Anna", "Mikkel", "Sofia", "Peter", "Lena", "Omar", "Julia", "Tim")
CURRENCIES = {"en": "€ {:,}", "de": "{:,} €", "nb": "kr {:,}", "pl": "{:,} zł"}


@dataclass(frozen=True)
class Story:
    """What one ticket is about. The texts hold slots, see `Library.slots`."""

    key: str
    team: str
    product: str
    tags: tuple[str, ...]
    cause: str
    is_incident: bool
    subject: str
    ask: str
    question: str
    detail: str
    answer: str
    again: str
    fix: str


@dataclass(frozen=True)
class Comment:
    band: str
    text: str
    topics: tuple[str, ...] = ()
    cause: str = ""
    stories: tuple[str, ...] = ()
    needs: str = ""


class Library:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._stories: dict[str, list[Story]] = {}
        self._comments: dict[str, list[Comment]] = {}
        self._frames: dict[str, dict[str, str]] = {}
        self._used: Counter[str] = Counter()
        #: root causes that many complain of until a change that works is in place, and those of which nobody does since
        self.plagued: set[str] = set()
        self.mended: set[str] = set()
        facts: dict[str, dict[str, Any]] = {}
        for language in LANGUAGES:
            texts = read(language)
            rows = [{"is_incident": False, **row} for row in texts["story"]]
            if language == "en":
                facts = {row["key"]: {name: row[name] for name in FACTS} for row in rows}
            self._stories[language] = [_story({**row, **facts[row["key"]]}) for row in rows]
            self._comments[language] = [_comment(row) for row in texts["comment"]]
            self._frames[language] = texts["frame"]
        self.office = read("office")

    def story(self, language: str, *, is_incident: bool = False) -> Story:
        return self._rng.choice([one for one in self._stories[language] if one.is_incident == is_incident])

    def slots(self, language: str) -> dict[str, str]:
        """The particulars of one ticket, the same in all its messages."""
        amount = CURRENCIES[language].format(self._rng.randint(4, 96) * 45)
        return {
            "invoice": f"INV-{self._rng.randint(20100, 29800)}",
            "amount": amount if language == "en" else amount.replace(",", " "),
            "month": self._rng.choice(MONTHS[language]),
            "place": self._rng.choice(PLACES),
            "colleague": self._rng.choice(COLLEAGUES),
            "count": str(self._rng.randint(3, 28)),
            "number": str(self._rng.randint(1020, 9870)),
        }

    def letter(self, customer: Customer, agent: User, *paragraphs: str) -> str:
        """A staff member's message in the customer's language: greeting, paragraphs, name."""
        frame = self._frames[customer.language]
        hello = frame["hello"].format(first=customer.first_name, name=customer.name)
        return "\n\n".join([hello, *paragraphs, frame["bye"].format(agent=agent.first_name)])

    def phrase(self, language: str, name: str, **slots: object) -> str:
        return self._frames[language][name].format(**slots)

    def mend(self, cause: str) -> None:
        """The change for this root cause is in place, and it works."""
        self.plagued.discard(cause)
        self.mended.add(cause)

    def comment(self, language: str, score: int, story: Story | None, troubles: set[str]) -> Comment | None:
        """Words that fit the score, the ticket and what went wrong on it; those used least come first."""
        band = "low" if score <= 3 else "middle" if score <= 6 else "near" if score <= 8 else "high"
        key = story.key if story else ""
        fitting = [
            one
            for one in self._comments[language]
            if one.band == band and (not one.stories or key in one.stories) and (not one.needs or one.needs in troubles)
            if one.cause not in self.mended
        ]
        plague = [one for one in self._comments[language] if one.band == band and one.cause in self.plagued]
        if plague and not (story and story.is_incident) and self._rng.random() < PLAGUE:
            fitting = plague
        exact = [one for one in fitting if one.stories or one.needs]
        if exact and ((story and story.is_incident) or self._rng.random() < 0.6):
            fitting = exact
        if not fitting:
            return None
        fewest = min(self._used[one.text] for one in fitting)
        chosen = self._rng.choice([one for one in fitting if self._used[one.text] == fewest])
        self._used[chosen.text] += 1
        return chosen


def read(folder: str) -> dict[str, Any]:
    """All files of one folder as one: lists are joined, tables merged."""
    merged: dict[str, Any] = defaultdict(list)
    for path in sorted((TEXTS / folder).glob("*.toml")):
        for name, value in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if isinstance(value, list):
                merged[name] += value
            else:
                merged[name] = {**(merged[name] or {}), **value}
    return merged


def _story(row: dict[str, Any]) -> Story:
    return Story(**{**row, "tags": tuple(row["tags"])})


def _comment(row: dict[str, Any]) -> Comment:
    return Comment(**{**row, "topics": tuple(row["topics"]), "stories": tuple(row.get("stories", ()))})
