"""Shares and matched differences: published examples, properties, and nothing said where nothing can be."""

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps.survey.estimates import ENOUGH, estimate, matched
from nps.survey.scoring import Rate

tallies = st.dictionaries(st.integers(0, 10), st.integers(0, 40), max_size=11)
grouped = st.dictionaries(st.tuples(st.integers(0, 8), st.booleans()), tallies, max_size=12)


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_four_published_shares(numerator, denominator, low, high):
    """R. G. Newcombe 1998, table I, method 3."""
    found = estimate(Rate(numerator, denominator))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.00006)


def test_a_share_of_nothing_may_be_anything():
    found = estimate(Rate(0, 0))
    assert (found.share, found.low, found.high) == (None, 0, 1)


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(0, 5000))
def test_a_share_lies_in_its_interval(one, other):
    found = estimate(Rate(min(one, other), max(one, other)))
    assert 0 <= found.low <= (found.share or 0) + 1e-9
    assert found.share is None or found.share <= found.high + 1e-9 <= 1 + 1e-9


def test_a_difference_by_hand():
    """At first score 4: 40 reached with mean 8, 40 not with mean 6; their variances are 40/39 each."""
    found = matched({(4, True): {7: 20, 9: 20}, (4, False): {5: 20, 7: 20}})
    margin = 1.96 * sqrt(40 / 39 / 40 * 2)
    assert (found.difference, found.low, found.high) == pytest.approx((2, 2 - margin, 2 + margin))
    assert (found.with_n, found.without_n) == (40, 40)
    assert found.words == "2.0 higher, more than chance"


def test_the_mix_of_first_scores_makes_no_difference():
    """Those not reached began lower and so end lower; at the same first score there is nothing between them."""
    low, high = {3: 20, 5: 20}, {8: 20, 10: 20}
    mixed = {
        (2, True): {score: count // 10 for score, count in low.items()},
        (2, False): low,
        (8, True): high,
        (8, False): {score: count // 10 for score, count in high.items()},
    }
    found = matched(mixed)
    assert found.difference == pytest.approx(0)
    assert found.words == "no difference beyond chance"


def test_few_are_not_judged():
    few = matched({(4, True): {9: ENOUGH - 1}, (4, False): {2: 500}})
    assert (few.difference, few.low, few.high) == (None, None, None)
    assert few.words == "cannot tell yet: 30 of each are needed"
    assert matched({}).difference is None
    # Many on both sides, and at no first score are there both.
    assert matched({(4, True): {9: 500}, (5, False): {2: 500}}).difference is None


@settings(deadline=None)
@given(grouped)
def test_the_other_way_round_it_is_the_opposite(next_scores):
    one = matched(next_scores)
    other = matched({(first, not is_with): tally for (first, is_with), tally in next_scores.items()})
    assert (one.with_n, one.without_n) == (other.without_n, other.with_n)
    if one.difference is None:
        assert other.difference is None
    else:
        assert (one.difference, one.low, one.high) == pytest.approx((-other.difference, -other.high, -other.low))
        assert one.low <= one.difference <= one.high
        assert -10 <= one.difference <= 10
