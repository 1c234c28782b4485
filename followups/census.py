"""How many follow-ups every saved view, tab and group holds, for everybody from one count of what is open.

One grouped statement counts the open follow-ups by whatever a view asks about; what one person's rail and tabs show are
sums over its cells. It is kept for some seconds and shared by all processes, so that two hundred agents on one queue
cost the database what one does. Read only."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db.models import BooleanField, Case, Count, IntegerField, Q, Value, When

from followups.models import FollowUp
from followups.queue import GROUPS, TABS, Listing, Look, State
from nps.desk.hours import zone_named
from nps.desk.models import User
from nps.remembered import Remembered

logger = logging.getLogger("nines.queue")

KEY = "followups.census"
#: A count that old is still shown while another process takes the next one.
OLDEST = timedelta(seconds=60)
OVERDUE = 0


class Cell(NamedTuple):
    """Follow-ups that no view can tell apart, and how many they are. `due` is 0 when overdue, else the number (from 1)
    of the first of the census's `ends` that they are due before, or one more than there are."""

    team: int
    assignee: int | None
    is_open: bool
    is_key: bool
    is_asleep: bool
    is_tried: bool
    is_low: bool
    is_near: bool
    due: int
    number: int


@dataclass(frozen=True)
class Census:
    """Taken at `taken_at`. `ends`: the next midnights of all zones that staff live in, soonest first."""

    taken_at: datetime
    ends: tuple[datetime, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Counts:
    """What one person sees: `views` by key; `tabs` of the view they are in, and its groups as “group_overdue” …"""

    views: dict[str, int]
    tabs: dict[str, int]


def current(look: Look, *, is_fresh: bool = False) -> Census:
    """The census for whoever looks, at most settings.QUEUE_COUNTS_SECONDS old; `is_fresh` counts now, for whoever has
    just changed something. At most one statement."""
    seconds = settings.QUEUE_COUNTS_SECONDS
    if not seconds:
        return take(look)
    try:
        if not is_fresh and (kept := _kept(look, timedelta(seconds=seconds))) is not None:
            return kept
        census = take(look)
        cache.set(KEY, census, timeout=OLDEST.total_seconds())
    except Exception as error:  # noqa: BLE001 - whatever the cache does, the queue shows
        logger.warning("the counts are not shared, the cache does not answer: %r", error)
        return take(look)
    return census


def _kept(look: Look, young: timedelta) -> Census | None:
    kept: Census | None = cache.get(KEY)
    if kept is None or look.day_ends_at not in kept.ends:
        return None
    age = abs(look.at - kept.taken_at)
    # One process counts, the others show meanwhile what there was.
    is_left_to_another = age < OLDEST and not cache.add(f"{KEY}.taken", 1, timeout=5)
    return kept if age < young or is_left_to_another else None


def take(look: Look) -> Census:
    """Count now. One statement."""
    at = look.at
    ends = tuple(sorted({*_midnights(at, zones_of_staff("")), look.day_ends_at.astimezone(UTC)}))
    due = [When(due_at__lt=at, then=Value(OVERDUE))]
    due += [When(due_at__lt=end, then=Value(number)) for number, end in enumerate(ends, start=1)]
    flags = {
        "is_open": Q(status=FollowUp.Status.OPEN),
        "is_key": Q(account__is_key=True),
        "is_asleep": Q(snoozed_until__gt=at),
        "is_tried": Q(attempts_made__gt=0, reached_at__isnull=True),
        "is_low": look.tab("low"),
        "is_near": look.tab("near"),
    }
    rows = (
        FollowUp.objects.unclosed()
        .annotate(
            **{name: Case(When(q, then=True), default=False, output_field=BooleanField()) for name, q in flags.items()},
            due=Case(*due, default=Value(len(ends) + 1), output_field=IntegerField()),
        )
        .order_by()
        .values_list("team_id", "assignee_id", *flags, "due")
        .annotate(number=Count("pk"))
    )
    return Census(at, ends, tuple(Cell(*row) for row in rows))


def _midnights(at: datetime, zones: Iterable[str]) -> set[datetime]:
    found = set()
    for zone in map(zone_named, zones):
        tomorrow = at.astimezone(zone).date() + timedelta(days=1)
        found.add(datetime.combine(tomorrow, datetime.min.time(), tzinfo=zone).astimezone(UTC))
    return found


def _zones(_: str) -> frozenset[str]:
    return frozenset(User.objects.filter(is_active=True).values_list("time_zone", flat=True).distinct())


zones_of_staff: Remembered[str, frozenset[str]] = Remembered(_zones, seconds=60)


def counts_of(look: Look, census: Census, state: State | None = None, listing: Listing | None = None) -> Counts:
    """The sums for one person; with `state` also the tabs and groups of that view. No statement. Where `listing` is
    all there is of the view, its own rows are counted: a number beside a list is that of its rows. A search counts what
    it found (and asks for it, where nobody has)."""
    views: Counter[str] = Counter()
    tabs: Counter[str] = Counter()
    today = census.ends.index(look.day_ends_at) + 1
    for cell in _seen_by(look, census.cells):
        held = _views_of(look, cell, today)
        for view in held:
            views[view] += cell.number
        if state is not None and not state.q and state.view in held:
            for tab in _tabs_of(cell, today, state.tab):
                tabs[tab] += cell.number
    if state is not None and state.q:
        for due_at, score, _ in look.found(state).keys:
            tabs.update(_held_by(look.group_at(due_at), score <= 6, score in (7, 8), state.tab))
    counts = Counts(
        {view: views[view] for view in look.views()},
        {name: tabs[name] for name in (*TABS, *(f"group_{group}" for group in GROUPS))} if state else {},
    )
    if state is not None and not state.q and listing is not None and listing.is_whole:
        _count_rows(look, counts, state, listing)
    return counts


def _seen_by(look: Look, cells: Iterable[Cell]) -> Iterator[Cell]:
    """As FollowUpQuerySet.visible_to."""
    user = look.user
    if user.sees_everything:
        return iter(cells)
    mine, led, teams = user.pk, user.led_team_ids, user.team_ids
    return (
        cell
        for cell in cells
        if cell.assignee == mine or cell.team in led or (cell.assignee is None and cell.team in teams)
    )


def _views_of(look: Look, cell: Cell, today: int) -> list[str]:
    """As Look.condition, of a cell."""
    if cell.is_asleep:
        return ["snoozed"]
    held = {
        "mine": cell.assignee == look.user.pk,
        "overdue": cell.due == OVERDUE,
        "today": OVERDUE < cell.due <= today,
        "nobody": cell.is_open,
        "waiting": cell.is_tried and cell.due > OVERDUE,
        "key": cell.is_key,
        "team": look.user.sees_everything or cell.team in look.user.led_team_ids,
    }
    return [view for view, is_held in held.items() if is_held]


def _tabs_of(cell: Cell, today: int, chosen: str) -> list[str]:
    """As Look.tab, of a cell; and its group, if the chosen tab holds it."""
    group = "overdue" if cell.due == OVERDUE else "today" if cell.due <= today else "later"
    return _held_by(group, cell.is_low, cell.is_near, chosen)


def _held_by(group: str, is_low: bool, is_near: bool, chosen: str) -> list[str]:
    held = ["all", group, *(["low"] if is_low else []), *(["near"] if is_near else [])]
    return [*held, f"group_{group}"] if chosen in held else held


def _count_rows(look: Look, counts: Counts, state: State, listing: Listing) -> None:
    for group in GROUPS:
        counts.tabs[f"group_{group}"] = sum(look.group_of(row) == group for row in listing.rows)
    counts.tabs[state.tab] = len(listing.rows)
    if state.tab == "all":
        counts.views[state.view] = len(listing.rows)
        counts.tabs["overdue"], counts.tabs["today"] = counts.tabs["group_overdue"], counts.tabs["group_today"]
        counts.tabs["low"] = sum(row.score <= 6 for row in listing.rows)
        counts.tabs["near"] = sum(row.score in (7, 8) for row in listing.rows)
