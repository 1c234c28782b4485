"""Desk, pure: when a team's doors are open and when a person is on shift, in real elapsed time.

Knows the standard library only. Everything comes in as aware datetimes and goes out in UTC. A local
time that does not exist (spring) is the first moment that does; one that exists twice (autumn) is the
first of the two, for starts and for ends, so that neighbouring windows tile: no overlap and no gap.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from math import isfinite
from zoneinfo import ZoneInfo

MIDNIGHT = time(0, 0)
ONE_DAY = timedelta(days=1)
ONE_HOUR = timedelta(hours=1)
LOOK_AHEAD_DAYS = 3660  # ten years: a deadline beyond that is a mistake in the calendar, not a deadline

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Calendar:
    """The opening hours of a team, as its own wall clock reads them.

    `weekly` holds seven tuples, Monday first, of (opens, closes) local times; closing at time(0, 0) means
    the midnight that ends that day, and no interval crosses it. On `holidays` (local dates) it stays shut.
    `always_open` (a team that follows the sun) overrides both: every hour is a working hour.
    ValueError for an unknown zone or intervals that end before they begin.
    """

    zone: str
    weekly: tuple[tuple[tuple[time, time], ...], ...]
    holidays: frozenset[date] = frozenset()
    always_open: bool = False

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if self.always_open:
            return
        if len(self.weekly) != 7:
            raise ValueError(f"Weekly hours need 7 days, Monday first, not {len(self.weekly)}.")
        for opens, closes in (interval for day in self.weekly for interval in day):
            if closes != MIDNIGHT and closes <= opens:
                raise ValueError(f"Opening hours {opens:%H:%M} to {closes:%H:%M} end before they begin.")


@dataclass(frozen=True)
class ShiftPattern:
    """A recurring shift of one person. `weekdays` (0 = Monday) are those on which it starts, in `zone`.

    `ends` at or before `starts` is on the next day; equal means 24 hours. `valid_from` and `valid_to` are
    local start dates, both inclusive; None is without bound.
    """

    user_id: int
    name: str
    zone: str
    weekdays: frozenset[int]
    starts: time
    ends: time
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Away:
    """One absence of one person, from `starts_at` until just before `ends_at`."""

    user_id: int
    starts_at: datetime
    ends_at: datetime


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone of that name; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ValueError(f"“{name}” is not a time zone; write it like Europe/Oslo.") from error


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The UTC moment at which the clocks of `zone` first read `clock` (or pass over it) on `day`."""
    first = datetime.combine(day, clock.replace(tzinfo=None, fold=0), tzinfo=zone)
    later = first.astimezone(UTC)
    earlier = first.replace(fold=1).astimezone(UTC)
    # In a gap the reading of fold 1 comes before that of fold 0, and the change lies between them.
    return later if earlier >= later else _offset_change(earlier, later, zone)


def _offset_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the UTC offset changes, in (before, after]."""
    offset = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; ValueError for a datetime without a time zone."""
    if moment.utcoffset() is None:
        raise ValueError("A datetime needs a time zone here.")
    return moment.astimezone(UTC)


# Opening hours


def openings(calendar: Calendar, day: date) -> list[Window]:
    """The UTC windows in which the calendar is open on one local date, in order, without overlap.

    `always_open` is not looked at: this is the written week.
    """
    if day in calendar.holidays:
        return []
    zone = zone_named(calendar.zone)
    found: list[Window] = []
    for opens, closes in sorted(calendar.weekly[day.weekday()]):
        begin = instant(day, opens, zone)
        end = instant(day + ONE_DAY if closes == MIDNIGHT else day, closes, zone)
        if found:
            begin = max(begin, found[-1][1])
        if begin < end:
            found.append((begin, end))
    return found


def add_working_time(calendar: Calendar, start: datetime, hours: float) -> datetime:
    """The earliest UTC moment by which `hours` of opening time have really elapsed since `start`.

    Zero hours is `start` itself, open or not. Time that runs out exactly at closing ends at closing, not at
    the next opening. ValueError when `hours` is negative or not finite, or is not reached in ten years, as
    when the calendar never opens.
    """
    moment = in_utc(start)
    if not isfinite(hours) or hours < 0:
        raise ValueError(f"Working hours to add must be a number from 0 up, not {hours}.")
    if hours > LOOK_AHEAD_DAYS * 24:
        raise ValueError(_too_far(calendar, f"{hours:g} working hours"))
    left = timedelta(hours=hours)
    if calendar.always_open or not left:
        return moment + left
    day = moment.astimezone(zone_named(calendar.zone)).date()
    for offset in range(LOOK_AHEAD_DAYS):
        for begin, end in openings(calendar, day + timedelta(days=offset)):
            begin = max(begin, moment)
            if begin + left <= end:
                return begin + left
            left -= max(end - begin, timedelta())
    raise ValueError(_too_far(calendar, f"{hours:g} working hours"))


def add_working_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The UTC moment at which work ends on the `days`-th working day after `start`.

    A working day is a local date with any opening; it ends with its last one. The local date of `start` is
    day zero and does not count, however early it is: of an answer on Friday at any hour, the first working
    day after it is Monday. Zero days is the first end of work still ahead, today's if it is. `always_open`:
    24 hours a day. ValueError when `days` is negative, or is not reached in ten years.
    """
    moment = in_utc(start)
    if days < 0:
        raise ValueError(f"Working days to add must be 0 or more, not {days}.")
    if days > LOOK_AHEAD_DAYS:
        raise ValueError(_too_far(calendar, f"{days} working days"))
    if calendar.always_open:
        return moment + days * ONE_DAY
    today = moment.astimezone(zone_named(calendar.zone)).date()
    counted = 0
    for offset in range(LOOK_AHEAD_DAYS):
        windows = openings(calendar, today + timedelta(days=offset))
        if not windows:
            continue
        end = windows[-1][1]
        counted += offset > 0
        if end > moment and counted >= days:
            return end
    raise ValueError(_too_far(calendar, f"{days} working days"))


def working_hours_between(calendar: Calendar, start: datetime, end: datetime) -> float:
    """Hours of opening time that elapse from `start` to `end`; negative when `end` comes first."""
    begin, finish = in_utc(start), in_utc(end)
    if finish < begin:
        return -working_hours_between(calendar, finish, begin)
    if calendar.always_open:
        return (finish - begin) / ONE_HOUR
    zone = zone_named(calendar.zone)
    day, last = begin.astimezone(zone).date(), finish.astimezone(zone).date()
    total = timedelta()
    while day <= last:
        for opens, closes in openings(calendar, day):
            total += max(min(closes, finish) - max(opens, begin), timedelta())
        day += ONE_DAY
    return total / ONE_HOUR


def _too_far(calendar: Calendar, amount: str) -> str:
    if calendar.always_open or any(calendar.weekly):
        return f"{amount} are not reached within ten years of these opening hours."
    return f"{amount} cannot be counted: these opening hours never open."


# Shifts


def occurrences(pattern: ShiftPattern, since: datetime, until: datetime) -> Iterator[Window]:
    """The pattern's UTC windows (start, end) that overlap [since, until), in order.

    Both ends are read off the wall clock of the pattern's zone, so a night in which the clocks change is an
    hour shorter or longer, and a shift that lies wholly in the hour the clocks skip does not happen.
    """
    since, until = in_utc(since), in_utc(until)
    zone = zone_named(pattern.zone)
    day = since.astimezone(zone).date() - 2 * ONE_DAY
    last = until.astimezone(zone).date() + ONE_DAY
    if pattern.valid_from is not None:
        day = max(day, pattern.valid_from)
    if pattern.valid_to is not None:
        last = min(last, pattern.valid_to)
    while day <= last:
        if day.weekday() in pattern.weekdays:
            start = instant(day, pattern.starts, zone)
            end = instant(day + ONE_DAY if pattern.ends <= pattern.starts else day, pattern.ends, zone)
            if since < end and start < until and start < end:
                yield start, end
        day += ONE_DAY


def current_window(
    patterns: Iterable[ShiftPattern], aways: Iterable[Away], user_id: int, at: datetime
) -> tuple[datetime, datetime, str] | None:
    """The shift this person is working at `at`, as (start, end, name of the pattern) in UTC, or None.

    An absence that covers `at` means None; one that begins or ended during the shift cuts it, so `end` is
    when they really leave. Of overlapping shifts it is the one that ends last.
    """
    at = in_utc(at)
    now = presences(patterns, aways, user_id, at, at + timedelta.resolution)
    return max(now, key=lambda window: (window[1], window[0]), default=None)


def next_start(
    patterns: Iterable[ShiftPattern],
    aways: Iterable[Away],
    user_id: int,
    at: datetime,
    horizon_days: int = 14,
) -> datetime | None:
    """The next UTC moment after `at` at which this person comes on shift, or None within the horizon.

    A shift that begins during an absence begins when the absence ends, if that is before the shift's end; so
    does one that an absence interrupted. A shift running at `at` does not count: see `current_window`.
    """
    at = in_utc(at)
    until = at + horizon_days * ONE_DAY
    pieces = presences(patterns, aways, user_id, at, until)
    return min((start for start, _, _ in pieces if at < start < until), default=None)


def presences(
    patterns: Iterable[ShiftPattern], aways: Iterable[Away], user_id: int, since: datetime, until: datetime
) -> list[tuple[datetime, datetime, str]]:
    """One person’s shifts less absences: (start, end, name) in UTC of the pieces that overlap [since, until)."""
    absences = sorted((in_utc(away.starts_at), in_utc(away.ends_at)) for away in aways if away.user_id == user_id)
    pieces: list[tuple[datetime, datetime, str]] = []
    for pattern in patterns:
        if pattern.user_id != user_id:
            continue
        for window in occurrences(pattern, since, until):
            pieces += [(start, end, pattern.name) for start, end in _without(window, absences)]
    return [piece for piece in pieces if since < piece[1] and piece[0] < until]


def _without(window: Window, absences: list[Window]) -> Iterator[Window]:
    """What is left of a window when the absences (in order of their start) are taken out."""
    start, end = window
    for gone, back in absences:
        if back <= start or back <= gone:
            continue
        if gone >= end:
            break
        if start < gone:
            yield start, gone
        start = back
    if start < end:
        yield start, end
