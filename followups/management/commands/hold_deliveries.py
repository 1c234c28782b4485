"""After restoring a backup: hold back the mails that may have left since it was made."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from followups.services import asking_again
from nps import kept_days
from nps.management.listing import facts, moment
from nps.management.numbering import leave_gap
from nps.outbox import nudges
from nps.outbox.models import Delivery, Heartbeat
from nps.outbox.services import holding
from nps.survey.models import Invitation
from nps.survey.services import inviting

ALIVE = timedelta(seconds=30)
GAP = 100_000
ALL = 1_000_000


class Command(BaseCommand):
    help = (
        "After restoring a backup, with worker and beat stopped: hold back every mail that was due or in flight between"
        " the backup and the loss and may have left since, the reminders of that time among them. --dry-run lists them"
        " and changes nothing; release_deliveries settles them afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, metavar="TIME", help="when the backup was made, ISO 8601")
        parser.add_argument("--until", metavar="TIME", help="when the old database was lost (default: now)")
        parser.add_argument("--dry-run", action="store_true", help="list what would be held, and change nothing")

    def handle(self, *args: Any, since: str, until: str | None, dry_run: bool, **options: Any) -> None:
        at = timezone.now()
        begin, end = moment(since, "--since"), moment(until, "--until") if until else at
        if not begin <= end <= at:
            raise CommandError("--since must not be later than --until, and neither may lie ahead.")
        self._look_around(begin, at, dry_run)
        if not dry_run:
            leave_gap(Invitation, GAP)
        with transaction.atomic(), nudges.quiet():
            # What the clock would have queued by then may have been queued, and have left.
            inviting.remind_due(at=end, limit=ALL)
            asking_again.ask_due(at=end, limit=ALL)
            found = Delivery.objects.perhaps_gone(end).order_by("due_at", "pk")
            for row in found.iterator(chunk_size=1000):
                self.stdout.write("\t".join(facts(row)))
            if dry_run:
                said = f"{found.count()} mails may have left since {begin.isoformat()}. Nothing was changed."
                transaction.set_rollback(True)
            else:
                reason = f"held back: may have left after the backup of {begin.isoformat()}"
                kept_days.forget()  # what was counted of days that are as they were again
                held = holding.hold(until=end, at=at, reason=reason)
                said = (
                    f"{held} mails are held back. Worker and beat may start; release_deliveries settles what is held."
                )
        self.stdout.write(said)

    def _look_around(self, begin: datetime, at: datetime, dry_run: bool) -> None:
        alive = Heartbeat.objects.filter(at__gt=at - ALIVE).values_list("name", flat=True)
        if alive and not dry_run:
            names = ", ".join(sorted(alive))
            raise CommandError(f"Alive a moment ago: {names}. Stop worker and beat, and wait half a minute.")
        later = Delivery.objects.filter(created_at__gt=begin).count()
        if later:
            self.stderr.write(
                f"Note: {later} mails here were asked for after {begin.isoformat()}: the backup is younger than that,"
                " or the product has been running since it was restored."
            )
