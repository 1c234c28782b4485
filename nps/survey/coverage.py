"""Survey, pure: which team or person asks their customers markedly less, or more, than all of them together."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from nps.survey.scoring import Rate

#: Of a stable share one unit in 370 lies beyond three standard deviations by chance.
LIMIT = 3.0
#: Under this many resolutions the normal approximation says little, and nothing is marked.
LEAST = 30

Standing = Literal["usual", "below", "above", "too few"]


@dataclass(frozen=True)
class Unit:
    """A team or a person: of `rate.denominator` resolutions `rate.numerator` were asked about. `key` is what the ledger
    is filtered by, None for resolutions that have none."""

    key: int | None
    name: str
    rate: Rate


@dataclass(frozen=True)
class Judged:
    """`expected`: the share of all units together. `z`: standard deviations from it, None where it cannot be told."""

    unit: Unit
    expected: float | None
    z: float | None
    standing: Standing

    @property
    def is_outlier(self) -> bool:
        return self.standing in ("below", "above")


def judge(units: Iterable[Unit]) -> tuple[Judged, ...]:
    """Each unit against the share of all, in the order given. Nothing stands out of fewer than LEAST resolutions, of
    one unit alone, or where all or none were asked.

    z = (x/n − p) / √(p(1 − p)/n) with the limits of a funnel plot at ±3. Source: D. Spiegelhalter, “Funnel plots for
    comparing institutional performance”, Statistics in Medicine 24(8), 2005."""
    units = tuple(units)
    asked, resolved = sum(one.rate.numerator for one in units), sum(one.rate.denominator for one in units)
    expected = asked / resolved if resolved else None
    return tuple(_judged(one, expected, is_alone=len(units) < 2) for one in units)


def _judged(unit: Unit, expected: float | None, *, is_alone: bool) -> Judged:
    n, share = unit.rate.denominator, unit.rate.share
    if expected is None or share is None or n < LEAST:
        return Judged(unit, expected, None, "too few")
    deviation = sqrt(expected * (1 - expected) / n)
    if not deviation or is_alone:
        return Judged(unit, expected, None, "usual")
    z = (share - expected) / deviation
    return Judged(unit, expected, z, "below" if z <= -LIMIT else "above" if z >= LIMIT else "usual")
