"""Periods that figures are asked for, in whole weeks and days of the organisation's zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WEEKS = {"4w": 4, "12w": 12, "26w": 26, "52w": 52}
ALL = "all"
LABELS = {
    "4w": "Last 4 weeks",
    "12w": "Last 12 weeks",
    "26w": "Last 26 weeks",
    "52w": "Last 52 weeks",
    ALL: "All time",
}
DEFAULT = "12w"
#: what may be asked for at all: before it nothing was answered, and far from it dates have no days beside them
EARLIEST, LATEST = date(1980, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True)
class Period:
    """From `since` to before `until`, both in UTC; `first` and `last` are its days as the organisation reads them."""

    key: str
    label: str
    since: datetime
    until: datetime
    first: date
    last: date

    @property
    def days(self) -> str:
        """“7 Sep to 29 Nov 2026”, each with its year where they differ; “up to 29 Nov 2026” of all time."""
        if self.key == ALL or self.first == EARLIEST:
            return f"up to {_day(self.last)}"
        if self.first == self.last:
            return _day(self.last)
        if self.first.year != self.last.year:
            return f"{_day(self.first)} to {_day(self.last)}"
        return f"{self.first.day} {self.first:%b} to {_day(self.last)}"


def period(key: str, *, at: datetime, zone: tzinfo) -> Period:
    """Whole weeks from a Monday, the running one among them, up to the end of today in `zone`, or all there is up to
    then; KeyError for none."""
    today = at.astimezone(zone).date()
    first = _first_of(key, today)
    return Period(key, LABELS[key], _midnight(first, zone), _midnight(today + timedelta(days=1), zone), first, today)


def _first_of(key: str, last: date) -> date:
    """The day with which the period `key` begins when it ends with `last`."""
    if key == ALL:
        return EARLIEST
    return last - timedelta(days=last.weekday()) - timedelta(weeks=WEEKS[key] - 1)


CUSTOM = "custom"
OUT_OF_BOUNDS = "The first day has to come before the last, both from 1980 to 2199."


def days(first: date | None, last: date | None, *, key: str, at: datetime, zone: tzinfo) -> Period:
    """The days from `first` to `last`, of which one may be missing: without a last day up to today, without a first one
    from where the period `key` begins when it ends with the last, so that one day alone is never the whole period.
    ValueError, in words, where they are none or out of all bounds."""
    today = at.astimezone(zone).date()
    if last is None:
        if first is not None and first > today and first <= LATEST:
            raise ValueError("This day is still to come: give the last one too.")
        last = today
    if first is None:
        if not EARLIEST <= last <= LATEST:
            raise ValueError(OUT_OF_BOUNDS)
        first = max(EARLIEST, _first_of(key, last))
    return between(first, last, zone=zone)


def between(first: date, last: date, *, zone: tzinfo) -> Period:
    """The days from `first` to `last`, both with it, in `zone`; ValueError where they are none or out of all bounds."""
    if not EARLIEST <= first <= last <= LATEST:
        raise ValueError(OUT_OF_BOUNDS)
    since, until = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    label = f"Up to {_day(last)}" if first == EARLIEST else f"{_day(first)} to {_day(last)}"
    return Period(CUSTOM, label, since, until, first, last)


def length_in_words(period: Period) -> str:
    """“12 weeks”, “31 days”: what the period before is called after."""
    if period.key in WEEKS:
        return f"{WEEKS[period.key]} weeks"
    return days_in_words((period.last - period.first).days + 1)


def days_in_words(number: int) -> str:
    """“day”, “31 days”."""
    return "day" if number == 1 else f"{number:,} days"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
