"""The organisation's own clock: the day on which reports, promises and lessons count."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings


def zone() -> ZoneInfo:
    """The zone of TIME_ZONE."""
    return ZoneInfo(settings.TIME_ZONE)


def day_of(at: datetime) -> date:
    """The organisation's day at `at` (aware)."""
    return at.astimezone(zone()).date()
