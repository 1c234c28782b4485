"""Benchmarks, pure: what a figure is, when it is good enough, and the table that is printed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One line of the table. `baseline` and `ours` are in `unit`. The goal is for the ratio ours / baseline
    (`least_ratio`, `most_ratio`) or for ours alone (`most`)."""

    name: str
    unit: str
    baseline: float
    ours: float
    least_ratio: float | None = None
    most_ratio: float | None = None
    most: float | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return self.ours / self.baseline if self.baseline else float("inf")

    @property
    def goal(self) -> str:
        if self.least_ratio is not None:
            return f"ratio ≥ {self.least_ratio:g}"
        if self.most_ratio is not None:
            return f"ratio ≤ {self.most_ratio:g}"
        return f"≤ {self.most:g} {self.unit}"

    @property
    def is_met(self) -> bool:
        if self.least_ratio is not None:
            return self.ratio >= self.least_ratio
        if self.most_ratio is not None:
            return self.ratio <= self.most_ratio
        return self.most is not None and self.ours <= self.most


HEADS = ("figure", "baseline", "ours", "ratio", "goal", "ok")


def table(figures: Sequence[Figure]) -> str:
    """All figures as one table, then what each says about itself."""
    rows = [HEADS] + [
        (
            one.name,
            f"{rounded(one.baseline)} {one.unit}",
            f"{rounded(one.ours)} {one.unit}",
            f"{one.ratio:.2f}",
            one.goal,
            "yes" if one.is_met else "MISSED",
        )
        for one in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for one in figures:
        lines += ["", f"{one.name}:", *(f"  {note}" for note in one.notes)] if one.notes else []
    return "\n".join(lines)


def rounded(value: float) -> str:
    """Three digits that matter, thousands apart: 1,234 or 56.7 or 0.089."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` (0 to 1) of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, min(len(ordered) - 1, -int(-len(ordered) * share // 1) - 1))]


def spread(samples: Sequence[float]) -> str:
    """Median and range, for a note."""
    return f"median {rounded(median(samples))}, from {rounded(min(samples))} to {rounded(max(samples))}"
