"""Lines that say when the status of tickets changed, beside a file that has a line a ticket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.db.backends.base.base import BaseDatabaseWrapper

from nps.desk.importers import kinds
from nps.desk.importers.tickets import STATUSES
from nps.importing.fields import Field
from nps.importing.findings import BadFile, Findings
from nps.importing.mapping import Map
from nps.importing.plans import Columns
from nps.importing.running import Order, Outcome, Progress, stage
from nps.importing.staging import Staging, staged

TABLE = "import_history"


class HistoryLines:
    kind = "ticket history"
    options: ClassVar[dict[str, tuple[str, ...]]] = {}
    fields = (
        Field("external_id", kinds.text(120), "the ticket's id", is_required=True),
        kinds.moment("event_at", "when the status was set", is_required=True),
        Field("status", kinds.choice(STATUSES), f"one of {', '.join(STATUSES)}", is_required=True),
    )

    @staticmethod
    def accept(mapping: Map) -> None:
        """Every map with the three fields will do."""

    def check(self, columns: Columns) -> Iterator[tuple[int, str, str, str]]:
        yield from ()


@contextmanager
def reading_history(
    order: Order, connection: BaseDatabaseWrapper, findings: Findings, progress: Progress
) -> Iterator[Staging]:
    """The staged lines. BadFile where the file cannot be read or a line of it is wrong, unless the order is lenient."""
    lines = HistoryLines()
    with staged(connection, TABLE, {one.name: one.sql for one in lines.fields}) as staging:
        stage(lines, order, staging, findings, progress, Outcome())
        if findings.refused and not order.is_lenient:
            raise BadFile(f"{order.path}: {findings.first}", f"All wrong lines of it: {findings.path}.")
        yield staging
