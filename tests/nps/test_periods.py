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


def test_any_days_are_whole_days_of_the_zone() -> None:
    oslo = ZoneInfo("Europe/Oslo")
    found = periods.between(date(2026, 10, 25), date(2026, 10, 25), zone=oslo)
    assert found.until - found.since == timedelta(hours=25)
    assert (found.label, periods.length_in_words(found)) == ("25 Oct 2026 to 25 Oct 2026", "day")
    february = periods.between(date(2028, 2, 1), date(2028, 2, 29), zone=oslo)
    assert periods.length_in_words(february) == "29 days"
    for first, last in ((date(2026, 2, 2), date(2026, 2, 1)), (date(1, 1, 1), date(2026, 1, 1)), (date.max, date.max)):
        with pytest.raises(ValueError, match="from 1980 to 2199"):
            periods.between(first, last, zone=oslo)


def test_all_time_ends_today_and_says_so() -> None:
    found = periods.period("all", at=datetime(2026, 11, 29, 15, tzinfo=UTC), zone=UTC)
    assert (found.first, found.last, found.days) == (periods.EARLIEST, date(2026, 11, 29), "up to 29 Nov 2026")


def test_days_name_the_year_of_each_where_they_differ() -> None:
    assert periods.between(date(2025, 12, 1), date(2026, 1, 31), zone=UTC).days == "1 Dec 2025 to 31 Jan 2026"
    assert periods.between(date(2026, 1, 1), date(2026, 1, 31), zone=UTC).days == "1 Jan to 31 Jan 2026"


def test_one_day_alone_begins_or_ends_a_period() -> None:
    at = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)

    def days(first: date | None, last: date | None, key: str = "12w") -> tuple[date, date]:
        found = periods.days(first, last, key=key, at=at, zone=UTC)
        return found.first, found.last

    whole = periods.period("12w", at=datetime(2026, 3, 31, 12, tzinfo=UTC), zone=UTC)
    assert days(None, date(2026, 3, 31)) == (whole.first, whole.last) == (date(2026, 1, 12), date(2026, 3, 31))
    assert days(None, date(2026, 3, 31), "4w") == (date(2026, 3, 9), date(2026, 3, 31))
    assert days(date(2026, 10, 31), None) == (date(2026, 10, 31), date(2026, 11, 18))
    assert days(date(2026, 11, 18), None) == (date(2026, 11, 18), date(2026, 11, 18))
    assert days(None, periods.EARLIEST) == (periods.EARLIEST, periods.EARLIEST)
    everything = periods.days(None, date(2026, 3, 31), key="all", at=at, zone=UTC)
    assert (everything.label, everything.days) == ("Up to 31 Mar 2026", "up to 31 Mar 2026")
    with pytest.raises(ValueError, match="still to come"):
        days(date(2026, 11, 19), None)
    for first, last in ((None, date.min), (None, date.max), (date.min, None), (date.max, None)):
        with pytest.raises(ValueError, match="from 1980 to 2199"):
            days(first, last)
