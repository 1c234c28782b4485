"""Two computations of the same shifts that share no line of code have to agree at every moment."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.replay.shifts import Absence, Plan, Shift, clock_reads
from nps.desk import hours

ZONES = ["Europe/Oslo", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "America/Sao_Paulo", "UTC"]
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@settings(max_examples=300, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    starts=clocks,
    ends=clocks,
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    at=moments,
    away=st.none() | st.tuples(st.integers(-40, 40), st.integers(1, 40)),
    bounds=st.none() | st.tuples(st.integers(-20, 5), st.integers(0, 20)),
)
def test_on_shift_now_and_next_agree_with_the_product(zone, starts, ends, weekdays, at, away, bounds) -> None:
    local = at.astimezone(ZoneInfo(zone)).date()
    first = local + timedelta(days=bounds[0]) if bounds else None
    last = first + timedelta(days=bounds[1]) if bounds and first else None
    theirs = hours.ShiftPattern(1, "Day", zone, weekdays, starts, ends, first, last)
    ours = Shift(1, weekdays, starts, ends, ZoneInfo(zone), first, last)
    gone = [at + timedelta(hours=away[0]), at + timedelta(hours=away[0] + away[1])] if away else []
    plan = Plan([ours], [Absence(1, *gone)] if gone else [])
    aways = [hours.Away(1, *gone)] if gone else []
    is_on = plan.is_on_shift(1, at)
    assert is_on == (hours.current_window([theirs], aways, 1, at) is not None)
    if not is_on:
        assert plan.next_start(1, at) == hours.next_start([theirs], aways, 1, at)


@settings(max_examples=200, deadline=None)
@given(zone=st.sampled_from(ZONES), day=days, clock=clocks)
def test_every_reading_of_a_wall_clock_is_the_same_moment(zone: str, day: date, clock: time) -> None:
    assert clock_reads(day, clock, ZoneInfo(zone)) == hours.instant(day, clock, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "is_on"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), False),  # 01:59 in Oslo
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),  # 03:00: the clock skipped 02:30
        (datetime(2026, 3, 29, 3, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 4, 0, tzinfo=UTC), False),
    ],
)
def test_a_shift_that_begins_in_the_skipped_hour_begins_when_the_clock_goes_on(at: datetime, is_on: bool) -> None:
    night = Shift(1, frozenset({6}), time(2, 30), time(6), ZoneInfo("Europe/Oslo"))
    assert Plan([night]).is_on_shift(1, at) == is_on
