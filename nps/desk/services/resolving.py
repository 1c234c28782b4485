"""Resolve a ticket: one row, with a snapshot of who was responsible."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from nps.desk import signals
from nps.desk.hours import current_window
from nps.desk.models import Absence, Message, Resolution, Shift, Ticket, User
from nps.errors import Conflict
from nps.text import clean_text
from nps.wires import say


@transaction.atomic
def resolve(
    *, ticket: Ticket, at: datetime, by: User | None = None, exception: str = "", agent: User | None = None
) -> Resolution:
    """Mark the ticket resolved at `at` and tell the survey. Conflict unless it is open or waiting.

    `agent` is who is responsible for the solution: the assignee unless given. `exception` is the recorded reason why
    this one is an exception to first contact resolution."""
    exception = clean_text(exception, field="exception", max_length=200)
    responsible = agent or ticket.assignee or by
    resolved = Ticket.objects.filter(pk=ticket.pk, status__in=(Ticket.Status.OPEN, Ticket.Status.WAITING)).update(
        status=Ticket.Status.RESOLVED,
        resolved_at=at,
        updated_at=at,
        assignee=responsible,
        resolutions_made=F("resolutions_made") + 1,
        version=F("version") + 1,
    )
    if not resolved:
        ticket.refresh_from_db()
        raise Conflict(
            f"Ticket {ticket.pk} is {ticket.get_status_display().lower()};"
            " only an open or waiting ticket can be resolved."
        )
    # Our own UPDATE holds the row, so the number read back is ours alone.
    ticket.refresh_from_db(
        fields=[
            "status",
            "resolved_at",
            "updated_at",
            "assignee",
            "resolutions_made",
            "contacts",
            "handovers",
            "version",
        ]
    )
    resolution = Resolution.objects.create(
        ticket=ticket,
        number=ticket.resolutions_made,
        resolved_at=at,
        resolved_by=by,
        customer=ticket.customer,
        account=ticket.customer.account,
        agent=responsible,
        team=ticket.team,
        product=ticket.product,
        channel=ticket.channel,
        shift_name=shift_name(responsible, at) if responsible else "",
        contacts=ticket.contacts,
        handovers=ticket.handovers,
        is_first_contact=is_first_contact(ticket),
        first_contact_exception=exception,
    )
    say(signals.ticket_resolved, sender=Ticket, resolution=resolution, at=at)
    return resolution


def shift_name(user: User, at: datetime) -> str:
    """The name of the shift `user` was on at `at`, or nothing."""
    patterns = [shift.pattern() for shift in Shift.objects.filter(user=user)]
    aways = [row.away() for row in Absence.objects.filter(user=user, starts_at__lte=at, ends_at__gt=at)]
    window = current_window(patterns, aways, user.pk, at)
    return window[2] if window else ""


def is_first_contact(ticket: Ticket) -> bool:
    """Solved within the first interaction with a qualified representative, as domain terms have it: no hand-over, no
    earlier resolution, no request for information, and at most one qualified answer. Whether the customer accepted it
    is a separate fact (Resolution.acceptance)."""
    if ticket.handovers or ticket.resolutions_made > 1:
        return False
    kinds = list(
        Message.objects.filter(ticket=ticket, is_qualified=True, kind__in=Message.CONTACTS).values_list(
            "kind", flat=True
        )
    )
    return len(kinds) <= 1 and Message.Kind.INFORMATION_REQUEST not in kinds
