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
        if self.key == ALL:
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
    monday = today - timedelta(days=today.weekday())
    first = EARLIEST if key == ALL else monday - timedelta(weeks=WEEKS[key] - 1)
    return Period(key, LABELS[key], _midnight(first, zone), _midnight(today + timedelta(days=1), zone), first, today)


CUSTOM = "custom"


def between(first: date, last: date, *, zone: tzinfo) -> Period:
    """The days from `first` to `last`, both with it, in `zone`; ValueError where they are none or out of all bounds."""
    if not EARLIEST <= first <= last <= LATEST:
        raise ValueError("The first day has to come before the last, both from 1980 to 2199.")
    since, until = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    return Period(CUSTOM, f"{_day(first)} to {_day(last)}", since, until, first, last)


def length_in_words(period: Period) -> str:
    """“12 weeks”, “31 days”: what the period before is called after."""
    if period.key in WEEKS:
        return f"{WEEKS[period.key]} weeks"
    days = (period.last - period.first).days + 1
    return "day" if days == 1 else f"{days:,} days"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
