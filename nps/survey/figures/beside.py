"""What a manager set beside a figure: a benchmark with its source, or the organisation's own level."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from nps.survey.estimates import estimate
from nps.survey.models import Benchmark
from nps.survey.scoring import Gap, Nps, Rate, gap


@dataclass(frozen=True)
class Beside:
    """A value that was entered, and how far the figure is from it. `kind` is "benchmark" or "level"."""

    figure: str
    kind: str
    label: str
    value: float
    source: str
    on: date
    gap: Gap


def beside(figures: Mapping[str, Nps | Rate], on: date) -> tuple[Beside, ...]:
    """The latest value of each figure and kind that was known on the day `on`, beside `figures` by their names in
    Benchmark.Figure; a figure that is not scored has no gap. One statement."""
    latest: dict[tuple[str, str], Benchmark] = {}
    for row in Benchmark.objects.known_on(on).order_by("on", "pk"):
        latest[row.figure, row.kind] = row
    return tuple(
        Beside(
            figure=row.figure,
            kind=row.kind,
            label=str(row.get_kind_display()),
            value=float(row.value),
            source=row.source,
            on=row.on,
            gap=_gap(figures[row.figure], float(row.value)),
        )
        for row in latest.values()
        if row.figure in figures
    )


def _gap(figure: Nps | Rate, value: float) -> Gap:
    if isinstance(figure, Nps):
        return gap(figure.point if figure.is_scored else None, figure.low, figure.high, value)
    found = estimate(figure)
    share = None if found.share is None else 100 * found.share
    return gap(share, 100 * found.low, 100 * found.high, value)
