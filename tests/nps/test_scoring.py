"""The figures: the formulas by hand and by enumeration, and nothing divided by zero."""

from dataclasses import FrozenInstanceError
from math import comb, sqrt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps.survey.scoring import SMALL_N, Counts, Nps, Rate, band, bounds, compare, gap, lowest, nps, reading

counts_of = st.lists(st.integers(0, 300), min_size=11, max_size=11).map(tuple).map(Counts)


def answers(promoters, passives, detractors):
    return Counts.tallied({9: promoters, 7: passives, 0: detractors})


def test_bands_of_all_eleven():
    assert [band(score) for score in range(11)] == ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2
    for outside in (-1, 11):
        with pytest.raises(ValueError, match="0 to 10"):
            band(outside)


def test_counts_from_scores_and_from_tallies():
    counts = Counts.of([10, 9, 9, 8, 7, 6, 0])
    assert counts == Counts.tallied({0: 1, 6: 1, 7: 1, 8: 1, 9: 2, 10: 1})
    assert (counts.n, counts.promoters, counts.passives, counts.detractors) == (7, 3, 2, 2)
    assert counts.mean == 7
    assert counts + counts == Counts.of([10, 9, 9, 8, 7, 6, 0] * 2)
    with pytest.raises(FrozenInstanceError):
        counts.by_score = ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Counts.of([11]),
        lambda: Counts.tallied({-1: 2}),
        lambda: Counts((1,) * 10),
        lambda: Counts((-1,) + (0,) * 10),
    ],
)
def test_counts_refuse_what_is_no_score(make):
    with pytest.raises(ValueError):
        make()


@settings(deadline=None)
@given(counts_of)
def test_every_figure_lies_where_it_must(counts):
    assert counts.promoters + counts.passives + counts.detractors == counts.n
    figure = nps(counts)
    assert -100 <= figure.low < figure.high <= 100
    assert figure.n == counts.n
    assert figure.is_scored == (counts.n >= SMALL_N)
    if counts.n:
        assert figure.low <= figure.point <= figure.high
        assert 0 <= counts.mean <= 10


@pytest.mark.parametrize(("score", "point"), [(10, 100), (0, -100)])
def test_a_single_answer_lies_in_its_own_interval(score, point):
    figure = nps(Counts.of([score]))
    assert figure.low <= figure.point == point <= figure.high


@settings(deadline=None)
@given(counts_of)
def test_turned_around_the_figure_turns_around(counts):
    turned = answers(counts.detractors, counts.passives, counts.promoters)
    one, other = nps(counts), nps(turned)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.point is None or one.point == pytest.approx(-other.point)


def test_ten_promoters_of_ten_are_not_certain():
    figure = nps(Counts.of([10] * 10))
    assert figure.point == figure.high == 100
    # By hand: p' = 10.75/13, d' = 0.75/13, centre 76.92, Var' = 0.29290, margin 196 * sqrt(Var'/13) = 29.42.
    assert figure.low == pytest.approx(76.923 - 29.420, abs=0.01)
    assert round(figure.low) in (47, 48)
    assert not figure.is_scored


def test_the_interval_by_the_formula():
    figure = nps(answers(50, 30, 20))
    p, d, n = 50.75 / 103, 20.75 / 103, 103
    margin = 1.96 * sqrt((p + d - (p - d) ** 2) / n)
    assert figure.point == pytest.approx(30)
    assert (figure.low, figure.high) == pytest.approx((100 * (p - d - margin), 100 * (p - d + margin)))
    assert figure.is_scored


#: The stated grid of true shares: promoters and detractors each in steps of 5 %, the edges and corners among them.
GRID = [(p / 20, d / 20) for p in range(21) for d in range(21 - p)]
#: n -> (mean, least) of the coverage over the grid, in per cent as README says them.
COVERED = {10: (95.2, 87.9), 30: (95.1, 92.1), 100: (95.0, 93.7)}


def coverages(n):
    """The exact chance, for each point of GRID, that the interval of n answers holds the true NPS."""
    samples = []
    for promoters in range(n + 1):
        for detractors in range(n + 1 - promoters):
            passives = n - promoters - detractors
            figure = nps(answers(promoters, passives, detractors))
            ways = comb(n, promoters) * comb(n - promoters, detractors)
            samples.append((promoters, passives, detractors, ways, figure.low - 1e-9, figure.high + 1e-9))
    for p, d in GRID:
        q = max(0.0, round(1 - p - d, 9))
        of_p, of_q, of_d = ([share**count for count in range(n + 1)] for share in (p, q, d))
        truth = 100 * (p - d)
        yield sum(
            ways * of_p[promoters] * of_q[passives] * of_d[detractors]
            for promoters, passives, detractors, ways, low, high in samples
            if low <= truth <= high
        )


@pytest.mark.parametrize("n", COVERED)
def test_the_interval_covers_what_it_claims(n):
    chances = list(coverages(n))
    assert len(chances) == 231
    mean, least = 100 * sum(chances) / len(chances), 100 * min(chances)
    assert mean >= 94
    assert least >= (92 if n >= 30 else 85)
    assert (round(mean, 1), round(least, 1)) == COVERED[n]


def test_readme_says_how_well_the_interval_covers():
    told = (Path(__file__).parents[2] / "README.md").read_text()
    for n, (mean, least) in COVERED.items():
        assert f"| {n} | {mean} % | {least} % |" in told


def test_under_thirty_is_not_scored():
    assert SMALL_N == 30
    assert not nps(answers(29, 0, 0)).is_scored
    assert nps(answers(30, 0, 0)).is_scored
    assert nps(answers(5, 0, 0), small_n=5).is_scored


def test_no_answers_divide_nothing_by_zero():
    figure = nps(Counts())
    assert (figure.point, figure.low, figure.high, figure.n, figure.is_scored) == (None, -100, 100, 0, False)
    assert Counts().mean is None
    assert Counts.of([]) == Counts()
    for a, b in [(Counts(), Counts()), (Counts(), answers(9, 0, 0)), (answers(9, 0, 0), Counts())]:
        nothing = compare(a, b)
        assert (nothing.delta, nothing.z, nothing.is_clear) == (None, None, False)
        assert nothing.words == "nothing to compare with"
    assert Rate(0, 0).share is None


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (answers(53, 27, 20), answers(50, 30, 20), "up 3, which may be chance"),
        (answers(50, 30, 20), answers(53, 27, 20), "down 3, which may be chance"),
        (answers(540, 260, 200), answers(490, 270, 240), "up 9, a clear change"),
        (answers(490, 270, 240), answers(540, 260, 200), "down 9, a clear change"),
        (answers(50, 30, 20), answers(500, 300, 200), "no change"),
        (answers(1, 0, 0), answers(0, 0, 1), "up 200, which may be chance"),
        (answers(10, 0, 0), answers(0, 0, 10), "up 200, a clear change"),
        (
            answers(500_400, 300_000, 199_600),
            answers(499_000, 302_000, 199_000),
            "up less than 1, a clear change",
        ),
    ],
)
def test_a_comparison_in_words(a, b, words):
    if "less than" in words:
        a, b = (Counts(tuple(10 * count for count in counts.by_score)) for counts in (a, b))
    comparison = compare(a, b)
    assert comparison.words == words
    assert comparison.is_clear == ("clear" in words)
    assert comparison.delta == pytest.approx(nps(a).point - nps(b).point)


@settings(deadline=None)
@given(counts_of, counts_of)
def test_compared_the_other_way_round_it_is_the_opposite(a, b):
    one, other = compare(a, b), compare(b, a)
    assert one.is_clear == other.is_clear
    if one.delta is not None:
        assert (one.delta, one.z) == pytest.approx((-other.delta, -other.z))
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
        assert -200 <= one.low <= one.delta <= one.high <= 200
        if abs(abs(one.z) - 1.96) > 1e-9:
            assert one.is_clear == (not one.low <= 0 <= one.high), "clear is what the interval says"


def test_a_change_has_the_interval_of_two_independent_scores():
    one, other = answers(162, 108, 54), answers(120, 60, 20)
    found = compare(one, other)
    width = 1.96 * 100 * sqrt(5 / 9 / 324 + (0.7 - 0.25) / 200)
    assert (found.high - found.low) / 2 == pytest.approx(width, rel=0.02)
    assert compare(Counts(), one).low is None


def test_a_difference_by_chance_alone_is_seldom_called_clear():
    """Two samples of ten of one and the same population: at most about one in twenty."""
    figures = [(promoters, detractors) for promoters in range(11) for detractors in range(11 - promoters)]
    p, d = 0.4, 0.25
    weigh = {
        (up, down): comb(10, up) * comb(10 - up, down) * p**up * d**down * (1 - p - d) ** (10 - up - down)
        for up, down in figures
    }
    called = sum(
        weigh[one] * weigh[other]
        for one in figures
        for other in figures
        if compare(answers(one[0], 10 - sum(one), one[1]), answers(other[0], 10 - sum(other), other[1])).is_clear
    )
    assert 0.01 <= called <= 0.06


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-100, -0.1, "not yet good"),
        (-5, 0, "not yet good"),
        (-3, 0.1, "anything from not yet good to good"),
        (-3, 62, "anything from not yet good to excellent"),
        (0.1, 49.9, "good"),
        (12, 50, "anything from good to excellent"),
        (50, 70, "excellent"),
        (64, 70.1, "anything from excellent to exceptional"),
        (70.1, 100, "exceptional"),
    ],
)
def test_the_reading_says_what_the_interval_allows(low, high, words):
    assert reading(Nps((low + high) / 2, low, high, 40, True)) == words


def test_a_point_above_0_with_an_interval_below_it_is_not_called_good():
    found = nps(answers(18, 8, 14))
    assert found.point == 10
    assert found.low < 0
    assert reading(found) == "anything from not yet good to good"
    assert reading(nps(answers(0, 0, 0))) == "no answers"


def test_a_rate_keeps_its_denominator():
    rate = Rate(45, 741)
    assert (rate.numerator, rate.denominator) == (45, 741)
    assert rate.share == pytest.approx(0.0607, abs=0.0001)


# ---- published examples ----------------------------------------------------------------------------------------
def test_the_published_example_of_the_standard_error():
    """W. Huber, Cross Validated 18603: 1/2 promoters, 1/3 passives, 1/6 detractors have NPS 1/3, variance 5/9, and
    with 324 answers a standard error of 4.1 %."""
    figure = nps(answers(162, 108, 54))
    assert figure.point == pytest.approx(100 / 3)
    plain = 1.96 * 100 * sqrt(5 / 9 / 324)
    assert plain / 1.96 == pytest.approx(4.1, abs=0.05)
    # Three answers more pull the centre in by a third of a point and change the width by less than a hundredth.
    assert (figure.high - figure.low) / 2 == pytest.approx(plain, rel=0.01)
    assert (figure.high + figure.low) / 2 == pytest.approx(100 / 3 * 324 / 327, abs=1e-9)


# ---- those who did not answer ------------------------------------------------------------------------------------
def test_the_silent_could_have_said_anything():
    found = bounds(answers(50, 30, 20), 100)
    assert (found.low, found.high, found.answered, found.silent) == (-35, 65, 100, 100)
    assert bounds(answers(5, 0, 0), 0).low == bounds(answers(5, 0, 0), 0).high == 100
    assert (bounds(Counts(), 0).low, bounds(Counts(), 7).low, bounds(Counts(), 7).high) == (None, -100, 100)
    with pytest.raises(ValueError):
        bounds(Counts(), -1)


@settings(deadline=None)
@given(counts_of, counts_of)
def test_whatever_they_would_have_said_it_lies_between(counts, silent):
    found = bounds(counts, silent.n)
    everybody = nps(counts + silent)
    if everybody.point is not None:
        assert found.low - 1e-9 <= everybody.point <= found.high + 1e-9


# ---- beside a benchmark ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "words", "is_clear"),
    [
        (20, "10 above it, which may be chance", False),
        (10, "20 above it, more than chance", True),
        (50, "20 below it, more than chance", True),
        (30.2, "level with it", False),
    ],
)
def test_the_gap_to_a_benchmark(value, words, is_clear):
    figure = nps(answers(50, 30, 20))
    found = gap(figure.point, figure.low, figure.high, value)
    assert (found.words, found.is_clear) == (words, is_clear)
    assert found.points == pytest.approx(30 - value)


def test_no_answers_have_no_gap():
    assert gap(None, -100, 100, 20).points is None


# ---- the lowest of several ---------------------------------------------------------------------------------------
def test_the_lowest_is_named_with_how_sure_that_is():
    good, bad = answers(60, 30, 10), answers(30, 30, 40)
    found = lowest([good, bad, good])
    assert (found.place, found.is_clear, found.against) == (1, True, 3)
    assert found.words == "60 below the others, more than chance"
    near = lowest([good, answers(58, 30, 12), good])
    assert (near.place, near.is_clear, near.words) == (1, False, "4 below the others, which may be chance")
    assert lowest([good, good]).words == "level with the others"


def test_among_many_the_lowest_needs_more_to_stand_out():
    """The same two sets of answers: against one other it stands out; as the lowest of six it may be chance."""
    low, other = answers(36, 33, 31), answers(20, 12, 8)
    others = [other] * 5
    together = sum(others, Counts())
    assert lowest([low, together]).is_clear
    found = lowest([low, *others])
    assert (found.place, found.is_clear, found.against) == (0, False, 6)
    assert -2.64 < compare(low, together).z < -2.24


def test_those_that_are_not_scored_are_not_picked():
    assert lowest([]) is None
    assert lowest([answers(60, 30, 10)]) is None
    assert lowest([answers(60, 30, 10), answers(0, 0, 29)]) is None


@settings(deadline=None)
@given(st.lists(counts_of, max_size=6))
def test_nobody_scored_is_below_the_lowest(several):
    found = lowest(several)
    scored = [nps(counts).point for counts in several if counts.n >= SMALL_N]
    if found is None:
        assert len(scored) < 2
    else:
        assert nps(several[found.place]).point == min(scored)
        assert not found.is_clear or found.delta < 0
