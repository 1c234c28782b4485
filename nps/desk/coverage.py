"""Desk, pure: who is at work over a stretch of time, and when nobody is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from nps.desk.hours import (
    ONE_DAY,
    Away,
    Calendar,
    ShiftPattern,
    Window,
    in_utc,
    openings,
    presences,
    zone_named,
)


def stay(patterns: Iterable[ShiftPattern], aways: Iterable[Away], user_id: int, at: datetime) -> Window | None:
    """From when to when (UTC) this person is at work around `at`, or None if they are not at work then.

    Overlapping shifts are one stay; shifts that follow each other are two. After an absence the stay begins where the
    absence ends."""
    at = in_utc(at)
    around = sorted(presences(patterns, aways, user_id, at - 2 * ONE_DAY, at + 2 * ONE_DAY))
    return next((window for window in _merged((a, b) for a, b, _ in around) if window[0] <= at < window[1]), None)


def _merged(windows: Iterable[Window]) -> list[Window]:
    """Windows in order of their start, with those that overlap made one. Touching ones stay apart."""
    merged: list[Window] = []
    for start, end in windows:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


@dataclass(frozen=True)
class Slot:
    """A stretch (UTC) over which the same people are at work; nobody, where `user_ids` is empty."""

    start: datetime
    end: datetime
    user_ids: tuple[int, ...]


def slots(present: Iterable[tuple[int, datetime, datetime]], since: datetime, until: datetime) -> list[Slot]:
    """[since, until) cut wherever somebody comes or goes: in order, without gap or overlap, neighbours different.

    `present` are (user id, start, end) in UTC; ids in a slot are in the order in which they first come in `present`."""
    rows = [(who, max(start, since), min(end, until)) for who, start, end in present if start < until and since < end]
    cuts = sorted({since, until, *(row[1] for row in rows), *(row[2] for row in rows)})
    found: list[Slot] = []
    for start, end in pairwise(cuts):
        here = tuple(dict.fromkeys(who for who, begin, finish in rows if begin <= start and end <= finish))
        if found and set(found[-1].user_ids) == set(here):
            found[-1] = Slot(found[-1].start, end, found[-1].user_ids)
        else:
            found.append(Slot(start, end, here))
    return found


def open_windows(calendar: Calendar, since: datetime, until: datetime) -> list[Window]:
    """When a team is open within [since, until), in UTC and in order; all of it for one that follows the sun."""
    if calendar.always_open:
        return [(since, until)]
    zone = zone_named(calendar.zone)
    day, last = since.astimezone(zone).date() - ONE_DAY, until.astimezone(zone).date()
    found: list[Window] = []
    while day <= last:
        for start, end in openings(calendar, day):
            if start < until and since < end:
                found.append((max(start, since), min(end, until)))
        day += ONE_DAY
    return found


def unmanned(needed: Iterable[Window], here: Iterable[Slot]) -> list[Window]:
    """The parts of `needed` in which nobody is at work; touching parts are one."""
    holes = [(slot.start, slot.end) for slot in here if not slot.user_ids]
    found: list[Window] = []
    for start, end in sorted(needed):
        for begin, finish in holes:
            first, last = max(start, begin), min(end, finish)
            if first >= last:
                continue
            if found and first <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], last))
            else:
                found.append((first, last))
    return found
