"""Survey, pure: from counts of scores to figures that say how sure they are. Formulas with their sources."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, sqrt
from statistics import NormalDist
from typing import Literal

from nps.survey.grammar import HIGHEST, LOWEST

SMALL_N = 30  # under this many answers a segment shows its counts and is not scored
Z_95 = 1.96

Band = Literal["promoter", "passive", "detractor"]


def band(score: int) -> Band:
    """9–10 promoter, 7–8 passive, 0–6 detractor (Reichheld, “The One Number You Need to Grow”, HBR 2003)."""
    if not LOWEST <= score <= HIGHEST:
        raise ValueError(f"A score is 0 to 10, not {score}.")
    return "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"


@dataclass(frozen=True)
class Counts:
    """How many answers gave each score: eleven counts, index = score."""

    by_score: tuple[int, ...] = (0,) * 11

    def __post_init__(self) -> None:
        if len(self.by_score) != 11 or any(count < 0 for count in self.by_score):
            raise ValueError("Counts need eleven numbers of 0 or more, for the scores 0 to 10.")

    @classmethod
    def of(cls, scores: Iterable[int]) -> "Counts":
        """From the scores themselves; ValueError for one outside 0 to 10."""
        tally: dict[int, int] = {}
        for score in scores:
            tally[score] = tally.get(score, 0) + 1
        return cls.tallied(tally)

    @classmethod
    def tallied(cls, tally: Mapping[int, int]) -> "Counts":
        """From {score: how many}, as a GROUP BY gives it; ValueError for a score outside 0 to 10."""
        for score in tally:
            band(score)
        return cls(tuple(tally.get(score, 0) for score in range(11)))

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(tuple(mine + theirs for mine, theirs in zip(self.by_score, other.by_score, strict=True)))

    @property
    def n(self) -> int:
        return sum(self.by_score)

    @property
    def promoters(self) -> int:
        return sum(self.by_score[9:])

    @property
    def passives(self) -> int:
        return sum(self.by_score[7:9])

    @property
    def detractors(self) -> int:
        return sum(self.by_score[:7])

    @property
    def mean(self) -> float | None:
        """The mean score, 0 to 10; None of no answers."""
        total = sum(score * count for score, count in enumerate(self.by_score))
        return total / self.n if self.n else None


@dataclass(frozen=True)
class Nps:
    """−100 to 100, with its 95 % interval. No answers: `point` is None and the interval is all there is.

    `is_scored` is False under the small-n guard: then show the counts, not the point.
    """

    point: float | None
    low: float
    high: float
    n: int
    is_scored: bool


def nps(counts: Counts, *, small_n: int = SMALL_N) -> Nps:
    """The plain NPS of these answers and its adjusted Wald 95 % interval, clipped to ±100.

    Var = p + d − (p − d)² after adding ¾ promoter, ¾ detractor and 1½ passives (n′ = n + 3); the interval is
    centre ± 1.96 √(Var′ / n′). Sources: B. Rocks, “Interval Estimation for the Net Promoter Score”, The
    American Statistician 70(4), 2016; measuringu.com/nps-confidence-intervals. With a single promoter or detractor the
    formula ends 1.5 short of the plain figure; the interval is then drawn out to hold it.
    """
    if not counts.n:
        return Nps(None, -100.0, 100.0, 0, False)
    centre, variance = _adjusted(counts)
    margin = Z_95 * sqrt(variance)
    point = 100 * (counts.promoters - counts.detractors) / counts.n
    return Nps(
        point=point,
        low=max(-100.0, min(point, 100 * (centre - margin))),
        high=min(100.0, max(point, 100 * (centre + margin))),
        n=counts.n,
        is_scored=counts.n >= small_n,
    )


def _adjusted(counts: Counts) -> tuple[float, float]:
    """(p′ − d′, its squared standard error) as shares of 1, never of zero variance."""
    n = counts.n + 3
    p, d = (counts.promoters + 0.75) / n, (counts.detractors + 0.75) / n
    return p - d, (p + d - (p - d) ** 2) / n


@dataclass(frozen=True)
class Comparison:
    """One NPS against another: `delta` in points of the plain NPS, with its 95 % interval; `is_clear`: more than
    chance, at 95 %, which is where the interval leaves 0 out."""

    delta: float | None
    z: float | None
    is_clear: bool
    words: str
    low: float | None = None
    high: float | None = None


def compare(a: Counts, b: Counts) -> Comparison:
    """How `a` (say, this period) stands against `b` (the one before): up is an `a` above `b`.

    z = Δ / √(SE₁² + SE₂²), two-sided at 95 %, with Δ and both SE of the adjusted shares: a plain Δ over
    adjusted errors would call one promoter against one detractor a clear change. The interval is Δ ± 1.96 of that
    error, drawn out to hold the plain Δ where that lies outside. Sources as for `nps`.
    """
    if not a.n or not b.n:
        return Comparison(None, None, False, "nothing to compare with")
    plain = 100 * ((a.promoters - a.detractors) / a.n - (b.promoters - b.detractors) / b.n)
    (centre_a, variance_a), (centre_b, variance_b) = _adjusted(a), _adjusted(b)
    apart, error = centre_a - centre_b, sqrt(variance_a + variance_b)
    z = apart / error
    is_clear = abs(z) >= Z_95 and z * plain > 0
    return Comparison(
        delta=plain,
        z=z,
        is_clear=is_clear,
        words=_in_words(plain, is_clear),
        low=max(-200.0, min(plain, 100 * (apart - Z_95 * error))),
        high=min(200.0, max(plain, 100 * (apart + Z_95 * error))),
    )


def _in_words(delta: float, is_clear: bool) -> str:
    size = floor(abs(delta) + 0.5)
    if not size and not is_clear:
        return "no change"
    direction = "up" if delta > 0 else "down"
    amount = str(size) if size else "less than 1"
    return f"{direction} {amount}, {'a clear change' if is_clear else 'which may be chance'}"


@dataclass(frozen=True)
class Bounds:
    """Where the NPS of all who were asked lies, whatever the silent would have said. None where nobody was asked."""

    low: float | None
    high: float | None
    answered: int
    silent: int


def bounds(counts: Counts, silent: int) -> Bounds:
    """As if all `silent` customers were detractors, and as if all were promoters; ValueError for fewer than none.

    The worst-case bounds of C. Manski, “Partial Identification of Probability Distributions”, 2003: they assume nothing
    about those who did not answer, which is why they are wide."""
    if silent < 0:
        raise ValueError("Nobody is silent, or some are.")
    asked = counts.n + silent
    if not asked:
        return Bounds(None, None, 0, 0)
    net = counts.promoters - counts.detractors
    return Bounds(100 * (net - silent) / asked, 100 * (net + silent) / asked, counts.n, silent)


@dataclass(frozen=True)
class Gap:
    """How far a figure is from a value somebody set beside it, in points; None where there is no figure."""

    points: float | None
    is_clear: bool
    words: str


def gap(point: float | None, low: float, high: float, value: float) -> Gap:
    """`point` with its 95 % interval beside `value`, taken as exact: clear where the interval leaves it out."""
    if point is None:
        return Gap(None, False, "nothing to compare with")
    points = point - value
    is_clear = not low <= value <= high
    size = floor(abs(points) + 0.5)
    if not size:
        return Gap(points, is_clear, "level with it")
    direction = "above" if points > 0 else "below"
    return Gap(points, is_clear, f"{size} {direction} it, {'more than chance' if is_clear else 'which may be chance'}")


@dataclass(frozen=True)
class Lowest:
    """The one that stands lowest among several that are scored. `against` is the number they were picked from."""

    place: int
    delta: float
    is_clear: bool
    against: int
    words: str


def lowest(several: Sequence[Counts], *, small_n: int = SMALL_N) -> Lowest | None:
    """Which of `several` has the lowest NPS, and whether that is more than chance; None unless two are scored.

    It is compared with all the others together. Somebody is always lowest: the 5 % are shared among all that could have
    been it (Bonferroni), so that the worst of six needs more than the worse of two."""
    scored = [(place, counts) for place, counts in enumerate(several) if counts.n >= small_n]
    if len(scored) < 2:
        return None
    place, counts = min(scored, key=lambda one: (nps(one[1]).point or 0.0, -one[1].n, one[0]))
    others = sum((other for at, other in scored if at != place), Counts())
    against = compare(counts, others)
    delta = against.delta or 0.0
    needed = NormalDist().inv_cdf(1 - 0.05 / (2 * len(scored)))
    is_clear = delta < 0 and (against.z or 0.0) <= -needed
    size = floor(abs(delta) + 0.5)
    if not size and not is_clear:
        return Lowest(place, delta, False, len(scored), "level with the others")
    words = f"{size or 'less than 1'} below the others, {'more than chance' if is_clear else 'which may be chance'}"
    return Lowest(place, delta, is_clear, len(scored), words)


def reading(score: Nps) -> str:
    """The reading bands that the interval allows, not the point's alone: +12 from 40 answers may well be below 0."""
    if score.point is None:
        return "no answers"
    lowest, highest = _reading(score.low), _reading(score.high)
    return lowest if lowest == highest else f"anything from {lowest} to {highest}"


def _reading(point: float) -> str:
    """Above +70 exceptional, +50 and above excellent, above 0 good."""
    if point > 70:
        return "exceptional"
    if point >= 50:
        return "excellent"
    return "good" if point > 0 else "not yet good"


@dataclass(frozen=True)
class Rate:
    """A share that keeps its denominator: `share` is 0 to 1, or None of nothing (never a silent zero)."""

    numerator: int
    denominator: int
    share: float | None = field(init=False)

    def __post_init__(self) -> None:
        share = self.numerator / self.denominator if self.denominator else None
        object.__setattr__(self, "share", share)
