"""Periods in whole weeks of the organisation's zone, across a change of clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nps import periods

OSLO = ZoneInfo("Europe/Oslo")


def test_a_period_begins_on_a_monday_and_ends_tonight() -> None:
    found = periods.period("4w", at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC), zone=OSLO)
    assert (found.first, found.last) == (date(2026, 10, 26), date(2026, 11, 18))
    assert found.since == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
    assert found.until == datetime(2026, 11, 18, 23, 0, tzinfo=UTC)


def test_the_clocks_change_inside_it() -> None:
    found = periods.period("12w", at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC), zone=OSLO)
    assert found.since == datetime(2026, 8, 30, 22, 0, tzinfo=UTC)  # summer time
    assert found.until.hour == 23  # winter time
    assert found.until - found.since == timedelta(days=80, hours=1)


def test_today_is_the_organisations() -> None:
    late = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)  # Monday in Oslo, Sunday in London
    assert periods.period("4w", at=late, zone=OSLO).last == date(2026, 11, 16)
    assert periods.period("4w", at=late, zone=ZoneInfo("Europe/London")).last == date(2026, 11, 15)
    with pytest.raises(KeyError):
        periods.period("yesterday", at=late, zone=OSLO)
