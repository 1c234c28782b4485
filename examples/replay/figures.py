"""The score and its interval, computed here once more, so that the server's own computation has a witness."""

from collections import Counter
from dataclasses import dataclass
from math import sqrt

#: under so many answers there is an interval and no score
SCORED_FROM = 30


@dataclass(frozen=True)
class Nps:
    """−100 to 100; `point` is None under 30 answers."""

    n: int
    point: float | None
    low: float
    high: float


def nps(scores: Counter[int]) -> Nps:
    """Share of 9 and 10 less share of 0 to 6, with the adjusted Wald 95 % interval: three answers are added, ¾ of them
    promoters, ¾ detractors."""
    n = scores.total()
    if not n:
        return Nps(0, None, -100.0, 100.0)
    promoters = scores[9] + scores[10]
    detractors = sum(scores[score] for score in range(7))
    share_up, share_down = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    centre = share_up - share_down
    reach = 1.96 * sqrt((share_up + share_down - centre**2) / (n + 3))
    point = 100 * (promoters - detractors) / n if n >= SCORED_FROM else None
    return Nps(n, point, max(-100.0, 100 * (centre - reach)), min(100.0, 100 * (centre + reach)))
