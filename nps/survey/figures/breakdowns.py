"""The score and the response rates by team, product, agent and so on, as each was at the resolution."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Expression, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Concat, NullIf

from nps.desk.models import Channel
from nps.survey.figures.asked import Asked, asked_of, by_decision
from nps.survey.figures.scope import MOST, NUMBERS, PATHS, Scope
from nps.survey.scoring import Counts, Nps, nps

#: what a breakdown can be by -> what it is called on a page
DIMENSIONS = {
    "team": "Team",
    "agent": "Agent",
    "product": "Product",
    "channel": "Channel",
    "shift": "Shift",
    "account": "Account",
    "tag": "Tag",
    "contacts": "Contacts",
    "handovers": "Hand-overs",
}
#: those of which a ticket may have several, so that their rows may add up to more than the whole
SEVERAL = frozenset({"tag"})
#: rows of these can be countless; the rest of them is one row
MOST_ROWS = 50
OTHERS = "All others"

Key = int | str | None


@dataclass(frozen=True)
class Segment:
    """One row of a breakdown. `key` is the id or value to filter by; None for answers that have none ("Not set"), and
    for those beyond the first 50 rows (`is_rest`)."""

    key: Key
    name: str
    counts: Counts
    nps: Nps
    asked: Asked
    is_rest: bool = False


def by(
    scope: Scope, dimension: str, *, limit: int | None = None, only: Collection[int] | None = None
) -> tuple[Segment, ...]:
    """The breakdown by one of DIMENSIONS, most answers first; "Not set" last, so that the rows add up to the whole (but
    for tags, of which a ticket may have several). Two statements; with a `limit` three, and what is beyond it is one
    row before the last. `only` leaves the rows of these ids. KeyError for another dimension."""
    if dimension not in DIMENSIONS:
        raise KeyError(dimension)
    kept = None if limit is None else _first(scope, dimension, limit, only)
    names: dict[Key, str] = {}
    tallies: dict[Key, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    key, name = columns(dimension, 0)
    answers = _of(scope.responses(), PATHS[dimension][0], only)
    for of, called, score, count in answers.values_list(key, name, "score").annotate(count=Count("pk")).order_by():
        into = _row(of, called, kept, names)
        tallies[into][score] += count
    key, name = columns(dimension, 1)
    for row in by_decision(_of(scope.resolutions(), PATHS[dimension][1], only), key=key, name=name):
        if kept is not None and limit is not None and len(kept) < limit and row["key"] not in (None, ""):
            kept.add(row["key"])  # resolved and not answered: there is room for it
        rows[_row(row["key"], row["name"], kept, names)].append(row)
    segments = [
        Segment(
            key=None if into in (None, OTHERS) else into,
            name=label(dimension, into, called),
            counts=(counts := Counts.tallied(tallies[into])),
            nps=nps(counts),
            asked=asked_of(rows[into]),
            is_rest=into == OTHERS,
        )
        for into, called in names.items()
    ]
    return tuple(sorted(segments, key=lambda row: (row.key is None, not row.is_rest, -row.counts.n, row.name)))


def columns(dimension: str, which: int) -> tuple[Any, Any]:
    """(the column of the group, that of its name), of answers (0) or resolutions (1)."""
    path = PATHS[dimension][which]
    match dimension:
        case "contacts" | "handovers":
            capped = Case(
                When(**{f"{path}__gte": MOST}, then=Value(MOST)), default=F(path), output_field=IntegerField()
            )
            return capped, capped
        case "channel" | "shift":
            return F(path), F(path)
        case "agent":
            return F(f"{path}_id"), _person(path)
        case "tag":
            return F(f"{path}__pk"), F(f"{path}__name")
    return F(f"{path}_id"), F(f"{path}__name")


def _person(path: str) -> Expression:
    full = Concat(f"{path}__first_name", Value(" "), f"{path}__last_name")
    return Coalesce(NullIf(full, Value(" ")), f"{path}__username")


def _of(rows: QuerySet[Any], path: str, only: Collection[int] | None) -> QuerySet[Any]:
    return rows if only is None else rows.filter(**{f"{path}__in": only})


def _first(scope: Scope, dimension: str, limit: int, only: Collection[int] | None) -> set[Any]:
    """The keys with the most answers. One statement."""
    key, _ = columns(dimension, 0)
    answers = _of(scope.responses(), PATHS[dimension][0], only).annotate(key=key)
    some = answers.exclude(Q(key__isnull=True)).values_list("key").annotate(count=Count("pk"))
    return {found for found, _ in some.order_by("-count", "key")[:limit]}


def _row(key: Any, name: Any, kept: set[Any] | None, names: dict[Key, str]) -> Key:
    """Which row a group belongs to: its own, or that of all others."""
    into: Key = None if key == "" else key
    if kept is not None and into is not None and into not in kept:
        into = OTHERS
    names.setdefault(into, OTHERS if into == OTHERS else str("" if name is None else name))
    return into


def label(dimension: str, key: Key, name: str) -> str:
    """How a row of the breakdown is called."""
    if dimension == "channel" and name in Channel.values:
        return str(Channel(name).label)
    if dimension in NUMBERS and isinstance(key, int):
        return how_many(dimension, key)
    return name or "Not set"


def how_many(dimension: str, number: int) -> str:
    """“1 contact”, “3 hand-overs”, “4 contacts or more”."""
    noun = "contact" if dimension == "contacts" else "hand-over"
    if number >= MOST:
        return f"{MOST} {noun}s or more"
    return f"{number} {noun}{'' if number == 1 else 's'}"
