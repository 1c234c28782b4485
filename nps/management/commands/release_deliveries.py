"""Settle the mails that hold_deliveries held back: as sent where the mail server has them, else send them now."""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from nps.management.listing import facts
from nps.outbox.models import Delivery
from nps.outbox.services import holding

MESSAGE_ID = re.compile(r"[0-9a-f]{32}\.[\w.]+@[\w.-]+")


class Command(BaseCommand):
    help = (
        "Settle held mails. Those whose Message-ID stands in a file of --accepted, such as the mail server's log, are"
        " marked as sent; the others are sent, or stay held with --keep-others."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="only these, as hold_deliveries lists them")
        parser.add_argument("--accepted", nargs="+", type=Path, default=[], metavar="FILE")
        parser.add_argument("--keep-others", action="store_true", help="mark what was accepted, and send nothing")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")

    def handle(
        self, *args: Any, ids: list[int], accepted: list[Path], keep_others: bool, dry_run: bool, **options: Any
    ) -> None:
        known = message_ids(accepted)
        held = Delivery.objects.held()
        if ids:
            held = held.filter(pk__in=ids)
        rows = list(held.order_by("due_at", "pk"))
        gone = [row for row in rows if row.message_id in known]
        left = [] if keep_others else [row for row in rows if row.message_id not in known]
        for word, some in (("sent", gone), ("release", left)):
            for row in some:
                self.stdout.write("\t".join((word, *facts(row))))
        if dry_run:
            self.stdout.write(f"{len(gone)} would be marked as sent, {len(left)} would be sent. Nothing was changed.")
            return
        marked = sum(holding.presume_sent(delivery=row) for row in gone)
        released = holding.release(
            deliveries=Delivery.objects.filter(pk__in=[row.pk for row in left]), at=timezone.now()
        )
        self.stdout.write(f"{marked} marked as sent, {released} queued, {Delivery.objects.held().count()} still held.")


def message_ids(files: list[Path]) -> set[str]:
    """Every Message-ID of ours that stands in one of the files."""
    found: set[str] = set()
    for file in files:
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                found.update(f"<{one}>" for line in lines for one in MESSAGE_ID.findall(line))
        except OSError as error:
            raise CommandError(f"--accepted {file}: {error.strerror}; name a file that can be read.") from None
    return found
