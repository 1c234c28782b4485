"""A column map bound to the header of one file: batches of lines in, columns of values out. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from nps.importing.fields import Asked, Field
from nps.importing.findings import LEFT_OUT, REFUSED, Findings, excerpt
from nps.importing.kinds import Cells, Clock, Kind
from nps.importing.mapping import LEAVE_OUT, WHOLE_LINE, Map, Source
from nps.importing.reading import Batch, CsvFile

Rows = list[list[str]]
ENDS_A_CELL = "\x1f"
ANY_OTHER = "*"


@dataclass
class Columns:
    """Values by field, all of the same length, with the numbers of their lines."""

    lines: list[int]
    values: dict[str, list[Any]]

    def without(self, dropped: set[int]) -> "Columns":
        if not dropped:
            return self
        kept = [index for index in range(len(self.lines)) if index not in dropped]
        return Columns(
            [self.lines[index] for index in kept],
            {name: [column[index] for index in kept] for name, column in self.values.items()},
        )


@dataclass(frozen=True)
class _Bound:
    field: Field
    source: Source
    cells: Callable[[Rows], Cells]
    kind: Kind

    @property
    def column(self) -> str:
        """What the person who reads the findings looks for in the file."""
        return ", ".join(self.source.columns or self.source.digest) or self.field.name


class Plan:
    """`read` turns batches into columns; what cannot be read goes to the findings. `passed_over` counts the lines
    that the map's “lines” leaves aside, `left_out` those without a value that the map can do without."""

    def __init__(self, mapping: Map, fields: tuple[Field, ...], file: CsvFile, at: datetime) -> None:
        known = {one.name: one for one in fields}
        self._width = len(file.header)
        self._wanted = {file.column(name): wanted for name, wanted in mapping.lines.items()}
        self._bound = [_bind(known[source.name], source, file, at) for source in mapping.sources]
        self.passed_over = self.left_out = 0

    def read(self, batch: Batch, findings: Findings) -> Columns:
        for line, width in batch.odd:
            findings.add(line, "", f"{width:,} cells where the first line has {self._width:,}.",
                         f"{self._width:,} cells, those with delimiters in quotes.")  # fmt: skip
        lines, rows = self._chosen(batch)
        values: dict[str, list[Any]] = {}
        refused: set[int] = set()
        left_out: set[int] = set()
        for bound in self._bound:
            cells = bound.cells(rows)
            if bound.source.default is not None and None in cells:
                default = bound.source.default
                cells = [default if cell is None else cell for cell in cells]
            if None in cells and (bound.field.is_required or bound.source.is_null_said):
                gone = left_out if bound.source.if_null == LEAVE_OUT else refused
                gone |= _missing(bound, cells, rows, lines, findings)
            read, problems = bound.kind.read(cells)
            for problem in problems:
                findings.add(lines[problem.at], bound.column, problem.wrong, problem.right)
                refused.add(problem.at)
            values[bound.field.name] = read
        self.left_out += len(left_out - refused)
        return Columns(lines, values).without(refused | left_out)

    def _chosen(self, batch: Batch) -> tuple[list[int], Rows]:
        if not self._wanted:
            return batch.lines, batch.rows
        kept = [i for i, row in enumerate(batch.rows) if all(row[at] in wanted for at, wanted in self._wanted.items())]
        self.passed_over += len(batch.rows) - len(kept)
        return [batch.lines[i] for i in kept], [batch.rows[i] for i in kept]


def _bind(field: Field, source: Source, file: CsvFile, at: datetime) -> _Bound:
    kind = field.kind(Asked(Clock(source.format, source.zone), source.is_cut, at))
    return _Bound(field, source, _extractor(source, file), kind)


def _missing(bound: _Bound, cells: Cells, rows: Rows, lines: list[int], findings: Findings) -> set[int]:
    gone = {index for index, cell in enumerate(cells) if cell is None}
    is_left_out = bound.source.if_null == LEAVE_OUT
    for index in sorted(gone):
        # What stands there may be a word that the map takes for nothing, such as “?” or 1970-01-01.
        findings.add(
            lines[index],
            bound.column,
            _said(bound, rows[index]),
            "" if is_left_out else "A value; or a default or “leave out” in the map.",
            LEFT_OUT if is_left_out else REFUSED,
        )
    return gone


def _said(bound: _Bound, row: list[str]) -> str:
    name = bound.field.name.replace("_", " ")
    there = ", ".join(cell for cell in _cells_of(bound, row) if cell)
    return f"{excerpt(there)} stands for no {name}." if there else f"Empty: there is no {name}."


def _cells_of(bound: _Bound, row: list[str]) -> list[str]:
    return [row[place] for place in getattr(bound.cells, "places", ())]


# ---- from a row to one cell ----------------------------------------------------------------------------------
def _extractor(source: Source, file: CsvFile) -> Callable[[Rows], Cells]:
    if source.value is not None:
        value = source.value
        return lambda rows: [value] * len(rows)
    if source.digest:
        every = source.digest == (WHOLE_LINE,)
        return _digests(source.prefix, None if every else [file.column(name) for name in source.digest])
    places = [file.column(name) for name in source.columns]
    extract = _one(places[0], source) if len(places) == 1 else _first_of(places, source)
    extract.places = tuple(places)  # type: ignore[attr-defined]
    return extract


def _one(place: int, source: Source) -> Callable[[Rows], Cells]:
    values, prefix = source.values, source.prefix

    def extract(rows: Rows) -> Cells:
        cells = _translated([row[place] for row in rows], values)
        return [cell if cell is None else prefix + cell for cell in cells] if prefix else cells

    return extract


def _first_of(places: list[int], source: Source) -> Callable[[Rows], Cells]:
    singles = [_one(place, source) for place in places]

    def extract(rows: Rows) -> Cells:
        cells = singles[0](rows)
        for single in singles[1:]:
            if None not in cells:
                break
            cells = [other if cell is None else cell for cell, other in zip(cells, single(rows), strict=True)]
        return cells

    return extract


def _translated(cells: list[str], values: Mapping[str, str | None]) -> Cells:
    get = values.get
    if ANY_OTHER in values:
        other = values[ANY_OTHER]
        return [get(cell, other) for cell in cells]
    return [get(cell, cell) for cell in cells]


def _digests(prefix: str, places: list[int] | None) -> Callable[[Rows], Cells]:
    """A name made of what the line says: the same line has it in every run."""

    def extract(rows: Rows) -> Cells:
        chosen = rows if places is None else [[row[place] for place in places] for row in rows]
        return [prefix + blake2b(ENDS_A_CELL.join(row).encode(), digest_size=16).hexdigest() for row in chosen]

    return extract
