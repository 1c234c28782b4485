"""Pages of tickets: the list, a new one, one with its story."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from nps import csv_out
from nps.desk import listing
from nps.desk.access import reader, staff_page, teams_of, ticket_or_404
from nps.desk.forms import PassForm, ReopenForm, ReplyForm, ResolveForm, TicketFilter, TicketForm
from nps.desk.models import Channel, Customer, Message, Team, Ticket, User
from nps.desk.services import taking_in
from nps.desk.services.enrolling import NewCustomer
from nps.errors import InvalidInput

FOUND = 8


@staff_page()
def ticket_list(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    form = TicketFilter(request.GET, teams=teams_of(user))
    form.is_valid()
    tickets = listing.filtered(user, form.cleaned_data)
    if request.GET.get("format") == "csv":
        rows = listing.ordered(tickets)
        return csv_out.download_rows("tickets.csv", listing.CSV_COLUMNS, rows, refused=form.refused.values())
    page = listing.page_of(tickets, request.GET.get("after", ""))
    context = {
        "form": form,
        "page": page,
        "count": listing.capped_count(tickets),
        "is_filtered": any(form.cleaned_data.values()),
        "is_first": not request.GET.get("after"),
    }
    return render(request, "nps/desk/tickets.html", context)


@staff_page("GET", "HEAD", "POST")
def new_ticket(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    teams = Team.objects.filter(is_active=True).order_by("name")
    if request.method == "POST":
        form = TicketForm(request.POST, teams=teams)
        ticket = _opened(form, user)
        if ticket is not None:
            messages.success(request, f"Ticket #{ticket.pk} is open.")
            return redirect("ticket", pk=ticket.pk) if _sees(user, ticket) else redirect("tickets")
        form.focus_first_error()
    else:
        mine = next(iter(sorted(user.team_ids)), None)
        start = {"nonce": uuid.uuid4(), "team": mine, "channel": Channel.PHONE, "customer": _asked(request)}
        form = TicketForm(initial=start, teams=teams)
    words = request.GET.get("find", "").strip()[:100]
    context = {
        "form": form,
        "words": words,
        "found": _found(words),
        "customer": _chosen(form),
    }
    return render(request, "nps/desk/ticket_new.html", context, status=422 if form.errors else 200)


def _opened(form: TicketForm, user: User) -> Ticket | None:
    if not form.is_valid():
        return None
    given = form.cleaned_data
    facts = {name: given[name] for name in ("subject", "body", "team", "product", "channel")}
    # The form's nonce as external id: pressing the button twice opens one ticket.
    facts |= {"at": timezone.now(), "external_id": f"form-{given['nonce']}", "assignee": user}
    try:
        customer = given["customer"] or NewCustomer(email=given["email"], name=given["name"])
        return taking_in.take_in(customer=customer, **facts)[0]
    except InvalidInput as error:
        form.refuse(error)
        return None


def _sees(user: User, ticket: Ticket) -> bool:
    return user.sees_everything or ticket.team_id in user.team_ids or ticket.assignee_id == user.pk


def _asked(request: HttpRequest) -> int | None:
    asked = request.GET.get("customer", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None


def _chosen(form: TicketForm) -> Customer | None:
    """The customer that was picked, in the address or in the form that was sent."""
    if form.is_bound:
        return form.cleaned_data.get("customer")
    pk = form.initial.get("customer")
    return Customer.objects.select_related("account").filter(pk=pk).first() if pk else None


def _found(words: str) -> list[Customer]:
    if not words or "\x00" in words:
        return []
    likely = Customer.objects.filter(
        Q(name__icontains=words) | Q(email__icontains=words) | Q(account__name__icontains=words)
    )
    return list(likely.select_related("account").order_by("name", "pk")[:FOUND])


@staff_page()
def ticket_page(request: HttpRequest, pk: int) -> HttpResponse:
    return show(request, ticket_or_404(request, pk))


def show(request: HttpRequest, ticket: Ticket, *, status: int = 200, problem: str = "", **forms: Any) -> HttpResponse:
    """The ticket's page; `forms` are those that were refused, with what was typed in them."""
    said = list(ticket.messages.select_related("author").order_by("created_at", "pk")[:500])
    context = {
        "ticket": ticket,
        "said": said,
        "resolutions": list(
            ticket.resolutions.select_related("agent", "resolved_by", "team", "product").order_by("-number")
        ),
        "tags": list(ticket.tags.order_by("name")),
        "others": other_tickets(request, ticket),
        "is_unresolved": ticket.status in (Ticket.Status.OPEN, Ticket.Status.WAITING),
        "problem": problem,
        "may_write": reader(request).may_write,
        **_blank_forms(ticket),
        **forms,
    }
    return render(request, "nps/desk/ticket.html", context, status=status)


def _blank_forms(ticket: Ticket) -> dict[str, Any]:
    nonce = uuid.uuid4()
    return {
        "reply_form": ReplyForm(initial={"nonce": nonce, "kind": Message.Kind.ANSWER}, prefix="reply"),
        "resolve_form": ResolveForm(prefix="resolve"),
        "reopen_form": ReopenForm(prefix="reopen"),
        "pass_form": pass_form(ticket),
    }


def pass_form(ticket: Ticket, data: Any = None) -> PassForm:
    return PassForm(
        data,
        prefix="pass",
        people=User.objects.filter(is_active=True, memberships__isnull=False).distinct().order_by("first_name", "pk"),
        teams=Team.objects.filter(is_active=True).order_by("name"),
        initial={"to": ticket.assignee_id, "team": ticket.team_id},
    )


def other_tickets(request: HttpRequest, ticket: Ticket) -> QuerySet[Ticket]:
    """The customer's last four others that this person may see."""
    theirs = Ticket.objects.visible_to(reader(request)).filter(customer_id=ticket.customer_id).exclude(pk=ticket.pk)
    return theirs.select_related("assignee").order_by("-opened_at")[:4]
