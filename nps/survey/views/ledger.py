"""The ledger of decisions: why each resolved ticket was asked about, or was not, and whose coverage stands out."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from nps import csv_out, organisation, periods
from nps.desk.access import reader, staff_page, teams_of
from nps.desk.models import Team, User
from nps.filtering import FilterForm
from nps.survey import ledger
from nps.survey.coverage import LEAST
from nps.survey.reports import Scope

PAGE = 40


class LedgerFilter(FilterForm):
    """All of it in the URL."""

    period = forms.ChoiceField(choices=list(periods.LABELS.items()), required=False)
    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="All teams")
    agent = forms.ModelChoiceField(User.objects.all(), required=False, widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=[("", "All decisions"), *ledger.DECISIONS.items()], required=False)

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]


@staff_page()
def ledger_page(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    asked = request.GET.copy()
    asked.setdefault("period", periods.DEFAULT)
    form = LedgerFilter(asked, teams=teams_of(user))
    form.is_valid()
    said = form.cleaned_data
    key = said.get("period") or periods.DEFAULT
    period = periods.period(key, at=timezone.now(), zone=organisation.zone())
    agent, decision = said.get("agent"), said.get("decision") or ""
    scope = Scope(period.since, period.until, team=said.get("team"), agent=agent)
    rows = ledger.rows(user, scope, decision).select_related(
        "ticket", "customer", "account", "team", "agent", "decision", "invitation__response"
    )
    if request.GET.get("format") == "csv":
        return csv_out.download_rows("decisions.csv", ledger.CSV_COLUMNS, rows, refused=form.refused.values())
    found = ledger.ledger(user, scope)
    shown = found.counts[decision] if decision else found.total
    page = _counted(rows, shown).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "period": period,
        "ledger": found,
        "decisions": [(name, ledger.DECISIONS[name], count) for name, count in found.counts.items() if count],
        "agent": agent,
        "shown": shown,
        "page": page,
        "rows": [(row, *_said(row)) for row in page],
        "groups": (("Teams", found.teams, "team"), ("People", found.people, "agent")),
        "least": LEAST,
        "outliers": [one for one in (*found.teams, *found.people) if one.is_outlier],
    }
    return render(request, "nps/survey/ledger.html", context)


def _counted(rows: Any, number: int) -> Paginator:
    """The count is known from the ledger already; counting once more would cost as much as all of it."""
    paginator = Paginator(rows, PAGE)
    paginator.__dict__["count"] = number
    return paginator


def _said(row: Any) -> tuple[str, str]:
    """The decision in words, and what came of it."""
    decision = getattr(row, "decision", None)
    if decision is None:
        return ledger.DECISIONS[ledger.UNDECIDED], ""
    invitation = getattr(row, "invitation", None)
    if decision.outcome != ledger.INVITED or invitation is None:
        return ledger.DECISIONS.get(decision.reason, decision.reason), ""
    response = getattr(invitation, "response", None)
    if response is not None:
        return ledger.DECISIONS[ledger.INVITED], f"answered {response.score}"
    for moment, words in (
        (invitation.cancelled_at, "cancelled"),
        (invitation.failed_at, "not sent"),
        (invitation.bounced_at, "bounced"),
        (invitation.delivered_at, "delivered, no answer yet"),
    ):
        if moment is not None:
            return ledger.DECISIONS[ledger.INVITED], words
    return ledger.DECISIONS[ledger.INVITED], "not sent yet"
