"""The score and the response rates by team, product, agent and so on, as each was at the resolution."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Model, QuerySet, Value, When
from django.db.models.functions import Coalesce, Concat, NullIf

from nps.desk.models import Account, Channel, Product, Tag, Team, User
from nps.survey.figures.asked import Asked, asked_of, by_decision, followed
from nps.survey.figures.funnel import Funnel, by_place, funnel_of
from nps.survey.figures.scope import MOST, NUMBERS, PATHS, Scope, kept
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
#: rows shown; the rest of them is one row
MOST_ROWS = 50
#: of these a day may have as many rows as answers: kept of a period no longer than LONG
COUNTLESS = frozenset({"account", "tag"})
LONG = timedelta(days=100)
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
    for tags, of which a ticket may have several). Beyond a `limit` all others are one row before the last. `only`
    leaves the rows of these ids. Two statements; one more where rows have names. KeyError for another dimension."""
    if dimension not in DIMENSIONS:
        raise KeyError(dimension)
    if dimension in COUNTLESS and scope.until - scope.since > LONG:
        scope = replace(scope, days=None)

    def asked(scope: Scope, **day: Any) -> Any:
        resolutions = _of(scope.resolutions(), PATHS[dimension][1], only)
        return by_decision(followed(resolutions, scope.earliest), key=column(dimension, 1), **day)

    rows = kept(scope, f"asked by {dimension} {_named(only)}", "resolved_at", asked)
    return _segments(scope, dimension, limit, only, rows)


def by_team(scope: Scope, at: datetime, *, limit: int | None = None) -> tuple[tuple[Segment, ...], Funnel]:
    """The breakdown by team, and the funnel of all of them at `at`, made of the same rows. Three statements."""

    def placed(scope: Scope, **day: Any) -> Any:
        return by_place(followed(scope.resolutions(), scope.earliest), at, key=column("team", 1), **day)

    rows = list(kept(scope, "place by team", "resolved_at", placed))
    return _segments(scope, "team", limit, None, rows), funnel_of(rows)


def _segments(
    scope: Scope, dimension: str, limit: int | None, only: Collection[int] | None, resolved: Iterable[Any]
) -> tuple[Segment, ...]:
    """`resolved`: the rows of `by_decision`, by key of the dimension."""
    tallies: dict[Key, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows: dict[Key, list[dict[str, Any]]] = defaultdict(list)

    def given(scope: Scope, **day: Any) -> Any:
        responses = _of(scope.responses(), PATHS[dimension][0], only)
        return responses.values("score", key=column(dimension, 0), **day).annotate(n=Count("*")).order_by()

    answers = list(kept(scope, f"answers by {dimension} {_named(only)}", "answered_at", given))
    first = None if limit is None else set(_most(answers, limit))
    for row in answers:
        tallies[_row(row["key"], first)][row["score"]] += row["n"]
    resolved = list(resolved)
    if first is not None and limit is not None:  # resolved and not answered: there may be room for them
        first |= set([key for key in _most(resolved, len(resolved)) if key not in first][: limit - len(first)])
    for row in resolved:
        rows[_row(row["key"], first)].append(row)
    names = names_of(dimension, {*tallies, *rows})
    segments = [
        Segment(
            key=None if into in (None, OTHERS) else into,
            name=OTHERS if into == OTHERS else names[into],
            counts=(counts := Counts.tallied(tallies[into])),
            nps=nps(counts),
            asked=asked_of(rows[into]),
            is_rest=into == OTHERS,
        )
        for into in {*tallies, *rows}
    ]
    return tuple(sorted(segments, key=lambda row: (row.key is None, not row.is_rest, -row.counts.n, row.name)))


def column(dimension: str, which: int) -> Any:
    """The column of the group, of answers (0) or resolutions (1): an id, or a value that is its own name."""
    path = PATHS[dimension][which]
    match dimension:
        case "contacts" | "handovers":
            return Case(When(**{f"{path}__gte": MOST}, then=Value(MOST)), default=F(path), output_field=IntegerField())
        case "channel" | "shift":
            return F(path)
        case "tag":
            return F(f"{path}__pk")
    return F(f"{path}_id")


def names_of(dimension: str, keys: Iterable[Key]) -> dict[Key, str]:
    """How the rows of a breakdown are called. One statement where the keys are ids."""
    found: dict[Key, str] = {key: "" if key is None else str(key) for key in keys}
    if dimension in NAMED:
        model, name = NAMED[dimension]
        ids = [key for key in found if isinstance(key, int)]
        found |= dict(model._default_manager.filter(pk__in=ids).values_list("pk", name))
    return {key: label(dimension, key, name) for key, name in found.items()}


_PERSON = Coalesce(NullIf(Concat("first_name", Value(" "), "last_name"), Value(" ")), "username")
#: where the keys are ids: of what, and how those are called
NAMED: dict[str, tuple[type[Model], Any]] = {
    "team": (Team, "name"),
    "agent": (User, _PERSON),
    "product": (Product, "name"),
    "account": (Account, "name"),
    "tag": (Tag, "name"),
}


def _of(rows: QuerySet[Any], path: str, only: Collection[int] | None) -> QuerySet[Any]:
    return rows if only is None else rows.filter(**{f"{path}__in": only})


def _named(only: Collection[int] | None) -> str:
    return "" if only is None else f"of {sorted(only)}"


def _most(rows: Iterable[Mapping[str, Any]], limit: int) -> list[Any]:
    """The keys that count most."""
    counts: dict[Any, int] = defaultdict(int)
    for row in rows:
        if row["key"] not in (None, ""):
            counts[row["key"]] += row["n"]
    return sorted(counts, key=lambda key: (-counts[key], key))[:limit]


def _row(key: Any, first: set[Any] | None) -> Key:
    """Which row a group belongs to: its own, or that of all others."""
    into: Key = None if key == "" else key
    return OTHERS if first is not None and into is not None and into not in first else into


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
