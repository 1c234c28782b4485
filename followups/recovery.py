"""What became of customers afterwards: their next score once the follow-up was closed, and whether it is any different
for those who were reached. They write nothing."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from followups.reports import Selection
from nps.survey.estimates import Matched, matched
from nps.survey.figures.scope import kept
from nps.survey.models import Response
from nps.survey.scoring import Counts, Rate, band

RANK = {"detractor": 0, "passive": 1, "promoter": 2}


@dataclass(frozen=True)
class Recovery:
    """Of the closed follow-ups of a selection: how many customers answered again since, and how. `table` is {(score
    then, next score): how many}. The next score is an answer like any other and counts in the NPS of its own period;
    here it is a series of its own."""

    closed: int
    table: Mapping[tuple[int, int], int]

    @property
    def answered_again(self) -> Rate:
        return Rate(sum(self.table.values()), self.closed)

    @property
    def recovered(self) -> Rate:
        """In a higher band than then, out of those who answered again."""
        higher = (n for (old, new), n in self.table.items() if RANK[band(new)] > RANK[band(old)])
        return Rate(sum(higher), self.answered_again.numerator)

    @property
    def went_up(self) -> Rate:
        """Any higher score, out of those who answered again."""
        up = (count for (old, new), count in self.table.items() if new > old)
        return Rate(sum(up), self.answered_again.numerator)

    @property
    def then(self) -> Counts:
        return Counts.tallied(_summed(self.table, 0))

    @property
    def since(self) -> Counts:
        return Counts.tallied(_summed(self.table, 1))


def _summed(table: Mapping[tuple[int, int], int], place: int) -> dict[int, int]:
    tally: dict[int, int] = {}
    for scores, count in table.items():
        tally[scores[place]] = tally.get(scores[place], 0) + count
    return tally


def recovery(selection: Selection) -> Recovery:
    """One statement."""

    def counted(selection: Selection, **day: Any) -> Any:
        rows = with_next_score(selection.follow_ups())
        return rows.values("score", "next_score", **day).annotate(n=Count("*")).order_by()

    closed, table = 0, defaultdict(int)
    for row in kept(selection, "recovery", "opened_at", counted):
        closed += row["n"]
        if row["next_score"] is not None:
            table[row["score"], row["next_score"]] += row["n"]
    return Recovery(closed, dict(table))


def with_next_score(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Closed follow-ups with `next_score`: the customer's first answer after closing."""
    later = Response.objects.filter(customer=OuterRef("customer"), answered_at__gt=OuterRef("closed_at"))
    first = later.order_by("answered_at", "pk").values("score")[:1]
    return rows.filter(status="closed").annotate(next_score=Subquery(first))


def recovered(rows: QuerySet[Any], which: str) -> QuerySet[Any]:
    """The rows of a figure of Recovery: "again", "higher_band" or "higher"."""
    found = with_next_score(rows).filter(next_score__isnull=False)
    if which == "again":
        return found
    if which == "higher":
        return found.filter(next_score__gt=F("score"))
    return found.filter(Q(score__lte=6, next_score__gte=7) | Q(score__lte=8, next_score__gte=9))


def outreach(selection: Selection) -> Matched:
    """The next score of customers who had been reached by the time they answered again, beside that of those who had
    not, at the same first score. Nobody chose by lot who is reached: a difference is no proof of a cause. One
    statement."""
    tallies: dict[tuple[int, bool], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in kept(selection, "outreach", "opened_at", _reached_and_next):
        if row["next"] is not None:
            score, was_reached = divmod(row["next"], 2)
            tallies[row["score"], bool(was_reached)][score] += row["n"]
    return matched(tallies)


def _reached_and_next(selection: Selection, **day: Any) -> Any:
    """Rows of counts by score and `next`, which tells both: twice the next score, and one more if they had been reached
    by then."""
    # Looked up for each: joined, PostgreSQL would read all answers there ever were.
    given = Response.objects.filter(pk=OuterRef("response")).values("answered_at")
    later = Response.objects.filter(customer=OuterRef("customer"), answered_at__gt=OuterRef("given")).order_by(
        "answered_at", "pk"
    )
    reached_before = When(answered_at__gt=OuterRef("reached_at"), then=Value(1))
    both = 2 * F("score") + Case(reached_before, default=0, output_field=IntegerField())
    rows = selection.follow_ups().exclude(status="cancelled").alias(given=Subquery(given))
    asked = rows.annotate(next=Subquery(later.annotate(both=both).values("both")[:1]))
    return asked.values("score", "next", **day).annotate(n=Count("*")).order_by()
