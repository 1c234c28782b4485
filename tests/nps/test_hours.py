"""Working hours: properties over random weeks, and the weekends on which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps.desk.hours import (
    Calendar,
    add_working_days,
    add_working_time,
    working_hours_between,
)

ZONES = ["Europe/Oslo", "America/New_York", "Asia/Tokyo", "Australia/Sydney"]
NINE_TO_FIVE = ((time(9), time(17)),)


def office(zone="Europe/Oslo", holidays=()):
    return Calendar(zone, (NINE_TO_FIVE,) * 5 + ((), ()), frozenset(holidays))


def local(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone))


# Boundaries from 04:00 on keep clear of the hours that are skipped or doubled, so that the naive
# reading of the wall clock below is an oracle.
@st.composite
def days(draw):
    quarters = draw(st.lists(st.integers(16, 96), max_size=6, unique=True).map(sorted))
    quarters = quarters[: len(quarters) // 2 * 2]
    clocks = [time(q // 4 % 24, q % 4 * 15) for q in quarters]
    return tuple(zip(clocks[::2], clocks[1::2], strict=True))


weeks = st.tuples(*[days()] * 7).filter(any)
moments = st.integers(0, 2 * 366 * 96).map(
    lambda quarter: datetime(2026, 1, 1, tzinfo=UTC) + quarter * timedelta(minutes=15)
)
holidays = st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=5)
calendars = st.builds(Calendar, st.sampled_from(ZONES), weeks, holidays)
hours = st.integers(0, 60 * 4).map(lambda quarter: quarter / 4)


@given(calendars, moments, hours, hours)
@settings(max_examples=60, deadline=None)
def test_working_time_adds_up_in_two_steps_as_in_one(calendar, start, first, second):
    in_steps = add_working_time(calendar, add_working_time(calendar, start, first), second)
    assert in_steps == add_working_time(calendar, start, first + second)


@given(calendars, moments, moments, hours, hours)
@settings(max_examples=60, deadline=None)
def test_later_starts_and_more_hours_never_end_sooner(calendar, one, other, few, many):
    (one, other), (few, many) = sorted([one, other]), sorted([few, many])
    assert add_working_time(calendar, one, few) <= add_working_time(calendar, other, few)
    assert add_working_time(calendar, one, few) <= add_working_time(calendar, one, many)


@given(calendars, moments, hours)
@settings(max_examples=60, deadline=None)
def test_the_hours_added_are_the_hours_between(calendar, start, amount):
    end = add_working_time(calendar, start, amount)
    assert end >= start
    assert working_hours_between(calendar, start, end) == amount
    assert working_hours_between(calendar, end, start) == -amount


@given(calendars, moments, st.integers(0, 10 * 96))
@settings(max_examples=40, deadline=None)
def test_hours_between_are_the_quarters_at_which_the_wall_clock_reads_open(calendar, start, quarters):
    zone = ZoneInfo(calendar.zone)

    def is_open(moment):
        there = moment.astimezone(zone)
        return there.date() not in calendar.holidays and any(
            opens <= there.time() and (there.time() < closes or closes == time(0))
            for opens, closes in calendar.weekly[there.weekday()]
        )

    steps = [start + step * timedelta(minutes=15) for step in range(quarters)]
    end = start + quarters * timedelta(minutes=15)
    assert working_hours_between(calendar, start, end) == sum(map(is_open, steps)) / 4


@given(calendars, moments, st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_working_days_rise_and_end_when_work_ends(calendar, start, count):
    end = add_working_days(calendar, start, count)
    assert start < end <= add_working_days(calendar, start, count + 1)
    just_before = end - timedelta(minutes=15)
    assert working_hours_between(calendar, just_before, end) > 0
    after = datetime.combine(
        just_before.astimezone(ZoneInfo(calendar.zone)).date() + timedelta(days=1),
        time(0),
        tzinfo=ZoneInfo(calendar.zone),
    )
    assert working_hours_between(calendar, end, after) == 0


@pytest.mark.parametrize(
    ("zone", "friday", "monday"),
    [
        ("Europe/Oslo", (2026, 3, 27, 15), (2026, 3, 30, 11)),
        ("Europe/Oslo", (2026, 10, 23, 15), (2026, 10, 26, 11)),
        ("America/New_York", (2026, 3, 6, 15), (2026, 3, 9, 11)),
        ("America/New_York", (2026, 10, 30, 15), (2026, 11, 2, 11)),
        ("Asia/Tokyo", (2026, 3, 27, 15), (2026, 3, 30, 11)),
        ("Australia/Sydney", (2026, 4, 3, 15), (2026, 4, 6, 11)),
        ("Australia/Sydney", (2026, 10, 2, 15), (2026, 10, 5, 11)),
    ],
)
def test_four_working_hours_over_a_weekend_in_which_the_clocks_change(zone, friday, monday):
    assert add_working_time(office(zone), local(zone, *friday), 4) == local(zone, *monday)


def test_a_sunday_that_is_open_all_day_has_its_real_hours():
    week = ((),) * 6 + (((time(0), time(0)),),)
    for zone, sunday, real in [
        ("Europe/Oslo", date(2026, 3, 29), 23),
        ("Europe/Oslo", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Sydney", date(2026, 10, 4), 23),
        ("Australia/Sydney", date(2026, 4, 5), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Tokyo", date(2026, 3, 29), 24),
    ]:
        noon = datetime.combine(sunday, time(12), tzinfo=UTC)
        around = timedelta(days=2)
        assert working_hours_between(Calendar(zone, week), noon - around, noon + around) == real, zone


def test_holidays_and_weekends_are_skipped():
    calendar = office(holidays=[date(2026, 12, 24), date(2026, 12, 25)])
    wednesday = local("Europe/Oslo", 2026, 12, 23, 16)
    assert add_working_time(calendar, wednesday, 2) == local("Europe/Oslo", 2026, 12, 28, 10)
    assert add_working_days(calendar, wednesday, 1) == local("Europe/Oslo", 2026, 12, 28, 17)


def test_time_that_runs_out_at_closing_ends_at_closing_and_no_time_is_no_time():
    friday = local("Europe/Oslo", 2026, 5, 8, 13)
    assert add_working_time(office(), friday, 4) == local("Europe/Oslo", 2026, 5, 8, 17)
    sunday = local("Europe/Oslo", 2026, 5, 10, 3)
    assert add_working_time(office(), sunday, 0) == sunday
    assert add_working_time(office(), sunday, 0).tzinfo is UTC


def test_the_day_of_the_answer_is_day_zero():
    early, late = local("Europe/Oslo", 2026, 5, 8, 3), local("Europe/Oslo", 2026, 5, 8, 23)
    tuesday = local("Europe/Oslo", 2026, 5, 12, 17)
    assert add_working_days(office(), early, 2) == add_working_days(office(), late, 2) == tuesday
    assert add_working_days(office(), early, 0) == local("Europe/Oslo", 2026, 5, 8, 17)
    assert add_working_days(office(), late, 0) == local("Europe/Oslo", 2026, 5, 11, 17)


def test_a_team_that_follows_the_sun_works_every_hour():
    calendar = Calendar("Europe/Oslo", (), frozenset([date(2026, 3, 29)]), always_open=True)
    start = datetime(2026, 3, 28, 20, tzinfo=UTC)
    assert add_working_time(calendar, start, 16) == start + timedelta(hours=16)
    assert add_working_days(calendar, start, 3) == start + timedelta(days=3)
    assert working_hours_between(calendar, start, start + timedelta(hours=50)) == 50


def test_a_date_that_was_skipped_altogether_has_no_opening():
    samoa = Calendar("Pacific/Apia", (NINE_TO_FIVE,) * 7)
    thursday = local("Pacific/Apia", 2011, 12, 29, 16)
    assert add_working_time(samoa, thursday, 2) == local("Pacific/Apia", 2011, 12, 31, 10)
    assert add_working_days(samoa, thursday, 1) == local("Pacific/Apia", 2011, 12, 31, 17)


def test_intervals_that_overlap_count_once():
    week = (((time(12), time(17)), (time(9), time(13))),) * 7
    start = local("Asia/Tokyo", 2026, 5, 8, 0)
    assert working_hours_between(Calendar("Asia/Tokyo", week), start, start + timedelta(days=1)) == 8


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda: add_working_time(Calendar("UTC", ((),) * 7), NOON, 1), "never open"),
        (lambda: add_working_days(Calendar("UTC", ((),) * 7), NOON, 1), "never open"),
        (lambda: add_working_time(office(), NOON, 30_000), "ten years"),
        (lambda: add_working_time(office(), NOON, 10**12), "ten years"),
        (lambda: add_working_days(office(), NOON, 10**12), "ten years"),
        (lambda: add_working_time(office(), NOON, -1), "from 0 up"),
        (lambda: add_working_time(office(), NOON, float("nan")), "from 0 up"),
        (lambda: add_working_days(office(), NOON, -1), "0 or more"),
        (lambda: add_working_time(office(), datetime(2026, 5, 8), 1), "time zone"),
        (lambda: Calendar("Mars/Olympus", (NINE_TO_FIVE,) * 7), "Mars/Olympus"),
        (lambda: Calendar("Europe", (NINE_TO_FIVE,) * 7), "Europe/Oslo"),
        (lambda: Calendar("UTC", (NINE_TO_FIVE,) * 6), "7 days"),
        (lambda: Calendar("UTC", (((time(17), time(9)),),) * 7), "17:00 to 09:00"),
    ],
)
def test_what_cannot_be_counted_is_said(act, says):
    with pytest.raises(ValueError, match=says):
        act()


NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)
