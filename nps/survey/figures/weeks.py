"""The score from week to week, and the longer spans that thin weeks are read in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncWeek

from nps.survey.figures.scope import Scope, kept
from nps.survey.scoring import Counts, Nps, nps

#: weeks that a point of the trend may stand for, and the most points that can be told apart
SIZES, MOST_POINTS = (1, 2, 4, 13, 52), 60


@dataclass(frozen=True)
class Week:
    """One week, or `weeks` of them, from a Monday in the zone of the report."""

    begins_on: date
    counts: Counts
    nps: Nps
    weeks: int = 1


def by_week(scope: Scope, zone: tzinfo) -> tuple[Week, ...]:
    """The score of every week of the period, Mondays in `zone`; weeks without answers too. One statement."""
    return weeks_of(weekly(scope, zone), scope, zone)


def weekly(scope: Scope, zone: tzinfo, *groups: str) -> list[tuple[Any, ...]]:
    """Rows (Monday, score, *groups, count) of the answers of the period. One statement."""

    def counted(scope: Scope, **day: Any) -> Any:
        week = TruncWeek("answered_at", tzinfo=zone)
        return scope.responses().values("score", *groups, week=week, **day).annotate(n=Count("*")).order_by()

    rows = kept(scope, f"answers by week of {zone}, {groups}", "answered_at", counted)
    return [(row["week"].date(), row["score"], *(row[name] for name in groups), row["n"]) for row in rows]


def weeks_of(rows: Iterable[tuple[Any, ...]], scope: Scope, zone: tzinfo) -> tuple[Week, ...]:
    """The rows of `weekly` as the weeks of the period."""
    tally: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for week, score, *_, count in rows:
        tally[week][score] += count
    monday = _monday(scope.since.astimezone(zone).date())
    last = (scope.until - timedelta(microseconds=1)).astimezone(zone).date()
    weeks = []
    while monday <= last:
        counts = Counts.tallied(tally.get(monday, {}))
        weeks.append(Week(begins_on=monday, counts=counts, nps=nps(counts)))
        monday += timedelta(days=7)
    return tuple(weeks)


def legible(weeks: Sequence[Week]) -> tuple[Week, ...]:
    """The same answers by one, two, four, 13 or 52 weeks: the shortest at which no more than 60 spans are left and at
    least half of those that have answers can be scored. The latest are whole, the first may be short. The shortest that
    is not too many where no length is enough. A long time begins with its first answer."""
    if len(weeks) > MOST_POINTS:
        begun = next((place for place, week in enumerate(weeks) if week.counts.n), 0)
        weeks = weeks[min(begun, len(weeks) - 1) :]
    fitting = [size for size in SIZES if -(-len(weeks) // size) <= MOST_POINTS] or [SIZES[-1]]
    for size in fitting:
        spans = _by_spans(weeks, size)
        answered = [span for span in spans if span.counts.n]
        if len(spans) > 1 and 2 * sum(span.nps.is_scored for span in spans) >= len(answered):
            return spans
    return _by_spans(weeks, fitting[0])


def _by_spans(weeks: Sequence[Week], size: int) -> tuple[Week, ...]:
    if size == 1:
        return tuple(weeks)
    spans = []
    for end in range(len(weeks), 0, -size):
        span = weeks[max(0, end - size) : end]
        counts = sum((week.counts for week in span), Counts())
        spans.append(Week(begins_on=span[0].begins_on, counts=counts, nps=nps(counts), weeks=size))
    return tuple(reversed(spans))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
