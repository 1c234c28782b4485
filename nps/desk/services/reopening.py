"""Open a resolved ticket again."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from nps.desk import signals
from nps.desk.models import Message, Resolution, Ticket, User
from nps.errors import Conflict
from nps.text import clean_text
from nps.wires import say


@transaction.atomic
def reopen(*, ticket: Ticket, at: datetime, reason: str = "", by: User | None = None) -> Resolution:
    """Undo the last resolution: stamped, not deleted. Conflict unless the ticket is resolved or closed."""
    reason = clean_text(reason, field="reason", max_length=500)
    reopened = Ticket.objects.filter(pk=ticket.pk, status__in=(Ticket.Status.RESOLVED, Ticket.Status.CLOSED)).update(
        status=Ticket.Status.OPEN, resolved_at=None, updated_at=at, version=F("version") + 1
    )
    ticket.refresh_from_db()
    if not reopened:
        raise Conflict(
            f"Ticket {ticket.pk} is {ticket.get_status_display().lower()}; only a resolved one can be reopened."
        )
    Resolution.objects.filter(ticket=ticket, number=ticket.resolutions_made).update(
        reopened_at=at, reopen_reason=reason
    )
    resolution = Resolution.objects.get(ticket=ticket, number=ticket.resolutions_made)
    Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.EVENT,
        author=by,
        body=f"Reopened. {reason}".strip(),
        created_at=at,
    )
    say(signals.ticket_reopened, sender=Ticket, resolution=resolution, at=at)
    return resolution
