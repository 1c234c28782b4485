"""The one page that shows both apps: how sure the score is, where it is low, and whether the loop is closed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from followups import lesson_reports
from followups import reports as loop_reports
from followups.admin.links import Links, stamp
from nps import periods
from nps.desk.models import Channel, Product, Team
from nps.managing import list_of
from nps.survey import charts, reports, trends
from nps.survey.models import Response
from nps.survey.scoring import SMALL_N, Comparison, compare, reading

logger = logging.getLogger("nines.dashboard")


class FiguresForm(forms.Form):
    """The filters of the page, all in its address."""

    period = forms.ChoiceField(choices=list(periods.LABELS.items()), required=False, initial=periods.DEFAULT)
    team = forms.ModelChoiceField(Team.objects.order_by("name"), required=False, empty_label="All teams")
    product = forms.ModelChoiceField(Product.objects.order_by("name"), required=False, empty_label="All products")
    channel = forms.ChoiceField(choices=[("", "All channels"), *Channel.choices], required=False)


@dataclass(frozen=True)
class Chosen:
    """What the filters chose, as each report takes it."""

    period: periods.Period
    scope: reports.Scope
    selection: loop_reports.Selection
    query: QueryDict

    @classmethod
    def read(cls, form: FiguresForm, query: QueryDict, at: datetime) -> "Chosen":
        """A filter that is not one is shown as an error beside it and does not narrow."""
        form.is_valid()
        key = form.cleaned_data.get("period") or periods.DEFAULT
        period = periods.period(key, at=at, zone=organisation_zone())
        narrowed: dict[str, Any] = {
            "team": form.cleaned_data.get("team"),
            "product": form.cleaned_data.get("product"),
            "channel": form.cleaned_data.get("channel") or "",
        }
        span: dict[str, Any] = {"since": period.since, "until": period.until}
        return cls(period, reports.Scope(**span, **narrowed), loop_reports.Selection(**span, **narrowed), query)

    def chips(self) -> list[tuple[str, str]]:
        """(words, the address without it) of every filter that narrows."""
        names = {"team": self.scope.team, "product": self.scope.product}
        words = {name: str(value) for name, value in names.items() if value is not None}
        if self.scope.channel:
            words["channel"] = str(Channel(self.scope.channel).label)
        return [(text, self._query(**{name: None})) for name, text in words.items()]

    def _query(self, **changes: Any) -> str:
        query = self.query.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return f"?{query.urlencode()}"

    def filtered_by(self, name: str, value: Any) -> str:
        return self._query(**{name: value})

    def answers(self, **narrower: Any) -> str:
        """The list of the answers that the score counts."""
        scope = self.scope
        filters = {
            "answered_at__gte": stamp(scope.since),
            "answered_at__lt": stamp(scope.until),
            "team__id__exact": getattr(scope.team, "pk", None),
            "product__id__exact": getattr(scope.product, "pk", None),
            "channel__exact": scope.channel or None,
        } | narrower
        return list_of(Response, **{name: value for name, value in filters.items() if value is not None})


@dataclass(frozen=True)
class LoopFigures:
    """What the follow-ups' side of the page shows."""

    loop: loop_reports.Loop
    overdue: int
    causes: tuple[loop_reports.Cause, ...]
    lessons: tuple[lesson_reports.LessonRow, ...]
    events: tuple[trends.Event, ...] = field(default=())


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    asked = request.GET.copy()
    asked.setdefault("period", periods.DEFAULT)
    form = FiguresForm(asked)
    chosen = Chosen.read(form, request.GET, at)
    report = reports.report_of(chosen.scope)
    context: dict[str, Any] = {"form": form, "chosen": chosen, "report": report, "at": at, "small_n": SMALL_N}
    if not report.counts.n and not Response.objects.exists():
        return render(request, "dashboard/first.html", context)
    figures = _or_none(lambda: loop_figures(chosen, at))
    may_open = _may_open(request, chosen)
    context |= {
        "change": _in_words(compare(report.counts, reports.counts_of(chosen.scope.before())), chosen.period),
        "reading": reading(report.nps.point),
        "range_bar": charts.range_bar(report.nps),
        "scores": _scores(chosen, report, may_open),
        "distribution": charts.distribution(report.counts),
        "weeks": (weeks := reports.legible(reports.by_week(chosen.scope, organisation_zone()))),
        "span": trends.span_words(weeks),
        "trends": _trends(weeks, figures),
        "segments": _segments(chosen, report),
        "figures": figures,
        "answers_href": chosen.answers() if may_open else "",
        "links": _loop_links(chosen) if may_open else {},
        "loop_bars": _loop_bars(figures),
        "cause_bars": _cause_bars(figures),
    }
    return render(request, "dashboard.html", context)


def organisation_zone() -> ZoneInfo:
    """The report day is the organisation's."""
    return ZoneInfo(settings.TIME_ZONE)


def loop_figures(chosen: Chosen, at: datetime) -> LoopFigures:
    """Everything the page shows of the follow-ups. Six statements."""
    selection, period = chosen.selection, chosen.period
    put = lesson_reports.put_in_place(first=period.first, last=period.last, team=selection.team)
    return LoopFigures(
        loop=loop_reports.loop(selection, at),
        overdue=loop_reports.overdue_count(selection, at),
        causes=loop_reports.by_cause(selection)[:6],
        lessons=lesson_reports.lessons(selection, limit=4, is_newest_first=True),
        events=tuple(trends.Event(on, text) for on, text in put),
    )


def _or_none(ask: Callable[[], LoopFigures]) -> LoopFigures | None:
    """Whatever becomes of the follow-ups' figures, the score is shown."""
    try:
        return ask()
    except Exception:
        logger.exception("the figures of the follow-ups could not be read")
        return None


def _may_open(request: HttpRequest, chosen: Chosen) -> bool:
    """Whether the lists behind the counts would show this person all of their rows."""
    user: Any = request.user
    if not (user.is_staff and user.has_perm("nps.view_response") and user.has_perm("followups.view_followup")):
        return False
    return user.sees_everything or getattr(chosen.scope.team, "pk", None) in user.led_team_ids


def _in_words(change: Comparison, period: periods.Period) -> str:
    weeks = periods.WEEKS[period.key]
    if change.delta is None:
        return f"The {weeks} weeks before hold no answers to compare with."
    return f"{change.words[0].upper()}{change.words[1:]} against the {weeks} weeks before.".replace(
        "which may be chance against", "which may be chance, against"
    )


def _scores(chosen: Chosen, report: reports.NpsReport, may_open: bool) -> list[tuple[int, int, str]]:
    return [
        (score, count, chosen.answers(score__exact=score) if may_open else "")
        for score, count in enumerate(report.counts.by_score)
    ]


def _trends(weeks: tuple[reports.Week, ...], figures: LoopFigures | None) -> list[Any]:
    events = figures.events if figures else ()
    return [
        trends.trend(weeks, events, width=720, height=236),
        trends.trend(weeks, events, width=330, height=210),
    ]


def _segments(chosen: Chosen, report: reports.NpsReport) -> list[tuple[reports.Segment, str, Any]]:
    """Each team with the address that filters by it and its interval drawn."""
    overall = report.nps.point if report.nps.is_scored else None
    return [
        (
            segment,
            chosen.filtered_by("team", segment.key) if segment.key is not None else "",
            charts.interval(segment.nps, overall),
        )
        for segment in reports.by(chosen.scope, "team")
    ]


def _loop_links(chosen: Chosen) -> dict[str, str]:
    at_any_time = Links(chosen.selection.without_period())
    return Links(chosen.selection).steps() | {"overdue": at_any_time.to(state="overdue")}


def _loop_bars(figures: LoopFigures | None) -> list[Any]:
    if figures is None:
        return []
    loop = figures.loop
    rows = [
        ("Scored 0 to 8", loop.created),
        ("Has somebody", loop.assigned),
        ("Reached in time", loop.reached_in_time),
        ("Closed with lesson", loop.closed),
    ]
    return [charts.bars(rows, tones=("pas", "pro"), is_wide=is_wide) for is_wide in (True, False)]


def _cause_bars(figures: LoopFigures | None) -> list[Any]:
    if figures is None or not figures.causes:
        return []
    rows = [(cause.name, cause.count) for cause in figures.causes]
    return [charts.bars(rows, tones=("det",), is_wide=is_wide) for is_wide in (True, False)]
