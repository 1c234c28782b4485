"""What came of the follow-ups of a period: outcomes, causes, teams, lessons, promises. Every count opens its rows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from followups import lesson_reports, reports
from followups.admin.filters import CAUSE_ORDER
from followups.admin.links import Links, stamp
from followups.models import FollowUp, Outcome, Promise, RootCause
from followups.reports import Selection
from nps import csv_out, organisation, periods
from nps.desk.models import Team
from nps.filtering import FilterForm
from nps.managing import list_of
from nps.survey.scoring import Rate


class CauseChoice(forms.ModelChoiceField):
    def label_from_instance(self, cause: Any) -> str:
        return f"– {cause.name}" if cause.parent_id else cause.name


class TrackingForm(FilterForm):
    """The filters of the page, all in its address."""

    period = forms.ChoiceField(choices=list(periods.LABELS.items()), required=False)
    team = forms.ModelChoiceField(Team.objects.order_by("name"), required=False, empty_label="All teams")
    status = forms.ChoiceField(choices=[("", "Any status"), *FollowUp.Status.choices], required=False)
    outcome = forms.ChoiceField(choices=[("", "Any outcome"), *Outcome.choices], required=False)
    cause = CauseChoice(RootCause.objects.none(), required=False, empty_label="All causes", label="Root cause")

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        self.fields["cause"].queryset = RootCause.objects.order_by(*CAUSE_ORDER)  # type: ignore[attr-defined]


def selection_of(form: TrackingForm, at: datetime) -> Selection:
    """What the form chose; a filter that is not one is shown as an error beside it and does not narrow."""
    form.is_valid()
    chosen = form.cleaned_data
    key = chosen.get("period") or periods.DEFAULT
    period = None if key == periods.ALL else periods.period(key, at=at, zone=organisation.zone())
    return Selection(
        since=period.since if period else None,
        until=period.until if period else None,
        team=chosen.get("team"),
        status=chosen.get("status") or "",
        outcome=chosen.get("outcome") or "",
        cause=chosen.get("cause"),
    )


@dataclass(frozen=True)
class Row:
    """A line of a table of the page; `rate` is its share with the denominator, None where there is none to show."""

    name: str
    count: int
    rate: Rate | None
    href: str
    note: str = ""
    is_second: bool = False

    @property
    def share(self) -> float | None:
        return self.rate.share if self.rate else None

    @property
    def out_of(self) -> int | None:
        return self.rate.denominator if self.rate and self.rate.denominator else None


def tracking_page(request: HttpRequest, model_admin: Any) -> HttpResponse:
    form, selection, at = _asked(request, model_admin)
    user: Any = request.user
    links, zone = Links(selection), organisation.zone()
    loop = reports.loop(selection, at)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Outcomes and lessons",
        "opts": model_admin.opts,
        "form": form,
        "query": request.GET.urlencode(),
        "loop": loop,
        "loop_rows": list(_loop_rows(loop, links)),
        "outcomes": [_part(part, links.to(outcome__exact=part.key)) for part in reports.by_outcome(selection)],
        "statuses": [_part(part, links.to(status__exact=part.key)) for part in reports.by_status(selection)],
        "causes": list(_cause_rows(selection, links)),
        "teams": [(row, links.steps(team__id__exact=row.team_id)) for row in reports.by_team(selection, at)],
        "weeks": list(_week_rows(selection, links, zone)),
        "lessons": [(row, links.to(lesson__id__exact=row.pk)) for row in lesson_reports.lessons(selection)],
        "sees_everything": user.sees_everything,
        "promises": list(_promise_rows(selection, at.astimezone(zone).date())),
    }
    return TemplateResponse(request, "admin/followups/tracking.html", context)


def tracking_csv(request: HttpRequest, model_admin: Any) -> Any:
    """Every table of the page, one line per row."""
    form, selection, at = _asked(request, model_admin)
    refused = ((f"filter not understood: {name}", said, None, None, None) for name, said in form.refused.items())
    told = chain(refused, _csv_rows(selection, at))
    return csv_out.download("outcomes.csv", ("table", "row", "count", "share", "of"), told)


def _csv_rows(selection: Selection, at: datetime) -> Iterator[tuple[Any, ...]]:
    links = Links(selection)
    tables = {
        "loop": _loop_rows(reports.loop(selection, at), links),
        "outcome": (_part(part, "") for part in reports.by_outcome(selection)),
        "status": (_part(part, "") for part in reports.by_status(selection)),
        "root cause": _cause_rows(selection, links),
        "week opened": _week_rows(selection, links, organisation.zone()),
        "promise": _promise_rows(selection, at.date()),
    }
    for table, rows in tables.items():
        for row in rows:
            yield table, row.name, row.count, None if row.share is None else round(row.share, 4), row.out_of
    for team in reports.by_team(selection, at):
        yield "team", team.name, team.loop.created, None, None
    for lesson in lesson_reports.lessons(selection, limit=10_000):
        yield "lesson", lesson.text, lesson.seen, None, None


def _asked(request: HttpRequest, model_admin: Any) -> tuple[TrackingForm, Selection, datetime]:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    user: Any = request.user
    teams = Team.objects.order_by("name")
    at = timezone.now()
    asked = request.GET.copy()
    asked.setdefault("period", periods.DEFAULT)
    if user.sees_everything:
        form = TrackingForm(asked, teams=teams)
        return form, selection_of(form, at), at
    # A lead's figures are those of the teams they lead: one of them at a time.
    led = teams.filter(pk__in=user.led_team_ids)
    first = led.first()
    if first is None:
        raise PermissionDenied
    asked.setdefault("team", str(first.pk))
    form = TrackingForm(asked, teams=led)
    selection = selection_of(form, at)
    return form, selection if selection.team else replace(selection, team=first), at


def _part(part: reports.Part, href: str) -> Row:
    return Row(part.name, part.count, part.share, href)


def _loop_rows(loop: reports.Loop, links: Links) -> Iterator[Row]:
    hrefs = links.steps()
    yield Row("Opened", loop.created, None, hrefs["created"])
    yield Row("Has somebody", loop.assigned, loop.rate_assigned, hrefs["assigned"])
    in_time = hrefs["reached_in_time"]
    yield Row("Reached in time", loop.reached_in_time, loop.rate_reached_in_time, in_time, "due or reached")
    yield Row("Closed", loop.closed, loop.rate_closed, hrefs["closed"])
    in_time = hrefs["closed_in_time"]
    yield Row("Closed in time", loop.closed_in_time, loop.rate_closed_in_time, in_time, "due or closed")
    yield Row("Overdue now", loop.overdue, None, hrefs["overdue"])
    yield Row("Cancelled", loop.cancelled, None, hrefs["cancelled"])


def _cause_rows(selection: Selection, links: Links) -> Iterator[Row]:
    chosen = getattr(selection.cause, "pk", selection.cause)
    for first in reports.by_cause(selection):
        # Where one cause was chosen, its list is the selection's own: the first level may be wider than it.
        href = links.to(cause=chosen or first.pk)
        yield Row(first.name, first.count, first.share, href, first.attributable_to)
        if first.own and first.children:
            only = links.to(root_cause__id__exact=first.pk)
            yield Row("nothing more exact", first.own, Rate(first.own, first.share.denominator), only, is_second=True)
        for second in first.children:
            href = links.to(cause=second.pk)
            yield Row(second.name, second.count, second.share, href, second.attributable_to, is_second=True)


def _week_rows(selection: Selection, links: Links, zone: ZoneInfo) -> Iterator[Row]:
    for week in reports.by_week(selection, zone):
        begins = datetime.combine(week.begins_on, datetime.min.time(), tzinfo=zone)
        ends = datetime.combine(week.begins_on + timedelta(days=7), datetime.min.time(), tzinfo=zone)
        since = max(begins, selection.since) if selection.since else begins
        until = min(ends, selection.until) if selection.until else ends
        href = links.to(opened_at__gte=stamp(since), opened_at__lt=stamp(until))
        name, closed = f"{week.begins_on:%-d %b %Y}", Rate(week.closed, week.created)
        yield Row(name, week.created, closed, href, f"{week.closed} closed")


def _promise_rows(selection: Selection, on: Any) -> Iterator[Row]:
    counted = lesson_reports.promises(selection, on=on)
    labels = {"open": "Open", "late": "Past their day", "kept": "Kept", "broken": "Broken"}
    inside = {
        "follow_up__opened_at__gte": stamp(selection.since),
        "follow_up__opened_at__lt": stamp(selection.until),
        "follow_up__team__id__exact": getattr(selection.team, "pk", selection.team),
        "follow_up__status__exact": selection.status or None,
        "follow_up__outcome__exact": selection.outcome or None,
        "cause": getattr(selection.cause, "pk", selection.cause),
    }
    narrowed = {name: value for name, value in inside.items() if value is not None}
    for state in lesson_reports.PROMISE_STATES:
        count = getattr(counted, state)
        yield Row(labels[state], count, Rate(count, counted.total), list_of(Promise, state=state, **narrowed))
