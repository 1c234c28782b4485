"""What was promised to customers: late, due, kept and broken, by team and owner, and as CSV."""

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from followups import promise_reports
from followups.access import sees
from followups.filters import PromiseFilter
from nps import csv_out, organisation
from nps.desk.access import reader, staff_page

PAGE = 40
LABELS = {"late": "Late", "open": "Due", "kept": "Kept", "broken": "Broken"}
CSV_COLUMNS = (
    ("id", "pk"),
    ("promise", "text"),
    ("customer", "follow_up__customer__name"),
    ("follow-up", "follow_up_id"),
    ("team", "follow_up__team__name"),
    ("owner", "owner"),
    ("due on", "due_on"),
    ("made at", "made_at"),
    ("kept at", "kept_at"),
    ("broken at", "broken_at"),
)


@staff_page()
def promise_page(request: HttpRequest) -> HttpResponseBase:
    """Late ones first unless another state is chosen. Six statements beside those of every page."""
    user, form = reader(request), PromiseFilter(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    on = organisation.day_of(timezone.now())
    visible = promise_reports.visible_to(user)
    chosen = visible
    if wanted.get("team"):
        chosen = chosen.filter(follow_up__team=wanted["team"])
    if wanted.get("owner"):
        chosen = chosen.filter(owner=wanted["owner"])
    state = wanted.get("state") or ""
    rows = promise_reports.in_state(chosen, state, on=on)
    if request.GET.get("format") == "csv":
        return csv_out.download_rows("promises.csv", CSV_COLUMNS, rows, refused=form.refused.values())
    total = promise_reports.total(chosen, on=on)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    is_lead = user.sees_everything or bool(user.led_team_ids)
    teams, owners = promise_reports.by_team(visible, on=on), promise_reports.by_owner(visible, on=on)
    context = {
        "refused": form.refused,
        "on": on,
        "page": page,
        "rows": [(one, one.follow_up, sees(user, one.follow_up)) for one in page],
        "state": state,
        "total": total,
        "tabs": [(key, label, getattr(total, key)) for key, label in LABELS.items()],
        "groups": [("Team", "team", teams), ("Owner", "owner", owners)] if is_lead else [],
        "chosen": str(wanted.get("team") or ""),
        "chosen_owner": str(wanted.get("owner") or ""),
        "is_narrowed": bool(wanted.get("team") or wanted.get("owner")),
    }
    return render(request, "followups/promises.html", context)
