"""What was measured of lessons, as pages and programs show it. They write nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from followups.effects import nps_words
from followups.models import Lesson, Measurement
from nps.survey.scoring import Counts, Nps, nps


def with_latest(lessons: QuerySet[Lesson]) -> QuerySet[Lesson]:
    """The lessons with what was measured last, in one statement more; ask `current` for it."""
    newest = Measurement.objects.filter(lesson=OuterRef("lesson")).order_by("-pk").values("pk")[:1]
    rows = Measurement.objects.filter(pk=Subquery(newest))
    return lessons.prefetch_related(Prefetch("measurements", queryset=rows, to_attr="latest"))


def current(lesson: Lesson) -> Measurement | None:
    """What was measured last, if it still says something: not once it was put back or put in place anew."""
    if not lesson.effect:
        return None
    if not hasattr(lesson, "latest"):
        return lesson.measurements.order_by("-pk").first()
    rows: list[Measurement] = lesson.latest
    return rows[0] if rows else None


@dataclass(frozen=True)
class Part:
    """One window, inside the scope or outside: cases out of resolutions, and the answers to them."""

    carried: int
    resolved: int
    open: int
    nps: Nps

    @property
    def per_100(self) -> float | None:
        return 100 * self.carried / self.resolved if self.resolved else None


@dataclass(frozen=True)
class Beside:
    """One line of the table: before and since."""

    label: str
    before: Part
    after: Part
    nps_words: str


@dataclass(frozen=True)
class Measured:
    """A measurement with its denominators; the days are the first and the last of each window, None for no day yet."""

    row: Measurement
    lines: tuple[Beside, ...]
    before: tuple[date, date] | None
    after: tuple[date, date] | None


def measured(row: Measurement) -> Measured:
    """The measurement as its page shows it. No statement."""
    of = row.figures
    lines = [_beside("In its scope", of["inside_before"], of["inside_after"])]
    if of.get("outside_before") is not None:
        lines.append(_beside("Outside its scope", of["outside_before"], of["outside_after"]))
    return Measured(row, tuple(lines), _days(of["before"]), _days(of["after"]))


def _beside(label: str, before: dict[str, Any], after: dict[str, Any]) -> Beside:
    # From the counts, not the words that were kept: earlier days told points of a handful of answers.
    scores = Counts(tuple(after["scores"])), Counts(tuple(before["scores"]))
    return Beside(label, _part(before), _part(after), nps_words(*scores))


def _part(of: dict[str, Any]) -> Part:
    return Part(of["carried"], of["resolved"], of["open"], nps(Counts(tuple(of["scores"]))))


def _days(ends: list[str]) -> tuple[date, date] | None:
    first, until = (date.fromisoformat(day) for day in ends)
    return (first, date.fromordinal(until.toordinal() - 1)) if first < until else None


@dataclass(frozen=True)
class Run:
    """Days in a row with one verdict about one putting in place; `last` is the row that spoke last."""

    first_on: date
    last: Measurement


def history(rows: Iterable[Measurement]) -> tuple[Run, ...]:
    """The verdicts of these measurements (oldest first) as they followed one another, the newest run first."""
    runs: list[Run] = []
    for row in rows:
        said = runs[-1].last if runs else None
        if said is not None and (said.label, said.in_place_on) == (row.label, row.in_place_on):
            runs[-1] = Run(runs[-1].first_on, row)
        else:
            runs.append(Run(row.measured_on, row))
    return tuple(reversed(runs))
