"""One import from the first line to the last row: read and stage everything, then look, then write in portions.

Until every line has been read and found right, not a row of the product is touched. From then on each portion is a
transaction of its own, so that customers who answer meanwhile are not kept waiting. Killed between two portions, the
next run finds what is there already and writes the rest."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.db import IntegrityError, OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from nps.importing.fields import Field
from nps.importing.findings import LEFT_OUT, Findings
from nps.importing.mapping import Map
from nps.importing.merging import growing, hopeful
from nps.importing.plans import Columns, Plan
from nps.importing.reading import reading
from nps.importing.staging import Staging, staged

PORTION = {"postgresql": 10_000, "sqlite": 2_000}
TABLE = "import_lines"
TRIES = 3

#: (what is being done, done so far, out of)
Progress = Callable[[str, int, int], None]


class Importer(Protocol):
    """What a district has to say about its lines. Made for one run."""

    kind: str
    noun: str
    fields: tuple[Field, ...]
    options: Mapping[str, tuple[str, ...]]

    def check(self, columns: Columns) -> Iterator[tuple[int, str, str, str]]:
        """(index, field, what is wrong, what would be right) of lines whose cells do not fit together."""
        ...

    def look(self, staging: Staging, findings: Findings) -> Staging:
        """Compare the staged lines with each other and with what is there, and delete those that cannot be taken. The
        staging that is to be written: the same, or one made of it."""
        ...

    def prepare(self, staging: Staging) -> Counter[str]:
        """Make the few rows that many lines share, in a transaction of its own; how many of what were new."""
        ...

    def write(self, staging: Staging, low: int, high: int) -> Counter[str]:
        """Write the lines of these positions, in a transaction; how many rows of what were new."""
        ...

    def foresee(self, staging: Staging) -> Counter[str]:
        """How many rows of what writing would make."""
        ...


@dataclass
class Outcome:
    """`read`: lines under the header. Each was staged, refused, left out as the map says, or passed over by its
    “lines”; `staged` ones were new or known. `made`: new rows by what they are."""

    read: int = 0
    staged: int = 0
    refused: int = 0
    left_out: int = 0
    passed_over: int = 0
    made: Counter[str] = field(default_factory=Counter)
    is_written: bool = False


@dataclass(frozen=True)
class Order:
    """What is to be done. `is_lenient`: wrong lines are left out instead of stopping everything."""

    path: Path
    mapping: Map
    at: datetime
    is_dry: bool = False
    is_lenient: bool = False


def run(
    importer: Importer,
    order: Order,
    connection: BaseDatabaseWrapper,
    findings: Findings,
    progress: Progress = lambda *_: None,
    finish: Callable[[Staging], None] = lambda _: None,
) -> Outcome:
    """Import the file. BadFile where it cannot be read; where lines are wrong, nothing is written and
    `Outcome.is_written` says so. `finish` is called with the staging once all is written."""
    outcome = Outcome()
    kinds = {one.name: one.sql for one in importer.fields if one.name in order.mapping.names}
    with staged(connection, TABLE, kinds) as staging:
        stage(importer, order, staging, findings, progress, outcome)
        final = importer.look(staging, findings)
        for table in [staging] if final is staging else [staging, final]:
            outcome.refused += table.refused
            outcome.left_out += table.left_out
        if findings.refused and not order.is_lenient:
            return outcome
        outcome.staged = _rows(final)
        if order.is_dry:
            outcome.made = importer.foresee(final)
            return outcome
        with growing(connection):
            _write(importer, final, connection, progress, outcome)
        finish(final)
    return outcome


def stage(
    importer: Any, order: Order, staging: Staging, findings: Findings, progress: Progress, outcome: Outcome
) -> None:
    """Read the file into the staging; `importer` needs to have fields and check. BadFile."""
    mapping = order.mapping
    with reading(order.path, encoding=mapping.encoding, delimiter=mapping.delimiter) as file:
        plan = Plan(mapping, importer.fields, file, order.at)
        for batch in file.batches():
            outcome.read += len(batch.lines) + len(batch.odd)
            columns = plan.read(batch, findings)
            columns = columns.without(_unfit(importer, columns, findings))
            staging.add(columns)
            progress("Reading", file.position, file.size)
    staging.index()
    outcome.passed_over = plan.passed_over
    outcome.left_out = plan.left_out
    outcome.refused = outcome.read - plan.passed_over - plan.left_out - staging.rows


def _unfit(importer: Importer, columns: Columns, findings: Findings) -> set[int]:
    dropped = set()
    for index, name, wrong, right in importer.check(columns):
        findings.add(columns.lines[index], name, wrong, right)
        dropped.add(index)
    return dropped


def _write(
    importer: Importer, staging: Staging, connection: BaseDatabaseWrapper, progress: Progress, outcome: Outcome
) -> None:
    outcome.made += importer.prepare(staging)
    step = PORTION[connection.vendor]
    for low in range(1, staging.rows + 1, step):
        outcome.made += _write_portion(importer, staging, connection, low, low + step - 1)
        outcome.is_written = True
        progress("Writing", min(low + step - 1, staging.rows), staging.rows)
    outcome.is_written = True


def _write_portion(
    importer: Importer, staging: Staging, connection: BaseDatabaseWrapper, low: int, high: int
) -> Counter[str]:
    """Hopeful first; then, where another writer made the same rows or stood in the way, prepared for that. Each time
    what was begun was rolled back."""
    for left in reversed(range(TRIES)):
        hope = hopeful() if left == TRIES - 1 else nullcontext()
        try:
            with transaction.atomic(using=connection.alias), hope:
                return importer.write(staging, low, high)
        except IntegrityError:
            if left < TRIES - 1:
                raise
        except OperationalError as error:
            if not left or connection.in_atomic_block or not _stood_in_the_way(error):
                raise
    raise AssertionError("unreachable")


def _stood_in_the_way(error: OperationalError) -> bool:
    """A deadlock that PostgreSQL broke, or a lock that SQLite did not get in its time."""
    return getattr(error.__cause__, "sqlstate", "") == "40P01" or "locked" in str(error)


def _rows(staging: Staging) -> int:
    with staging.connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {staging.name}")
        return int(cursor.fetchone()[0])


def strike(
    staging: Staging,
    findings: Findings,
    chosen: str,
    params: Sequence[Any] = (),
    *,
    became: str,
    tell: Callable[[tuple[Any, ...]], tuple[str, str, str]],
) -> None:
    """Take lines out of the staging: `chosen` is a SELECT of position, line, …; `tell(row)` gives (column, what is
    wrong, what would be right) for each row."""
    struck = note(staging, findings, chosen, params, became=became, tell=tell)
    if not struck:
        return
    with staging.connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {staging.name} WHERE position IN (SELECT x.position FROM ({chosen}) x)", list(params)
        )
    if became == LEFT_OUT:
        staging.left_out += struck
    else:
        staging.refused += struck


def note(
    staging: Staging,
    findings: Findings,
    chosen: str,
    params: Sequence[Any] = (),
    *,
    became: str,
    tell: Callable[[tuple[Any, ...]], tuple[str, str, str]],
) -> int:
    """Write down what `chosen` finds, a row a line; how many. See strike."""
    found = 0
    with staging.connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({chosen}) x ORDER BY x.position", list(params))
        while rows := cursor.fetchmany(1_000):
            found += len(rows)
            for row in rows:
                findings.add(row[1], *tell(row), became)
    return found
