"""An account on one page: its people, tickets, scores over time, follow-ups, promises and what was learned with it."""

from typing import Any

from django.db.models import Count, F, Q, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from followups.access import sees, visible_accounts, visible_customers
from followups.dossier import promises_of
from followups.models import FollowUp, Lesson
from followups.report_backs import told_to
from followups.score_chart import charts_of
from nps.desk.access import reader, staff_page
from nps.desk.models import Account, Ticket, User
from nps.survey.models import Response

SHOWN, SCORES = 20, 60


@staff_page()
def account_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Of the contacts that this person sees. Eight statements beside those of every page."""
    user = reader(request)
    account = get_object_or_404(visible_accounts(user), pk=pk)
    people = list(visible_customers(user).filter(account=account).order_by("name", "pk"))
    answers = _answers(people)
    tickets = _tickets(user, account)
    dated = [(timezone.localtime(answer.answered_at).date(), answer.score) for answer in answers]
    context = {
        "account": account,
        "people": people,
        "answers": answers[::-1],
        "charts": charts_of(dated) if answers else (),
        "answer_count": getattr(answers[-1], "total", 0) if answers else 0,
        "tickets": tickets,
        "ticket_count": getattr(tickets[0], "total", 0) if tickets else 0,
        "told": told_to(Q(customer__in=people)),
        "follow_ups": _follow_ups(user, people),
        "promises": promises_of(Q(follow_up__customer__in=people), user),
        "lessons": _lessons(people),
        "today": timezone.localdate(),
    }
    return render(request, "followups/account.html", context)


def _answers(people: list[Any]) -> list[Any]:
    """The latest, oldest first."""
    found = Response.objects.filter(customer__in=people).select_related("customer", "agent", "resolution")
    rows = found.annotate(total=Window(Count("pk"))).order_by("-answered_at", "-pk")[:SCORES]
    return list(rows)[::-1]


def _tickets(user: User, account: Account) -> list[Ticket]:
    found = Ticket.objects.visible_to(user).filter(customer__account=account)
    rows = found.select_related("customer", "team").annotate(total=Window(Count("pk")))
    return list(rows.order_by("-opened_at", "-pk")[:SHOWN])


def _follow_ups(user: User, people: list[Any]) -> list[tuple[FollowUp, bool]]:
    rows = FollowUp.objects.filter(customer__in=people).select_related("customer", "assignee", "root_cause")
    return [(row, sees(user, row)) for row in rows.order_by("-opened_at", "-pk")[:SHOWN]]


def _lessons(people: list[Any]) -> list[Lesson]:
    """What was learned with them, most often first; `here` is how often."""
    found = Lesson.objects.filter(followups__customer__in=people).select_related("root_cause")
    return list(found.annotate(here=Count("followups")).order_by(F("here").desc(), "-times_seen", "-pk")[:SHOWN])
