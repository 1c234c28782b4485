"""Whether a lesson that was put in place was followed by fewer cases of its cause. Pure; formulas with their sources.

Counted are resolutions (a ticket that was opened again has several, and its customer may be asked after each): of those
in the lesson's scope, how many led to a follow-up with its root cause, before the day it was put in place and since.
Where there are resolutions outside the scope, what happened there in the same weeks is subtracted, because what changed
everywhere says nothing about this change. Four things that would flatter a change:

* A ticket resolved yesterday had no time to be answered, called about and closed. Only resolutions of RIPE_DAYS ago or
  earlier count, and follow-ups still open are taken to carry the cause before anything is called proven.
* Fewer answers also make fewer cases. So the fall has to be there per answer as well as per resolution.
* Whoever looks every day finds something by chance some day. So the limit is 99.5 %, not 95 %: with nothing changed and
  a look on each of 169 days, fewer than 1 in 20 lessons are ever called proven (tests/followups/test_effects.py).
* A lesson put in place twice must not be compared with the time when it was in place already.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from typing import Literal

from nps.survey.scoring import SMALL_N, Counts, compare

BEFORE_DAYS = 91  # thirteen weeks
AFTER_DAYS = 182  # after that the figures stand
RIPE_DAYS = 14
LEAST_DAYS = 14  # of ripe days since
LEAST_RESOLUTIONS = 30  # before and since, each
Z = 2.807  # 99.5 %, two-sided

Verdict = Literal["too_early", "none_seen", "proven"]


@dataclass(frozen=True)
class Windows:
    """Days of the organisation: from a first day to before an `until`. `is_over`: no day is added any more."""

    in_place_on: date
    before_first: date
    before_until: date
    after_first: date
    after_until: date
    is_over: bool

    @property
    def ripe_days(self) -> int:
        return (self.after_until - self.after_first).days


def windows(*, in_place_on: date, today: date, first_in_place_on: date | None = None) -> Windows:
    """What is compared on the day `today`. `first_in_place_on`: the first of the days on which it was put in place, if
    it was more than once; where that lies in the weeks before, those weeks end there."""
    before_until = in_place_on
    if first_in_place_on is not None and in_place_on - timedelta(days=BEFORE_DAYS) <= first_in_place_on < in_place_on:
        before_until = first_in_place_on
    last = in_place_on + timedelta(days=AFTER_DAYS)
    return Windows(
        in_place_on=in_place_on,
        before_first=before_until - timedelta(days=BEFORE_DAYS),
        before_until=before_until,
        after_first=in_place_on,
        after_until=max(in_place_on, min(today - timedelta(days=RIPE_DAYS), last)),
        is_over=today - timedelta(days=RIPE_DAYS) >= last,
    )


@dataclass(frozen=True)
class Cases:
    """The resolutions of one window (`resolved`), the answers to them, and of their follow-ups those that `carried` the
    cause and those that are still `open`, whose cause nobody knows."""

    resolved: int = 0
    carried: int = 0
    open: int = 0
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True)
class Figures:
    """Inside the scope and outside of it; `outside_*` are None where the scope is everything."""

    before: Cases
    after: Cases
    outside_before: Cases | None = None
    outside_after: Cases | None = None


def nps_words(after: Counts, before: Counts) -> str:
    """How the NPS of the answers stands, since against before; no points where either side is not scored."""
    sides = [name for name, side in (("before", before), ("since", after)) if side.n < SMALL_N]
    if sides:
        return f"not told in points: under {SMALL_N} answers {' and '.join(sides)}"
    return compare(after, before).words


@dataclass(frozen=True)
class Difference:
    """Since minus before, in cases per 100, with its 99.5 % interval."""

    delta: float
    low: float
    high: float

    @property
    def is_fall(self) -> bool:
        return self.high < 0

    @property
    def is_rise(self) -> bool:
        return self.low > 0


def _adjusted(carried: int, n: int) -> tuple[float, float]:
    """(share, its squared standard error) after adding one case and one that is none."""
    share = (carried + 1) / (n + 2)
    return share, share * (1 - share) / (n + 2)


def difference(before: tuple[int, int], after: tuple[int, int]) -> Difference:
    """Two shares, each (cases, of how many), compared by the adjusted Wald interval: one success and one failure are
    added to each. Source: A. Agresti, B. Caffo, “Simple and Effective Confidence Intervals for Proportions and
    Differences of Proportions”, The American Statistician 54(4), 2000. `delta` is the plain one, and the interval is
    drawn out to hold it."""
    (p, p_error), (q, q_error) = _adjusted(*before), _adjusted(*after)
    plain = _share(after) - _share(before)
    return _interval(plain, q - p, p_error + q_error, most=100.0)


def beyond(
    inside: tuple[tuple[int, int], tuple[int, int]], outside: tuple[tuple[int, int], tuple[int, int]]
) -> Difference:
    """The difference inside less the one outside (difference in differences), each given as (before, since). The four
    shares are independent, so their squared errors add up. Source: J. Angrist, J.-S. Pischke, Mostly Harmless
    Econometrics, 2009, chapter 5.2; the errors as for `difference`."""
    parts = [_adjusted(*one) for one in (*inside, *outside)]
    (a, _), (b, _), (c, _), (d, _) = parts
    plain = (_share(inside[1]) - _share(inside[0])) - (_share(outside[1]) - _share(outside[0]))
    return _interval(plain, (b - a) - (d - c), sum(error for _, error in parts), most=200.0)


def _share(of: tuple[int, int]) -> float:
    return of[0] / of[1] if of[1] else 0.0


def _interval(plain: float, centre: float, squared_error: float, *, most: float) -> Difference:
    margin = Z * sqrt(squared_error)
    low, high = 100 * min(plain, centre - margin), 100 * max(plain, centre + margin)
    return Difference(100 * plain, max(-most, low), min(most, high))


@dataclass(frozen=True)
class Effect:
    """The verdict with the sentence that says why. `is_controlled`: what happened outside the scope was subtracted."""

    verdict: Verdict
    sentence: str
    difference: Difference
    is_controlled: bool


def judge(figures: Figures, days: Windows) -> Effect:
    """Proven: fewer than before, per ticket and per answer, also if every open follow-up carries the cause, and beyond
    what happened outside the scope; each at 99.5 %. Too early: too few days or tickets, or so few cases before that
    even none at all since would be no more than chance; the last not for ever."""
    before, after = figures.before, figures.after
    outside = _outside(figures)
    seen = difference((before.carried, before.resolved), (after.carried, after.resolved))
    verdict, words = _verdict(figures, days, seen, outside)
    return Effect(verdict, words, seen, outside is not None)


def _outside(figures: Figures) -> tuple[Cases, Cases] | None:
    """What happened outside the scope, if that is enough to compare with."""
    before, after = figures.outside_before, figures.outside_after
    if before is None or after is None or min(before.resolved, after.resolved) < LEAST_RESOLUTIONS:
        return None
    return before, after


def _verdict(
    figures: Figures, days: Windows, seen: Difference, outside: tuple[Cases, Cases] | None
) -> tuple[Verdict, str]:
    before, after = figures.before, figures.after
    since = f"since {day_words(days.in_place_on)}"
    if days.ripe_days < LEAST_DAYS:
        wait = days.in_place_on + timedelta(days=LEAST_DAYS + RIPE_DAYS)
        return "too_early", f"In place {since}; first judged on {day_words(wait)}."
    if min(before.resolved, after.resolved) < LEAST_RESOLUTIONS:
        return "too_early", (
            f"Too few to tell: {after.resolved} {_resolutions(after.resolved)} {since}, {before.resolved} before;"
            f" each needs {LEAST_RESOLUTIONS}."
        )
    plain = f"{after.carried} of {after.resolved} resolutions against {before.carried} of {before.resolved} before"
    if not seen.is_fall:
        return _no_fall(before, after, days, seen, f"{since}: {plain}")
    fewer = f"Fewer follow-ups about this {since}: {plain}"
    at_worst = min(after.carried + after.open, after.resolved)
    if not difference((before.carried, before.resolved), (at_worst, after.resolved)).is_fall:
        return "too_early", f"{fewer}; but {after.open} {_are(after.open)} still open and may be about this too."
    if not difference((before.carried, before.counts.n), (after.carried, after.counts.n)).is_fall:
        return "none_seen", (
            f"{fewer}; but of those who answered it is {after.carried} of {after.counts.n} against {before.carried} of"
            f" {before.counts.n}, which may be chance."
        )
    if outside is None:
        return "proven", f"{fewer}, more than chance. {_why_not_compared(figures)}"
    there = f"{outside[1].carried} of {outside[1].resolved} against {outside[0].carried} of {outside[0].resolved}"
    here, elsewhere = [((a.carried, a.resolved), (b.carried, b.resolved)) for a, b in ((before, after), outside)]
    if not beyond(here, elsewhere).is_fall:
        return "none_seen", f"{fewer}; but outside its scope it was {there}, so the rest may be chance."
    return "proven", f"{fewer}, more than chance, and more than outside its scope ({there})."


def _no_fall(before: Cases, after: Cases, days: Windows, seen: Difference, plain: str) -> tuple[Verdict, str]:
    if seen.is_rise:
        return "none_seen", f"More follow-ups about this {plain}, more than chance."
    if not before.carried:
        words = f"It did not come up before either, {plain}"
    else:
        words = f"No clear difference {plain}, which may be chance"
    if difference((before.carried, before.resolved), (0, after.resolved)).is_fall:
        return "none_seen", f"{words}."
    if days.is_over:
        return "none_seen", f"{words}. With so few, not even none at all would have been more."
    return "too_early", f"Too few cases to tell, {plain}; not even none at all would be more than chance."


def day_words(day: date) -> str:
    """“3 Nov 2026”."""
    return f"{day.day} {day:%b %Y}"


def _why_not_compared(figures: Figures) -> str:
    before, after = figures.outside_before, figures.outside_after
    if before is None or after is None:
        return "Its scope is everything, so there is nothing to compare with."
    return (
        f"Outside its scope were too few resolutions to compare with ({after.resolved} since, {before.resolved} before;"
        f" each needs {LEAST_RESOLUTIONS})."
    )


def _resolutions(number: int) -> str:
    return "resolution" if number == 1 else "resolutions"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
