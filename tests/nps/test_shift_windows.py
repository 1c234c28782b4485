"""Shifts: who is on, until when and when next; nights on which the clocks change; absences."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps.desk.hours import (
    Away,
    ShiftPattern,
    current_window,
    instant,
    next_start,
    occurrences,
    zone_named,
)

ZONES = ["Europe/Oslo", "America/New_York", "Asia/Tokyo", "Australia/Sydney"]
EVERY_DAY = frozenset(range(7))


def night(zone="Europe/Oslo", user_id=1, **changes):
    fields = {"weekdays": EVERY_DAY, "starts": time(22), "ends": time(6), "name": "Night"} | changes
    return ShiftPattern(user_id, zone=zone, **fields)


@pytest.mark.parametrize(
    ("zone", "starts_on", "real_hours"),
    [
        ("Europe/Oslo", date(2026, 3, 28), 7),
        ("Europe/Oslo", date(2026, 10, 24), 9),
        ("America/New_York", date(2026, 3, 7), 7),
        ("America/New_York", date(2026, 10, 31), 9),
        ("Australia/Sydney", date(2026, 10, 3), 7),
        ("Australia/Sydney", date(2026, 4, 4), 9),
        ("Asia/Tokyo", date(2026, 3, 28), 8),
    ],
)
def test_the_night_the_clocks_change(zone, starts_on, real_hours):
    pattern = night(zone, valid_from=starts_on, valid_to=starts_on)
    around = datetime.combine(starts_on, time(12), tzinfo=UTC)
    [(start, end)] = occurrences(pattern, around - timedelta(days=2), around + timedelta(days=3))
    assert start == datetime.combine(starts_on, time(22), tzinfo=ZoneInfo(zone))
    assert end.astimezone(ZoneInfo(zone)).time() == time(6)
    assert end - start == timedelta(hours=real_hours)


@given(st.sampled_from([*ZONES, "Australia/Lord_Howe", "America/Havana"]), st.integers(0, 95))
@settings(max_examples=80, deadline=None)
def test_three_shifts_around_the_clock_leave_no_gap_and_no_overlap(zone, quarter):
    """Even when they change over in the very hour that is skipped or doubled."""
    clocks = [time((quarter // 4 + hour) % 24, quarter % 4 * 15) for hour in (0, 8, 16)]
    patterns = [
        night(zone, starts=starts, ends=ends) for starts, ends in zip(clocks, clocks[1:] + clocks[:1], strict=True)
    ]
    for since in [datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 10, 11)]:
        until = since + timedelta(days=30)
        windows = sorted(w for pattern in patterns for w in occurrences(pattern, since, until))
        assert windows[0][0] <= since
        assert windows[-1][1] >= until
        assert all(one[1] == other[0] for one, other in pairwise(windows))


def test_a_time_that_does_not_exist_is_the_first_that_does_and_a_double_one_the_first_of_two():
    oslo = zone_named("Europe/Oslo")
    assert instant(date(2026, 3, 29), time(2, 30), oslo) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert instant(date(2026, 10, 25), time(2, 30), oslo) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    skipped = night(starts=time(2, 15), ends=time(2, 45), valid_from=date(2026, 3, 29))
    windows = occurrences(skipped, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
    assert [start.date() for start, _ in windows] == [date(2026, 3, 30)]


def test_the_weekday_is_that_of_the_local_start_and_validity_includes_both_dates():
    pattern = night(
        "Asia/Tokyo",
        weekdays=frozenset([0]),
        starts=time(6),
        ends=time(6),
        valid_from=date(2026, 5, 4),
        valid_to=date(2026, 5, 18),
    )
    windows = list(occurrences(pattern, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))
    # 06:00 on a Monday in Tokyo is 21:00 on Sunday in UTC; equal times are 24 hours.
    assert windows == [
        (datetime(2026, 5, day, 21, tzinfo=UTC), datetime(2026, 5, day + 1, 21, tzinfo=UTC)) for day in (3, 10, 17)
    ]


def test_only_windows_that_overlap_the_asked_period():
    start, end = datetime(2026, 5, 8, 20, tzinfo=UTC), datetime(2026, 5, 9, 4, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert list(occurrences(night(), end - second, end)) == [(start, end)]
    assert list(occurrences(night(), end, end + second)) == []
    assert list(occurrences(night(), start - second, start)) == []
    assert list(occurrences(night(), start, start)) == []


def at(*parts):
    return datetime(2026, 5, *parts, tzinfo=ZoneInfo("Europe/Oslo"))


def test_who_is_on_shift_and_when_next():
    shift = night()
    assert current_window([shift], [], 1, at(8, 23)) == (at(8, 22), at(9, 6), "Night")
    assert current_window([shift], [], 1, at(9, 5, 59)) == (at(8, 22), at(9, 6), "Night")
    assert current_window([shift], [], 1, at(9, 6)) is None
    assert current_window([shift], [], 2, at(8, 23)) is None
    assert next_start([shift], [], 1, at(8, 12)) == at(8, 22)
    assert next_start([shift], [], 1, at(8, 22)) == at(9, 22)
    assert next_start([shift], [], 2, at(8, 12)) is None


def test_of_overlapping_shifts_the_one_that_ends_last():
    long = night(starts=time(21), ends=time(9), name="Long")
    assert current_window([night(), long], [], 1, at(8, 23))[2] == "Long"
    assert next_start([night(), long], [], 1, at(8, 12)) == at(8, 21)


def test_an_absence_takes_its_part_of_the_shift():
    shift, late = night(), [Away(1, at(9, 0), at(9, 4))]
    assert current_window([shift], late, 1, at(9, 1)) is None
    assert current_window([shift], late, 1, at(8, 23)) == (at(8, 22), at(9, 0), "Night")
    assert current_window([shift], late, 1, at(9, 4)) == (at(9, 4), at(9, 6), "Night")
    assert current_window([shift], [Away(2, at(1, 0), at(30, 0))], 1, at(9, 1)) is not None
    # It is back when the absence ends inside a shift, also one that it interrupted.
    assert next_start([shift], late, 1, at(9, 1)) == at(9, 4)
    assert next_start([shift], [Away(1, at(8, 12), at(9, 2))], 1, at(8, 13)) == at(9, 2)


def test_a_long_absence_moves_the_next_start_and_a_longer_one_leaves_none():
    shift = night()
    assert next_start([shift], [Away(1, at(8, 0), at(11, 12))], 1, at(8, 12)) == at(11, 22)
    split = [Away(1, at(10, 0), at(11, 12)), Away(1, at(8, 0), at(10, 12)), Away(1, at(9, 0), at(9, 1))]
    assert next_start([shift], split, 1, at(8, 12)) == at(11, 22)
    assert next_start([shift], [Away(1, at(1, 0), at(30, 0))], 1, at(8, 12)) is None
    assert next_start([shift], [Away(1, at(1, 0), at(30, 0))], 1, at(8, 12), horizon_days=30) == at(30, 0)
    assert next_start([night(valid_to=date(2026, 5, 1))], [], 1, at(8, 12)) is None


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=5),
    st.integers(0, 240),
)
@settings(max_examples=80, deadline=None)
def test_on_shift_is_within_a_window_and_outside_every_absence(gaps, hour):
    base = at(4, 0)
    hours_from = [(base + timedelta(hours=start), base + timedelta(hours=start + size)) for start, size in gaps]
    aways = [Away(1, *pair) for pair in hours_from]
    moment = base + timedelta(hours=hour)
    is_on = not 6 <= moment.hour < 22 and not any(gone <= moment < back for gone, back in hours_from)
    window = current_window([night()], aways, 1, moment)
    assert (window is not None) == is_on
    assert window is None or window[0] <= moment < window[1]
