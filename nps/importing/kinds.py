"""What a cell can be: a whole column of a batch is read at once, so that a file of a million lines costs seconds.

A kind reads cells (text, or None for nothing) into values that are ready for the staging table, and says of each
cell that it cannot read what is wrong and what would be right."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from nps.importing.findings import excerpt

Cells = list[str | None]
MOST_REMEMBERED = 50_000
MOST_NUMBER = 2_147_483_647
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # clocks and zones differ


class Problem(NamedTuple):
    """The cell at place `at` of the batch cannot be read."""

    at: int
    wrong: str
    right: str


class Unreadable(ValueError):
    """A single cell that is not of the kind."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(wrong)
        self.wrong, self.right = wrong, right


class Kind:
    """`sql`: what it is in the staging table: text, moment, day, flag or number."""

    sql = "text"

    def read(self, cells: Cells) -> tuple[list[Any], list[Problem]]:
        raise NotImplementedError


class Remembering(Kind):
    """For columns whose cells repeat: each different cell is read once."""

    def __init__(self) -> None:
        self._known: dict[str | None, Any] = {None: None}
        self._unreadable: dict[str, Unreadable] = {}

    def one(self, cell: str) -> Any:
        """The value; Unreadable says why not."""
        raise NotImplementedError

    def read(self, cells: Cells) -> tuple[list[Any], list[Problem]]:
        if len(self._known) > MOST_REMEMBERED:
            self._known = {None: None}
        known = self._known
        unreadable = {}
        for cell in set(cells) - known.keys():
            assert cell is not None
            try:
                known[cell] = self.one(cell)
            except Unreadable as reason:
                unreadable[cell] = reason
        if not unreadable:
            return [known[cell] for cell in cells], []
        problems = [
            Problem(at, unreadable[cell].wrong, unreadable[cell].right)
            for at, cell in enumerate(cells)
            if cell is not None and cell in unreadable
        ]
        return [known.get(cell) for cell in cells], problems


class Text(Kind):
    """Up to `most` characters, without NUL, as they are; longer ones are cut where the map says so."""

    def __init__(self, most: int, *, is_cut: bool = False) -> None:
        self.most, self.is_cut = most, is_cut

    def read(self, cells: Cells) -> tuple[list[Any], list[Problem]]:
        present = [cell for cell in cells if cell is not None] if None in cells else cells
        if present and max(map(len, present)) > self.most and self.is_cut:  # type: ignore[arg-type]
            cells = [cell if cell is None else cell[: self.most] for cell in cells]
            present = [cell for cell in cells if cell is not None]
        whole = "".join(present)  # type: ignore[arg-type]
        if "\x00" not in whole and (not present or max(map(len, present)) <= self.most):  # type: ignore[arg-type]
            return cells, []
        return cells, [problem for index, cell in enumerate(cells) if (problem := self._problem(index, cell))]

    def _problem(self, index: int, cell: str | None) -> Problem | None:
        if cell is None:
            return None
        if len(cell) > self.most:
            return Problem(index, f"{len(cell):,} characters are too long.", f"At most {self.most:,}.")
        if "\x00" in cell:
            return Problem(index, f"{excerpt(cell)} holds a NUL character.", "Leave it out.")
        return None


#: Of the addresses that Django takes, those that need no second look: nearly all.
_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,20}"
)


def is_plain_email(text: str) -> bool:
    return len(text) <= 254 and _PLAIN_EMAIL.fullmatch(text) is not None


class Email(Kind):
    def read(self, cells: Cells) -> tuple[list[Any], list[Problem]]:
        match = _PLAIN_EMAIL.fullmatch
        odd = [index for index, cell in enumerate(cells) if cell and (len(cell) > 254 or not match(cell))]
        return cells, [problem for index in odd if (problem := self._problem(index, cells[index] or ""))]

    def _problem(self, index: int, cell: str) -> Problem | None:
        try:
            validate_email(cell)
        except ValidationError:
            return Problem(index, f"{excerpt(cell)} is no address.", "Such as ingrid@example.org, or nothing.")
        if len(cell) > 254 or "\x00" in cell:
            return Problem(index, f"{len(cell):,} characters are too long.", "At most 254.")
        return None


class Choice(Remembering):
    def __init__(self, values: Sequence[str]) -> None:
        super().__init__()
        self.values = tuple(value for value in values if value)

    def one(self, cell: str) -> str:
        if cell in self.values:
            return cell
        raise Unreadable(f"{excerpt(cell)} is none of the values.", f"One of {', '.join(self.values)}.")


class Checked(Remembering):
    """By the very function that the other doors ask; it raises an error whose text says what would be right."""

    def __init__(self, check: Callable[[str], Any], refusal: type[Exception], *, sql: str = "text") -> None:
        super().__init__()
        self._check, self._refusal, self.sql = check, refusal, sql

    def one(self, cell: str) -> Any:
        try:
            return self._check(cell)
        except self._refusal as error:
            raise Unreadable(f"{excerpt(cell)} cannot be taken.", str(error)) from None


class Number(Remembering):
    sql = "number"

    def one(self, cell: str) -> int:
        if cell.isascii() and cell.isdigit() and len(cell) <= 10 and int(cell) <= MOST_NUMBER:
            return int(cell)
        raise Unreadable(f"{excerpt(cell)} is no whole number.", f"Digits only, from 0 to {MOST_NUMBER:,}.")


class Flag(Remembering):
    sql = "flag"
    WORDS: Mapping[str, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

    def one(self, cell: str) -> bool:
        if (value := self.WORDS.get(cell.lower())) is None:
            raise Unreadable(f"{excerpt(cell)} is neither yes nor no.", "true or false, yes or no, 1 or 0.")
        return value


@dataclass
class Clock:
    """How a map writes times: `format` is "iso" or as strptime has it; times without an offset are of `zone`."""

    format: str = "iso"
    zone: str = "UTC"

    def __post_init__(self) -> None:
        self._zone = ZoneInfo(self.zone)

    def parse(self, cell: str) -> datetime:
        """Aware, in UTC. ValueError, OverflowError. Where clocks went back an hour, the first of the two; Unreadable
        for a time that they left out as they went forward."""
        moment = datetime.fromisoformat(cell) if self.format == "iso" else datetime.strptime(cell, self.format)
        if moment.tzinfo:
            return moment.astimezone(UTC)
        found = moment.replace(tzinfo=self._zone).astimezone(UTC)
        if self.zone != "UTC" and (after := found.astimezone(self._zone).replace(tzinfo=None)) != moment:
            before = moment.replace(tzinfo=self._zone, fold=1).astimezone(UTC).astimezone(self._zone)
            raise Unreadable(
                f"{excerpt(cell)} was never the time in {self.zone}, where clocks went forward past it.",
                f"{self._as_written(before)} or {self._as_written(after)}, whichever was meant; "
                "check the zone of the map.",
            )
        return found

    def _as_written(self, moment: datetime) -> str:
        plain = moment.replace(tzinfo=None)
        return plain.isoformat(sep=" ") if self.format == "iso" else plain.strftime(self.format)

    def example(self) -> str:
        if self.format == "iso":
            return "Such as 2026-11-18 09:30 or 2026-11-18T09:30:00Z (ISO 8601)."
        return f"Such as {datetime(2026, 11, 18, 9, 30).strftime(self.format)} ({self.format})."


class Moment(Remembering):
    """A time between 1980 and now, as text in UTC that sorts by time."""

    sql = "moment"

    def __init__(self, clock: Clock, now: datetime) -> None:
        super().__init__()
        self._clock, self._latest = clock, now + AHEAD

    def one(self, cell: str) -> str:
        try:
            moment = self._clock.parse(cell)
        except Unreadable:
            raise
        except (ValueError, OverflowError):
            raise Unreadable(f"{excerpt(cell)} is no time.", self._clock.example()) from None
        if moment < EARLIEST:
            right = "A time since 1980. If it stands for “not known”, list it under nulls in the map."
            raise Unreadable(f"{excerpt(cell)} is before 1980.", right)
        if moment > self._latest:
            raise Unreadable(f"{excerpt(cell)} lies in the future.", "A time that has been; check format and zone.")
        return written(moment)


class Day(Remembering):
    sql = "day"

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def one(self, cell: str) -> str:
        try:
            if self._clock.format == "iso":
                return date.fromisoformat(cell[:10]).isoformat()
            return datetime.strptime(cell, self._clock.format).date().isoformat()
        except ValueError:
            raise Unreadable(f"{excerpt(cell)} is no day.", self._clock.example()) from None


def written(moment: datetime) -> str:
    """An aware moment as the staging table holds it: UTC, so that text order is time order."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
