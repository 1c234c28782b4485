"""Who is at work over a stretch of time: slots and gaps against counting every quarter of an hour."""

import itertools
from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from nps.desk.coverage import open_windows, slots, stay, unmanned
from nps.desk.hours import Calendar, ShiftPattern

SINCE = datetime(2026, 3, 28, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
UNTIL = SINCE + 192 * QUARTER
rows = st.lists(st.tuples(st.integers(1, 4), st.integers(-20, 200), st.integers(1, 60)), max_size=8)


def moments(pairs):
    return [(who, SINCE + first * QUARTER, SINCE + (first + size) * QUARTER) for who, first, size in pairs]


@given(rows)
@settings(max_examples=120, deadline=None)
def test_slots_tile_the_time_and_name_who_is_there(pairs):
    present = moments(pairs)
    found = slots(present, SINCE, UNTIL)
    assert (found[0].start, found[-1].end) == (SINCE, UNTIL)
    assert all(one.end == other.start for one, other in itertools.pairwise(found))
    assert all(set(one.user_ids) != set(other.user_ids) for one, other in itertools.pairwise(found))
    for number in range(192):
        at = SINCE + number * QUARTER
        [slot] = [one for one in found if one.start <= at < one.end]
        assert set(slot.user_ids) == {who for who, start, end in present if start <= at < end}


@given(rows, rows)
@settings(max_examples=120, deadline=None)
def test_a_gap_is_where_it_is_needed_and_nobody_is_there(needed, pairs):
    windows = [
        (max(start, SINCE), min(end, UNTIL)) for _, start, end in moments(needed) if start < UNTIL and end > SINCE
    ]
    present = moments(pairs)
    found = unmanned(windows, slots(present, SINCE, UNTIL))
    for number in range(192):
        at = SINCE + number * QUARTER
        is_missing = any(a <= at < b for a, b in windows) and not any(a <= at < b for _, a, b in present)
        assert is_missing == any(a <= at < b for a, b in found)


def test_a_day_on_which_the_clocks_change_is_open_as_its_wall_clock_says():
    night = Calendar("Europe/Oslo", (((time(0), time(6)),),) * 7)
    [saturday, sunday] = open_windows(
        night, datetime(2026, 3, 27, 23, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC)
    )
    assert saturday[1] - saturday[0] == timedelta(hours=6)
    assert sunday[1] - sunday[0] == timedelta(hours=5)
    always = Calendar("Europe/Oslo", (), always_open=True)
    assert open_windows(always, SINCE, UNTIL) == [(SINCE, UNTIL)]


def test_a_stay_is_the_shifts_that_overlap():
    def shift(starts, ends):
        return ShiftPattern(1, "Day", "UTC", frozenset(range(7)), time(starts), time(ends))

    at = datetime(2026, 5, 8, 11, tzinfo=UTC)
    day = at.replace(hour=0)
    patterns = [shift(8, 12), shift(10, 18), shift(18, 22)]
    assert stay(patterns, [], 1, at) == (day.replace(hour=8), day.replace(hour=18))
    assert stay(patterns, [], 1, day.replace(hour=19)) == (day.replace(hour=18), day.replace(hour=22))
    assert stay(patterns, [], 1, day.replace(hour=23)) is None
