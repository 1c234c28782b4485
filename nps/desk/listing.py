"""Tickets as the staff list shows them: what a person sees, filtered, newest change first, page by page. Read only."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from nps.desk.models import Ticket, User
from nps.desk.models.tickets import TicketQuerySet

PAGE = 40
#: Nobody reads a number above this; counting further costs more the more rows there are.
COUNT_CAP = 1000
#: of a customer, on the staff page and in admin alike
CUSTOMER_COLUMNS = (
    ("id", "pk"),
    ("name", "name"),
    ("account", "account__name"),
    ("e-mail", "email"),
    ("phone", "phone"),
    ("language", "language"),
    ("time zone", "time_zone"),
    ("external id", "external_id"),
)
CSV_COLUMNS = (
    ("id", "pk"),
    ("subject", "subject"),
    ("customer", "customer__name"),
    ("account", "customer__account__name"),
    ("team", "team__name"),
    ("assignee", "assignee"),
    ("product", "product__name"),
    ("status", "status"),
    ("channel", "channel"),
    ("opened at", "opened_at"),
    ("changed at", "updated_at"),
    ("resolved at", "resolved_at"),
    ("contacts", "contacts"),
    ("hand-overs", "handovers"),
    ("source", "source"),
    ("external id", "external_id"),
)
NUMBER = re.compile(r"#?\s*([0-9]{1,18})")
CURSOR = re.compile(r"([0-9T:.+\-Z]{19,40})_([0-9]{1,18})")


@dataclass(frozen=True)
class TicketPage:
    rows: list[Ticket]
    next_cursor: str


def filtered(user: User, wanted: dict[str, Any]) -> TicketQuerySet:
    """`wanted`: q, status, team, product, channel, mine, each optional."""
    tickets = Ticket.objects.visible_to(user)
    status = wanted.get("status") or ""
    if not status:
        tickets = tickets.unresolved()
    elif status != "all":
        tickets = tickets.filter(status=status)
    for name in ("team", "product", "channel"):
        if wanted.get(name):
            tickets = tickets.filter(**{name: wanted[name]})
    if wanted.get("mine"):
        tickets = tickets.filter(assignee=user)
    return tickets.filter(matching(wanted["q"])) if wanted.get("q") else tickets


def matching(words: str) -> Q:
    """A number finds that ticket, ours or the other system's; words are looked for in subject, customer and company."""
    found = (
        Q(subject__icontains=words)
        | Q(customer__name__icontains=words)
        | Q(customer__email__iexact=words)
        | Q(customer__account__name__icontains=words)
        | Q(external_id__iexact=words.lstrip("#"))
    )
    number = NUMBER.fullmatch(words)
    return found | Q(pk=int(number[1])) if number else found


def ordered(tickets: TicketQuerySet) -> TicketQuerySet:
    """With what the list shows of each, newest change first."""
    return tickets.select_related("customer__account", "team", "assignee", "product").order_by("-updated_at", "-pk")


def page_of(tickets: TicketQuerySet, cursor: str) -> TicketPage:
    """`PAGE` rows after the cursor that the page before gave; a cursor nobody gave starts at the top."""
    found = ordered(tickets)
    place = read_cursor(cursor)
    if place is not None:
        at, pk = place
        # The first says again what the others say: alternatives tell an index not where to begin.
        found = found.filter(Q(updated_at__lt=at) | Q(updated_at=at, pk__lt=pk), updated_at__lte=at)
    rows = list(found[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return TicketPage(rows, f"{rows[-1].updated_at.isoformat()}_{rows[-1].pk}" if more else "")


def read_cursor(cursor: str) -> tuple[datetime, int] | None:
    found = CURSOR.fullmatch(cursor)
    try:
        at = parse_datetime(found[1]) if found else None
    except ValueError:
        return None
    return (at, int(found[2])) if found and at is not None and at.tzinfo is not None else None


def capped_count(tickets: TicketQuerySet) -> str:
    """How many, as words: exact up to the cap."""
    number = tickets.order_by()[: COUNT_CAP + 1].count()
    return f"{COUNT_CAP}+" if number > COUNT_CAP else str(number)
