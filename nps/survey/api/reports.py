"""The survey's REST door to its figures: the same functions as the figures page."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from nps import organisation
from nps.survey import reports
from nps.survey.api import figures as shapes
from nps.survey.api.asking import PARAMETERS, people_shown, scope_of
from nps.survey.changes import change_of
from nps.survey.figures.first_contact import DEFINITION
from nps.survey.reports import Apart, Beside, FirstContact, NpsReport, Scope
from nps.survey.scoring import Nps, Rate, lowest

FIRST_CONTACT_BY = ("team", "product", "channel", "shift", "agent")
BY = frozenset({"by"})


def shown(report: NpsReport, apart: Apart, since: datetime, until: datetime) -> dict[str, Any]:
    """The report with its period and its counts by name."""
    counts = report.counts
    own = ("nps", "resolved", "invited", "delivered", "answered", "decisions", "history")
    rates = ("rate_of_resolved", "rate_of_delivered")
    return {
        "since": since,
        "until": until,
        "about": {name or "not_said": number for name, number in apart.about.items()},
        "nps_without_others": apart.nps,
        "distribution": {str(score): number for score, number in enumerate(counts.by_score)},
        **{name: getattr(counts, name) for name in ("promoters", "passives", "detractors", "mean")},
        **{name: getattr(report, name) for name in (*own, *rates)},
    }


def report(name: str, shape: Any, *more: OpenApiParameter) -> Any:
    """An action under /reports/ with the parameters of all of them."""

    def wrap(method: Any) -> Any:
        described = extend_schema(
            operation_id=f"reports_{name.replace('-', '_')}", responses=shape, parameters=[*PARAMETERS, *more]
        )
        return described(action(detail=False, url_path=name)(method))

    return wrap


def _by(choices: tuple[str, ...]) -> OpenApiParameter:
    return OpenApiParameter("by", str, description="What the rows are; team unless given.", enum=choices)


class ReportViewSet(viewsets.ViewSet):
    serializer_class = shapes.NpsReportShape

    @report("nps", shapes.NpsReportShape)
    def nps(self, request: Request) -> Response:
        """NPS with its 95 % interval, its change, what it is set beside, the distribution, both response rates."""
        scope = scope_of(request)
        given = reports.given_in(scope, organisation.zone())
        found = reports.report_of(scope, counts=given.counts)
        told = shown(found, given.apart, scope.since, scope.until)
        told["change"] = change_of(scope, found.counts, organisation.zone())
        told["beside"] = _beside(nps=found.nps)
        return Response(shapes.NpsReportShape(told).data)

    @report("funnel", shapes.FunnelShape)
    def funnel(self, request: Request) -> Response:
        """From resolved to commented, with the reason of every loss, and what the silent could change."""
        scope = scope_of(request)
        found = reports.funnel(scope, timezone.now())
        steps = [
            {
                **{name: getattr(step, name) for name in ("key", "name", "count", "rate")},
                "losses": {loss.place: loss.count for loss in step.losses},
            }
            for step in found.steps
        ]
        told = _of(scope, steps=steps, history=found.history, silent=found.silent)
        told |= {"lowest": found.bounds.low, "highest": found.bounds.high}
        return Response(shapes.FunnelShape(told).data)

    @report("breakdown", shapes.BreakdownShape, _by(tuple(reports.DIMENSIONS)))
    def breakdown(self, request: Request) -> Response:
        """The score by team, product and so on, most answers first; of agents only those whose figures are yours to
        see (those its owner may see, for a key), and never who is lowest."""
        scope, by = scope_of(request, beside=BY), _read_by(request, tuple(reports.DIMENSIONS))
        only = people_shown(request) if by == "agent" else None
        rows = reports.by(scope, by, limit=reports.MOST_ROWS, only=only)
        named = [row for row in rows if row.key is not None]
        found = None if by == "agent" else lowest([row.counts for row in named])
        told = _of(scope, by=by, lowest=None)
        if found is not None:
            words = {name: getattr(found, name) for name in ("delta", "is_clear", "against", "words")}
            told["lowest"] = {"name": named[found.place].name, **words}
        told["rows"] = [
            {
                **{name: getattr(row, name) for name in ("key", "name", "nps")},
                "rate_of_resolved": row.asked.rate_of_resolved,
                "rate_of_delivered": row.asked.rate_of_delivered,
            }
            for row in rows
        ]
        return Response(shapes.BreakdownShape(told).data)

    @report("weeks", shapes.WeeksShape)
    def weeks(self, request: Request) -> Response:
        """The score of every week, Mondays in the organisation's zone; weeks without answers too. `spans` puts
        thin weeks together as the figures page does."""
        scope = scope_of(request)
        rows = reports.by_week(scope, organisation.zone())
        return Response(shapes.WeeksShape(_of(scope, rows=rows, spans=reports.legible(rows))).data)

    @report("movement", shapes.MovementShape)
    def movement(self, request: Request) -> Response:
        """How customers moved between the bands since their answer before."""
        scope = scope_of(request)
        found = reports.movement(scope)
        table = {old: {new: found.table[old, new] for new in reports.BANDS} for old in reports.BANDS}
        told = _of(scope, first=found.first, table=table, up=found.up, down=found.down)
        return Response(shapes.MovementShape(told).data)

    @report("topics", shapes.TopicsShape)
    def topics(self, request: Request) -> Response:
        """What customers ticked as the reason of their score."""
        scope = scope_of(request)
        return Response(shapes.TopicsShape(_of(scope, rows=reports.by_topic(scope))).data)

    @report("first-contact", shapes.FirstContactShape, _by(FIRST_CONTACT_BY))
    def first_contact(self, request: Request) -> Response:
        """First contact resolution, gross and net; accepted, assumed and pending apart; of agents as in the
        breakdown."""
        scope, by = scope_of(request, beside=BY), _read_by(request, FIRST_CONTACT_BY)
        only = people_shown(request) if by == "agent" else None
        asked = reports.first_contacts(scope, by, only=only)
        found, rows = asked.whole, [{"name": row.name, **_first_contact(row.figures)} for row in asked.segments]
        told = _of(scope, by=by, rows=rows, definition=DEFINITION, unknown=found.unknown)
        told["exceptions"] = [{"reason": reason, "count": count} for reason, count in asked.exceptions]
        told["beside"] = _beside(fcr_gross=found.gross, fcr_net=found.net)
        told |= {"disagreements": found.disagreements, **_first_contact(found)}
        return Response(shapes.FirstContactShape(told).data)


def _beside(**figures: Nps | Rate) -> tuple[Beside, ...]:
    return reports.beside(figures, organisation.day_of(timezone.now()))


def _of(scope: Scope, **told: Any) -> dict[str, Any]:
    return {"since": scope.since, "until": scope.until, **told}


def _first_contact(found: FirstContact) -> dict[str, Any]:
    names = ("assisted", "states", "excepted", "gross", "net", "gross_with_pending")
    return {name: getattr(found, name) for name in names}


def _read_by(request: Request, choices: tuple[str, ...]) -> str:
    by = request.query_params.get("by") or "team"
    if by not in choices:
        raise ValidationError({"by": [f"Must be one of {', '.join(choices)}."]})
    return by
