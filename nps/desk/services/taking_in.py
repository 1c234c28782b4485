"""Take a ticket in from another system: its customer, their account, its tags and the ticket itself, or nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from nps.desk.models import Customer, Tag, Ticket
from nps.desk.services.enrolling import NewCustomer, enrol_customer
from nps.desk.services.opening import open_ticket
from nps.errors import InvalidInput
from nps.text import clean_text

MOST_TAGS = 20
TAG_LENGTH = 60


class _WasThere(Exception):
    """Ends the transaction: the ticket is known, and nothing that the repeated request names is made."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__()
        self.ticket = ticket


def take_in(
    *, customer: Customer | NewCustomer, at: datetime, tags: Iterable[str] = (), **ticket: Any
) -> tuple[Ticket, bool]:
    """The ticket and whether it is new; `ticket` is what opening.open_ticket takes. The customer is enrolled unless
    they are known; tags are made as they come. What a repeated request names beside the ticket is not made."""
    try:
        with transaction.atomic():
            if isinstance(customer, NewCustomer):
                customer = enrol_customer(customer=customer, at=at)[0]
            taken, is_new = open_ticket(customer=customer, at=at, tags=_tags(tags), **ticket)
            if not is_new:
                raise _WasThere(taken)
    except _WasThere as known:
        return known.ticket, False
    return taken, True


def _tags(names: Iterable[str]) -> list[Tag]:
    wanted = list(dict.fromkeys(clean_text(n, field="tags", max_length=TAG_LENGTH, is_required=True) for n in names))
    if len(wanted) > MOST_TAGS:
        raise InvalidInput(f"{len(wanted)} tags are too many; {MOST_TAGS} is the most.", field="tags")
    if not wanted:
        return []
    found = {tag.name: tag for tag in Tag.objects.filter(name__in=wanted)}
    if missing := [name for name in wanted if name not in found]:
        Tag.objects.bulk_create([Tag(name=name) for name in missing], ignore_conflicts=True)
        found = {tag.name: tag for tag in Tag.objects.filter(name__in=wanted)}
    return [found[name] for name in wanted]
