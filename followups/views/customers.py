"""Customers: find one; their contact, tickets, scores and follow-ups on one page."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from followups.access import sees, visible_customers
from followups.dossier import SCORES, dots_of
from followups.filters import CustomerFilter
from followups.models import FollowUp
from followups.report_backs import told_to
from nps import csv_out
from nps.desk import listing
from nps.desk.access import reader, staff_page
from nps.desk.models import Ticket
from nps.filtering import value_of
from nps.survey.models import Response
from nps.text import LINE

FOUND = 50
SHOWN = 20


@staff_page()
def customer_list(request: HttpRequest) -> HttpResponseBase:
    refused = CustomerFilter(request.GET).refused
    words = value_of(request.GET, "q").replace("\x00", "").strip()[:LINE]
    customers = visible_customers(reader(request))
    if words:
        customers = customers.filter(
            Q(name__icontains=words) | Q(email__icontains=words) | Q(account__name__icontains=words)
        )
    customers = customers.order_by("name", "pk")
    if request.GET.get("format") == "csv":
        return csv_out.download_rows("customers.csv", listing.CUSTOMER_COLUMNS, customers, refused=refused.values())
    rows = list(customers[: FOUND + 1])
    context: dict[str, Any] = {
        "rows": rows[:FOUND],
        "has_more": len(rows) > FOUND,
        "words": words,
        "most": FOUND,
        "refused": refused,
    }
    return render(request, "followups/customers.html", context)


@staff_page()
def customer_page(request: HttpRequest, pk: int) -> HttpResponse:
    user = reader(request)
    customer = get_object_or_404(visible_customers(user), pk=pk)
    tickets = Ticket.objects.visible_to(user).filter(customer=customer).select_related("assignee", "team", "product")
    responses = list(
        Response.objects.filter(customer=customer)
        .select_related("agent", "team", "resolution__ticket")
        .order_by("-answered_at", "-pk")[:SHOWN]
    )
    follow_ups = FollowUp.objects.filter(customer=customer).select_related("assignee", "root_cause", "lesson")
    dots = dots_of([response.score for response in responses[:SCORES]][::-1])
    context = {
        "customer": customer,
        "tickets": list(tickets.order_by("-opened_at", "-pk")[:SHOWN]),
        "responses": responses,
        "dots": dots,
        "line": " ".join(f"{dot.x:g},{dot.y:g}" for dot in dots),
        "told": told_to(Q(customer=customer)),
        "follow_ups": [(row, sees(user, row)) for row in follow_ups.order_by("-opened_at", "-pk")[:SHOWN]],
    }
    return render(request, "followups/customer.html", context)
