"""The table at the end: line by line what the client's own book says, what the server says, and every difference."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

SHOWN = 20  # differences printed per line of the table
K = TypeVar("K", bound=Hashable)


@dataclass
class Finding:
    what: str
    mine: str
    theirs: str
    differences: list[str] = field(default_factory=list)


class Findings:
    def __init__(self) -> None:
        self.rows: list[Finding] = []

    def compare(self, what: str, mine: object, theirs: object, differences: list[str] | None = None) -> None:
        """One line; the two sides differing is itself a difference unless `differences` says it closer."""
        found = list(differences or [])
        if mine != theirs and not found:
            found = [f"{what}: {mine} here, {theirs} there"]
        self.rows.append(Finding(what, _shown(mine), _shown(theirs), found))

    def count(self, what: str, mine: Mapping[K, int], theirs: Mapping[K, int], name: Callable[[K], str] = str) -> None:
        """One line for each key that either side knows."""
        keys = sorted({*mine, *theirs}, key=lambda key: (key if isinstance(key, int) else 0, str(key)))
        for key in keys:
            self.compare(f"{what} {name(key)}", mine.get(key, 0), theirs.get(key, 0))

    @property
    def total(self) -> int:
        return sum(len(row.differences) for row in self.rows)

    def table(self) -> str:
        width = max((len(row.what) for row in self.rows), default=0) + 2
        lines = [f"{'':{width}}{'this client':>16}{'the server':>16}{'differences':>14}"]
        for row in self.rows:
            lines.append(f"{row.what:{width}}{row.mine:>16}{row.theirs:>16}{len(row.differences):>14}")
        for row in self.rows:
            for sentence in row.differences[:SHOWN]:
                lines.append(f"  ! {sentence}")
            if len(row.differences) > SHOWN:
                lines.append(f"  ! … and {len(row.differences) - SHOWN} more of “{row.what}”")
        return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "–" if value is None else str(value)


def missing_and_surplus(mine: Counter[K], theirs: Counter[K]) -> list[K]:
    """What one side has more often than the other."""
    return [*(mine - theirs).elements(), *(theirs - mine).elements()]
