"""What the runs say: test, figure to reach, what was seen, and whether that is enough. As text and as Markdown."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HEADS = ("test", "figure to reach", "seen", "")


@dataclass(frozen=True)
class Row:
    test: str
    figure: str
    seen: str
    is_met: bool

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self.test, self.figure, self.seen, "ok" if self.is_met else "SHORT"


def as_text(rows: Sequence[Row]) -> str:
    cells = [HEADS, *(row.cells for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def as_markdown(rows: Sequence[Row], *, scale: float, seed: int, seconds: dict[str, float], at: datetime) -> str:
    """`seconds` is how long each test took. Each name stands once, with how long it took in its first row."""
    lines = [f"Run on {at:%d %B %Y}, {machine()}, scale {scale:g}, seed {seed}.", ""]
    lines += ["| test | figure to reach | seen | |", "|---|---|---|---|"]
    before = ""
    for row in rows:
        took = f" ({seconds[row.test]:,.0f} s)" if row.test in seconds else ""
        name = "" if row.test == before else f"**{row.test}**{took}"
        before = row.test
        figure, seen = (text.replace("|", "\\|") for text in (row.figure, row.seen))
        lines.append(f"| {name} | {figure} | {seen} | {'ok' if row.is_met else '**short**'} |")
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Its size in words, such as “2 processors, 4 GB of memory, Linux, Python 3.11.2”."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{processors} processors, {memory:.0f} GB of memory, {platform.system()}, Python {platform.python_version()}"
    )


def write(path: Path, rows: Sequence[Row], *, scale: float, seed: int, seconds: dict[str, float]) -> None:
    path.write_text(as_markdown(rows, scale=scale, seed=seed, seconds=seconds, at=datetime.now(UTC)))
