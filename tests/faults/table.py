"""What a run says: test, figure to reach, what was seen, and whether that is enough."""

from dataclasses import dataclass, field


@dataclass
class Row:
    test: str
    figure: str
    seen: str
    is_met: bool


@dataclass
class Verdicts:
    """Collects rows; `expect` adds one from a plain comparison."""

    rows: list[Row] = field(default_factory=list)

    def expect(self, test: str, figure: str, seen: object, is_met: bool) -> None:
        self.rows.append(Row(test, figure, str(seen), is_met))

    @property
    def are_met(self) -> bool:
        return bool(self.rows) and all(row.is_met for row in self.rows)

    def as_text(self) -> str:
        head = ("test", "figure to reach", "seen", "")
        cells = [head, *((r.test, r.figure, r.seen, "ok" if r.is_met else "SHORT") for r in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(4)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        )
