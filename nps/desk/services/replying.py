"""Say something on a ticket: staff or customer."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from nps.desk import signals
from nps.desk.models import Message, Ticket, User
from nps.desk.services.reopening import reopen
from nps.errors import Conflict, InvalidInput
from nps.text import clean_text
from nps.wires import say

STAFF_KINDS = (
    Message.Kind.ANSWER,
    Message.Kind.INFORMATION_REQUEST,
    Message.Kind.TRIAGE,
    Message.Kind.VOICEMAIL,
    Message.Kind.NOTE,
)


@transaction.atomic
def reply(*, ticket: Ticket, by: User, kind: str, body: str, at: datetime, external_id: str = "") -> Message:
    """A staff member's message. A request for information sets the ticket to waiting. A note or a
    voicemail is no contact."""
    if kind not in STAFF_KINDS:
        raise InvalidInput(f"kind must be one of {', '.join(STAFF_KINDS)}.", field="kind")
    body = clean_text(body, field="body", is_required=True)
    message = _write(ticket, kind, body, at, external_id, author=by)
    is_contact = kind in Message.CONTACTS
    changes = {"updated_at": at, "version": F("version") + 1}
    if is_contact:
        changes["contacts"] = F("contacts") + 1
    Ticket.objects.filter(pk=ticket.pk).update(**changes)
    if kind == Message.Kind.INFORMATION_REQUEST:
        Ticket.objects.filter(pk=ticket.pk, status=Ticket.Status.OPEN).update(status=Ticket.Status.WAITING)
    ticket.refresh_from_db()
    return message


@transaction.atomic
def customer_reply(*, ticket: Ticket, body: str, at: datetime, external_id: str = "") -> Message:
    """The customer's words. A waiting ticket opens; a resolved one is reopened with these words as the reason."""
    body = clean_text(body, field="body", is_required=True)
    message = _write(ticket, Message.Kind.CUSTOMER, body, at, external_id)
    if ticket.status in (Ticket.Status.RESOLVED, Ticket.Status.CLOSED):
        reopen(ticket=ticket, reason=body[:500], at=at)
    else:
        Ticket.objects.filter(pk=ticket.pk, status=Ticket.Status.WAITING).update(status=Ticket.Status.OPEN)
        Ticket.objects.filter(pk=ticket.pk).update(updated_at=at, version=F("version") + 1)
        ticket.refresh_from_db()
    say(signals.customer_replied, sender=Ticket, ticket=ticket, at=at)
    return message


def _write(ticket: Ticket, kind: str, body: str, at: datetime, external_id: str, author: User | None = None) -> Message:
    try:
        with transaction.atomic():
            return Message.objects.create(
                ticket=ticket,
                kind=kind,
                author=author,
                is_qualified=bool(author and author.is_qualified and kind != Message.Kind.TRIAGE),
                body=body,
                external_id=clean_text(external_id, field="external_id", max_length=120),
                created_at=at,
            )
    except IntegrityError:
        raise Conflict(
            f"A message with external_id {external_id!r} is already on ticket {ticket.pk}.", field="external_id"
        ) from None
