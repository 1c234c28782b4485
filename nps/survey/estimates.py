"""Survey, pure: shares and differences with their 95 % intervals. Formulas with their sources."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from nps.survey.scoring import SMALL_N, Z_95, Rate


@dataclass(frozen=True)
class Estimate:
    """A share of 0 to 1 with its denominator and its 95 % interval; of nothing it is anything from 0 to 1."""

    numerator: int
    denominator: int
    share: float | None
    low: float
    high: float


def estimate(rate: Rate) -> Estimate:
    """The Wilson score interval without continuity correction. Source: R. G. Newcombe, “Two-sided confidence intervals
    for the single proportion”, Statistics in Medicine 17, 1998 (method 3)."""
    n, share = rate.denominator, rate.share
    if share is None:
        return Estimate(0, 0, None, 0.0, 1.0)
    z2 = Z_95 * Z_95
    centre = (rate.numerator + z2 / 2) / (n + z2)
    margin = Z_95 * sqrt(n * share * (1 - share) + z2 / 4) / (n + z2)
    return Estimate(rate.numerator, n, share, max(0.0, centre - margin), min(1.0, centre + margin))


#: how many of each group have to be comparable before anything is said
ENOUGH = SMALL_N


@dataclass(frozen=True)
class Matched:
    """The mean of one group beside that of another at the same first score. `difference` and its interval are None
    where too few are comparable; `words` says so then. `with_n`, `without_n`: those that could be compared."""

    difference: float | None
    low: float | None
    high: float | None
    with_n: int
    without_n: int
    words: str


def matched(next_scores: Mapping[tuple[int, bool], Mapping[int, int]], *, enough: int = ENOUGH) -> Matched:
    """Compare next scores within each first score, then put the differences together.

    `next_scores` is {(first score, belongs to the first group): {next score: how many}}. Each first score at which both
    groups have at least two counts with weight n₁n₀/(n₁+n₀), so that a group of low first scores is never set beside
    one of high ones: customers at an extreme come back towards the middle by themselves. The interval is that of a
    weighted mean of independent differences (W. G. Cochran, Biometrics 10, 1954, section 5), ± 1.96 standard errors.
    """
    sides: dict[int, dict[bool, Mapping[int, int]]] = defaultdict(dict)
    for (first, is_with), tally in next_scores.items():
        sides[first][is_with] = tally
    weights = total = variance = 0.0
    with_n = without_n = 0
    for groups in sides.values():
        (n1, mean1, spread1), (n0, mean0, spread0) = (_moments(groups.get(which, {})) for which in (True, False))
        if n1 < 2 or n0 < 2:
            continue
        weight = n1 * n0 / (n1 + n0)
        weights, total = weights + weight, total + weight * (mean1 - mean0)
        variance += weight * weight * (spread1 / n1 + spread0 / n0)
        with_n, without_n = with_n + n1, without_n + n0
    if with_n < enough or without_n < enough:
        return Matched(None, None, None, with_n, without_n, f"cannot tell yet: {enough} of each are needed")
    difference, margin = total / weights, Z_95 * sqrt(variance) / weights
    low, high = difference - margin, difference + margin
    if low <= 0 <= high:
        words = "no difference beyond chance"
    else:
        words = f"{abs(difference):.1f} {'higher' if difference > 0 else 'lower'}, more than chance"
    return Matched(difference, low, high, with_n, without_n, words)


def _moments(tally: Mapping[int, int]) -> tuple[int, float, float]:
    """(how many, their mean, their sample variance)."""
    n = sum(tally.values())
    if n < 2:
        return n, 0.0, 0.0
    mean = sum(score * count for score, count in tally.items()) / n
    return n, mean, sum(count * (score - mean) ** 2 for score, count in tally.items()) / (n - 1)
