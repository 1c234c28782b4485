"""How customers move between the bands from one answer to their next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from nps.survey.figures.scope import Scope, kept
from nps.survey.models import Response
from nps.survey.scoring import Band, Rate, band

BANDS: tuple[Band, ...] = ("detractor", "passive", "promoter")
RANGES = {"detractor": (0, 6), "passive": (7, 8), "promoter": (9, 10)}
FIRST = "first"
#: cells put together: whether a step of so many bands is among them
SEVERAL: dict[str, Callable[[int], bool]] = {
    "again": lambda bands: True,
    "up": lambda bands: bands > 0,
    "down": lambda bands: bands < 0,
}


@dataclass(frozen=True)
class Movement:
    """Answers of the period by the band of the same customer's answer before (whenever that was, about whatever) and
    their own. `first`: of customers who had not answered before; they are in no rate."""

    table: Mapping[tuple[Band, Band], int]
    first: int

    @property
    def again(self) -> int:
        return sum(self.table.values())

    @property
    def up(self) -> Rate:
        return Rate(sum(count for (old, new), count in self.table.items() if _rank(new) > _rank(old)), self.again)

    @property
    def down(self) -> Rate:
        return Rate(sum(count for (old, new), count in self.table.items() if _rank(new) < _rank(old)), self.again)


def _rank(name: Band) -> int:
    return BANDS.index(name)


def with_before(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Answers with `score_before`: that of the same customer's answer before, or nothing."""
    # Said as “up to, without”: one walk along the index of the customer's answers; an “or” would be two and a sort.
    own_or_later = Q(answered_at=OuterRef("answered_at"), pk__gte=OuterRef("pk"))
    earlier = Response.objects.filter(
        ~own_or_later, customer=OuterRef("customer"), answered_at__lte=OuterRef("answered_at")
    )
    before = earlier.order_by("-answered_at", "-pk")
    return rows.annotate(score_before=Subquery(before.values("score")[:1]))


def moved(rows: QuerySet[Any], step: str) -> QuerySet[Any]:
    """Only those of one cell of the table, such as "detractor-promoter", of one of SEVERAL, or "first"; KeyError for
    neither."""
    found = with_before(rows)
    if step == FIRST:
        return found.filter(score_before__isnull=True)
    if step not in SEVERAL:
        return found.filter(_in_cell(*step.split("-", 1)))
    cells = [_in_cell(old, new) for old in BANDS for new in BANDS if SEVERAL[step](_rank(new) - _rank(old))]
    return found.filter(reduce(or_, cells))


def _in_cell(old: str, new: str) -> Q:
    return Q(score_before__range=RANGES[old], score__range=RANGES[new])


def movement(scope: Scope) -> Movement:
    """One statement."""
    table = {(old, new): 0 for old in BANDS for new in BANDS}
    first = 0

    def counted(scope: Scope, **day: Any) -> Any:
        return with_before(scope.responses()).values("score_before", "score", **day).annotate(n=Count("*")).order_by()

    for row in kept(scope, "movement", "answered_at", counted):
        if row["score_before"] is None:
            first += row["n"]
        else:
            table[band(row["score_before"]), band(row["score"])] += row["n"]
    return Movement(table, first)
