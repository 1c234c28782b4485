"""The customer accepts a solution, or says nothing for long enough."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from nps.desk.models import Resolution, Ticket
from nps.errors import Conflict

SILENCE = timedelta(days=7)


@transaction.atomic
def accept(*, ticket: Ticket, at: datetime) -> Resolution:
    """Close a resolved ticket because its customer accepted the solution. Conflict in any other state."""
    closed = Ticket.objects.filter(pk=ticket.pk, status=Ticket.Status.RESOLVED).update(
        status=Ticket.Status.CLOSED, updated_at=at, version=F("version") + 1
    )
    ticket.refresh_from_db()
    if not closed:
        raise Conflict(
            f"Ticket {ticket.pk} is {ticket.get_status_display().lower()}; only a resolved one can be accepted."
        )
    resolution = Resolution.objects.get(ticket=ticket, number=ticket.resolutions_made)
    Resolution.objects.filter(pk=resolution.pk, acceptance=Resolution.Acceptance.PENDING).update(
        acceptance=Resolution.Acceptance.ACCEPTED, accepted_at=at
    )
    resolution.refresh_from_db()
    return resolution


def assume_accepted(*, at: datetime, limit: int = 1000) -> int:
    """Close what was resolved over 7 days ago and never contradicted. Shown apart from what was accepted."""
    silent = Resolution.objects.filter(
        acceptance=Resolution.Acceptance.PENDING, reopened_at__isnull=True, resolved_at__lte=at - SILENCE
    ).order_by("resolved_at")
    assumed = 0
    for pk, ticket_id in list(silent.values_list("pk", "ticket_id")[:limit]):
        with transaction.atomic():
            changed = Resolution.objects.filter(
                pk=pk, acceptance=Resolution.Acceptance.PENDING, reopened_at__isnull=True
            ).update(acceptance=Resolution.Acceptance.ASSUMED, accepted_at=at)
            if changed:
                Ticket.objects.filter(pk=ticket_id, status=Ticket.Status.RESOLVED).update(
                    status=Ticket.Status.CLOSED, updated_at=at, version=F("version") + 1
                )
            assumed += changed
    return assumed
