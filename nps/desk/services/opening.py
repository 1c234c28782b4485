"""Open a ticket, once per external id."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from nps.desk.models import Channel, Customer, Message, Product, Tag, Team, Ticket, User
from nps.errors import InvalidInput
from nps.text import clean_text


def open_ticket(
    *,
    customer: Customer,
    subject: str,
    team: Team,
    at: datetime,
    body: str = "",
    channel: str = Channel.EMAIL,
    source: str = "desk",
    external_id: str = "",
    assignee: User | None = None,
    product: Product | None = None,
    tags: Iterable[Tag] = (),
    is_duplicate: bool = False,
) -> tuple[Ticket, bool]:
    """The ticket and whether it is new. The same (source, external id) again returns the first one unchanged."""
    subject = clean_text(subject, field="subject", max_length=300, is_required=True)
    body = clean_text(body, field="body")
    external_id = clean_text(external_id, field="external_id", max_length=120)
    source = clean_text(source, field="source", max_length=40)
    if channel not in Channel.values:
        raise InvalidInput(f"channel must be one of {', '.join(Channel.values)}.", field="channel")
    try:
        with transaction.atomic():
            ticket = Ticket.objects.create(
                customer=customer,
                subject=subject,
                team=team,
                channel=channel,
                source=source,
                external_id=external_id,
                assignee=assignee,
                product=product,
                is_duplicate=is_duplicate,
                opened_at=at,
                updated_at=at,
            )
            if body:
                Message.objects.create(ticket=ticket, kind=Message.Kind.CUSTOMER, body=body, created_at=at)
            ticket.tags.add(*tags)
    except IntegrityError:
        if not external_id:
            raise
        return Ticket.objects.get(source=source, external_id=external_id), False
    return ticket, True
