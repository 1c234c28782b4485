"""Tickets and their resolutions out of a CSV, as history."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from nps.desk.importers.command import ImportCommand, saved_spec
from nps.desk.importers.history import HistoryLines, reading_history
from nps.desk.importers.tickets import TicketImporter
from nps.errors import DomainError
from nps.importing import registry
from nps.importing.findings import Findings, place_for
from nps.importing.running import Order


class Command(ImportCommand):
    help = (
        "Import tickets with every time they were resolved from a CSV file, as history: nobody is asked about them."
        " Tickets that are known stay as they stand."
    )
    importer = TicketImporter

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        beside = parser.add_argument_group("a second file that says when each status was set")
        beside.add_argument("--history", type=Path, metavar="FILE", help="Such as Zendesk's ticket field history.")
        beside.add_argument("--history-map", metavar="NAME", help="Its saved map, such as zendesk-field-history.")

    @contextmanager
    def making(self, order: Order, options: dict[str, Any], progress: Any) -> Iterator[TicketImporter]:
        path: Path | None = options["history"]
        if path is None:
            yield TicketImporter(order.mapping, order.at)
            return
        if order.mapping.events:
            raise CommandError("The map reads a line a change already; --history is for files with a line a ticket.")
        if not options["history_map"]:
            raise CommandError("Say with --history-map what the columns of the history are.")
        try:
            mapping = registry.checked(HistoryLines.kind, saved_spec(options["history_map"], HistoryLines.kind))
        except DomainError as error:
            raise CommandError(error.sentence) from None
        beside = replace(order, path=path, mapping=mapping)
        with (
            Findings(place_for(path)) as findings,
            reading_history(beside, connection, findings, progress) as history,
        ):
            yield TicketImporter(order.mapping, order.at, history)
