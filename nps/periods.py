"""Periods that figures are asked for, in whole weeks and days of the organisation's zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WEEKS = {"4w": 4, "12w": 12, "26w": 26, "52w": 52}
LABELS = {"4w": "Last 4 weeks", "12w": "Last 12 weeks", "26w": "Last 26 weeks", "52w": "Last 52 weeks"}
DEFAULT = "12w"


@dataclass(frozen=True)
class Period:
    """From `since` to before `until`, both in UTC; `first` and `last` are its days as the organisation reads them."""

    key: str
    label: str
    since: datetime
    until: datetime
    first: date
    last: date


def period(key: str, *, at: datetime, zone: tzinfo) -> Period:
    """Whole weeks from a Monday, the running one among them, up to the end of today in `zone`; KeyError for none."""
    today = at.astimezone(zone).date()
    first = today - timedelta(days=today.weekday()) - timedelta(weeks=WEEKS[key] - 1)
    return Period(key, LABELS[key], _midnight(first, zone), _midnight(today + timedelta(days=1), zone), first, today)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
