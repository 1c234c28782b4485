"""One test's run: what it was given, what it reports on its way, and what it saw in the end."""

import os
import time
from dataclasses import dataclass, field

from tests.faults.display import Display
from tests.faults.table import Row


def load() -> float:
    """Work that wants to run, for each processor, over the last minute."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


@dataclass
class Run:
    """`scale` 1 is the full size; every draw comes from `seed`."""

    name: str
    scale: float
    seed: int
    display: Display = field(default_factory=Display)
    rows: list[Row] = field(default_factory=list)
    about: str = ""  # stands before each figure, such as the database
    began: float = field(default_factory=time.monotonic)

    @property
    def is_full(self) -> bool:
        return self.scale >= 1

    def size(self, full: int, *, least: int) -> int:
        """`full` brought to this run's scale, but not under `least`."""
        return full if self.is_full else max(least, round(full * self.scale))

    def within(self, seconds: float) -> float:
        """A limit of time as it is at full size. Scaled down, a machine that is busy with other things is given as many
        times longer as it has more to do than processors: a short run among other work says nothing about speed."""
        return seconds if self.is_full else seconds * max(1.0, load())

    def load_note(self, seconds: float, limit: float) -> str:
        """For a figure that is over its limit: how busy the machine was."""
        return f", load {load():.1f} a processor" if seconds > limit else ""

    def stage(self, what: str, total: int = 0) -> None:
        """Shown as what goes on now; `total` is how many `step`s it has, if that is known."""
        self.display.stage(f"{self.about}: {what}" if self.about else what, total)

    def step(self, count: int = 1) -> None:
        """So many of the stage's total are done. May be called by any thread."""
        self.display.step(count)

    def expect(self, figure: str, seen: object, is_met: bool) -> None:
        """One line of the table: the figure to reach, what was seen, and whether that is enough."""
        said = f"{self.about}: {figure}" if self.about else figure
        self.rows.append(Row(self.name, said, str(seen), bool(is_met)))

    def expect_none(self, figure: str, count: int, *, note: str = "") -> None:
        """The line of a figure that must be 0."""
        self.expect(figure, f"{count:,}{f' ({note})' if note else ''}", not count)
