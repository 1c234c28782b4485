"""The pure part: which verdict which counts give, and how often chance alone would give it."""

import random
from datetime import date, timedelta

import pytest

from followups.effects import Cases, Figures, Windows, beyond, difference, judge, nps_words, windows
from nps.survey.scoring import Counts

PLACED = date(2026, 6, 1)
LATE = windows(in_place_on=PLACED, today=PLACED + timedelta(days=120))
OVER = windows(in_place_on=PLACED, today=PLACED + timedelta(days=300))


def cases(carried: int, resolved: int, *, answers: int | None = None, still_open: int = 0) -> Cases:
    given = resolved if answers is None else answers
    return Cases(resolved, carried, still_open, Counts.tallied({4: carried, 10: given - carried}))


@pytest.mark.parametrize(
    ("before", "after", "outside", "days", "verdict", "words"),
    [
        (cases(40, 200), cases(8, 200), None, LATE, "proven", "8 of 200 resolutions against 40 of 200 before"),
        (cases(40, 200), cases(38, 200), None, LATE, "none_seen", "may be chance"),
        (cases(8, 200), cases(40, 200), None, LATE, "none_seen", "More follow-ups about this"),
        (cases(11, 118), cases(4, 120), None, LATE, "none_seen", "4 of 120 resolutions against 11 of 118"),
        (cases(40, 200), cases(0, 29), None, LATE, "too_early", "29 resolutions since 1 Jun 2026, 200 before"),
        (cases(1, 1), cases(0, 0), None, LATE, "too_early", "Too few to tell"),
        (cases(2, 200), cases(0, 200), None, LATE, "too_early", "not even none at all"),
        (cases(2, 200), cases(0, 200), None, OVER, "none_seen", "not even none at all"),
        (cases(0, 200), cases(0, 200), None, OVER, "none_seen", "did not come up before either"),
        (cases(40, 200), cases(8, 200, still_open=25), None, LATE, "too_early", "25 are still open"),
        (cases(40, 200, answers=60), cases(8, 200, answers=12), None, LATE, "none_seen", "8 of 12 against 40 of 60"),
        (cases(40, 200), cases(8, 200), (cases(40, 200), cases(41, 200)), LATE, "proven", "than outside its scope"),
        (cases(40, 200), cases(8, 200), (cases(40, 200), cases(8, 200)), LATE, "none_seen", "outside its scope it was"),
        (cases(40, 200), cases(8, 200), (cases(9, 29), cases(0, 29)), LATE, "proven", "few resolutions to compare"),
        (cases(40, 200), cases(8, 200), None, LATE, "proven", "Its scope is everything, so there is nothing"),
        (cases(40, 200), cases(0, 1), None, LATE, "too_early", "1 resolution since 1 Jun 2026, 200 before"),
    ],
)  # fmt: skip
def test_the_verdict_that_is_right(
    before: Cases, after: Cases, outside: tuple[Cases, Cases] | None, days: Windows, verdict: str, words: str
) -> None:
    found = judge(Figures(before, after, *(outside or ())), days)
    assert (found.verdict, words in found.sentence) == (verdict, True), found
    assert found.difference.low <= found.difference.delta <= found.difference.high
    assert "caus" not in found.sentence.replace("because", "")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (cases(0, 100, answers=29), cases(0, 100, answers=80), "not told in points: under 30 answers before"),
        (cases(0, 100, answers=80), cases(0, 100, answers=0), "not told in points: under 30 answers since"),
        (cases(0, 100, answers=29), cases(0, 100, answers=29), "not told in points: under 30 answers before and since"),
        (cases(10, 100, answers=30), cases(0, 100, answers=30), "up 67, a clear change"),
    ],
)
def test_no_points_are_told_where_a_side_is_not_scored(before: Cases, after: Cases, words: str) -> None:
    assert nps_words(after.counts, before.counts) == words


def test_the_first_weeks_are_too_early_whatever_the_counts() -> None:
    figures = Figures(cases(40, 200), cases(0, 200))
    day = PLACED + timedelta(days=27)
    early = judge(figures, windows(in_place_on=PLACED, today=day))
    assert (early.verdict, "first judged on 29 Jun 2026" in early.sentence) == ("too_early", True)
    assert judge(figures, windows(in_place_on=PLACED, today=day + timedelta(days=1))).verdict == "proven"
    future = windows(in_place_on=PLACED, today=PLACED - timedelta(days=400))
    assert (future.ripe_days, judge(figures, future).verdict) == (0, "too_early")


def test_the_interval_is_that_of_agresti_and_caffo() -> None:
    """By hand: (9/202) − (41/202) = −0.15842; √(9/202·193/202/202 + 41/202·161/202/202) = 0.031830; z = 2.807."""
    found = difference((40, 200), (8, 200))
    assert found.delta == pytest.approx(-16)
    assert found.low == pytest.approx(100 * (-0.158416 - 2.807 * 0.031818), abs=0.02)
    assert found.high == pytest.approx(100 * (-0.158416 + 2.807 * 0.031818), abs=0.02)


def test_what_fell_everywhere_is_subtracted() -> None:
    same = ((40, 200), (8, 200))
    assert beyond(same, same).delta == pytest.approx(0)
    assert beyond(same, ((40, 200), (40, 200))).delta == pytest.approx(-16)
    assert beyond(same, same).high > difference(*same).high, "two more shares make it less sure"


def test_windows_end_and_leave_out_what_was_in_place_already() -> None:
    assert (LATE.before_first, LATE.before_until) == (date(2026, 3, 2), PLACED)
    assert LATE.after_until == PLACED + timedelta(days=106)
    assert not LATE.is_over
    assert OVER.is_over
    assert OVER.ripe_days == 182
    again = windows(in_place_on=PLACED, today=PLACED, first_in_place_on=date(2026, 5, 1))
    assert (again.before_first, again.before_until) == (date(2026, 1, 30), date(2026, 5, 1))
    long_ago = windows(in_place_on=PLACED, today=PLACED, first_in_place_on=date(2025, 5, 1))
    assert long_ago.before_until == PLACED
    leap = windows(in_place_on=date(2028, 2, 29), today=date(2028, 3, 31))
    assert (leap.before_first, leap.after_until) == (date(2027, 11, 30), date(2028, 3, 17))


def test_looking_every_day_calls_few_changes_proven_that_did_nothing() -> None:
    """169 looks at each of 200 lessons after which nothing changed: under 5 % are ever called proven."""
    rng = random.Random(20261129)
    tickets_a_day, share, lessons = 4, 0.1, 200
    called = 0
    for _ in range(lessons):
        n = tickets_a_day * 91
        before = cases(sum(rng.random() < share for _ in range(n)), n)
        carried = 0
        for day in range(1, 183):
            carried += sum(rng.random() < share for _ in range(tickets_a_day))
            if day >= 14:
                after = cases(carried, tickets_a_day * day)
                days = windows(in_place_on=PLACED, today=PLACED + timedelta(days=day + 14))
                if judge(Figures(before, after), days).verdict == "proven":
                    called += 1
                    break
    assert called / lessons < 0.05
