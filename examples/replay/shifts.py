"""Who is on shift at a moment, computed from the published shifts and absences alone.

A wall clock that skips an hour goes on at the first minute that exists; one that repeats an hour means its first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)
LOOK_AHEAD = 15  # days


@dataclass(frozen=True)
class Shift:
    """`weekdays` (Monday 0) are those on which it begins, in `zone`; an end at or before the start is next day's."""

    person: int
    weekdays: frozenset[int]
    starts: time
    ends: time
    zone: ZoneInfo
    valid_from: date | None = None
    valid_to: date | None = None

    def hours_begun_on(self, day: date) -> tuple[datetime, datetime] | None:
        """Its UTC start and end if it begins on that local date."""
        if day.weekday() not in self.weekdays:
            return None
        if (self.valid_from and day < self.valid_from) or (self.valid_to and day > self.valid_to):
            return None
        last = day if self.ends > self.starts else day + ONE_DAY
        begin, end = clock_reads(day, self.starts, self.zone), clock_reads(last, self.ends, self.zone)
        return (begin, end) if begin < end else None


@dataclass(frozen=True)
class Absence:
    person: int
    starts_at: datetime
    ends_at: datetime


def clock_reads(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first UTC moment at which a clock in `zone` shows `clock` on `day`, or has passed it."""
    wanted = datetime.combine(day, clock)
    moment = wanted.replace(tzinfo=zone).astimezone(UTC)
    if _reading(moment, zone) == wanted:
        return moment
    # The clocks skip this time. Go there from a minute that surely exists.
    moment -= timedelta(hours=3)
    while _reading(moment, zone) < wanted:
        moment += ONE_MINUTE
    return moment


def _reading(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@dataclass
class Plan:
    """All shifts and absences of the organisation."""

    shifts: list[Shift] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)

    def is_on_shift(self, person: int, at: datetime) -> bool:
        return not self._is_away(person, at) and any(begin <= at < end for begin, end in self._windows(person, at))

    def on_shift(self, people: Iterable[int], at: datetime) -> set[int]:
        return {person for person in people if self.is_on_shift(person, at)}

    def next_start(self, person: int, at: datetime) -> datetime | None:
        """When this person comes on shift after `at`: at a shift's start or at the end of an absence in one."""
        moments = [begin for begin, _ in self._windows(person, at, LOOK_AHEAD)]
        moments += [gone.ends_at for gone in self.absences if gone.person == person]
        return min((moment for moment in moments if moment > at and self.is_on_shift(person, moment)), default=None)

    def _is_away(self, person: int, at: datetime) -> bool:
        return any(gone.person == person and gone.starts_at <= at < gone.ends_at for gone in self.absences)

    def _windows(self, person: int, at: datetime, days: int = 1) -> Iterable[tuple[datetime, datetime]]:
        for shift in self.shifts:
            if shift.person == person:
                today = at.astimezone(shift.zone).date()
                for offset in range(-2, days + 1):
                    if hours := shift.hours_begun_on(today + offset * ONE_DAY):
                        yield hours
