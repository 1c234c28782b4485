"""The follow-ups' REST door to their figures: the same functions as the figures page."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from followups import pace, recovery, reports
from followups.reports import Selection
from nps.survey.api.asking import PARAMETERS, scope_of
from nps.survey.api.figures import RateShape


class PaceShape(serializers.Serializer):
    created = serializers.IntegerField(help_text="Follow-ups opened in the period.")
    cancelled = serializers.IntegerField(help_text="Among them; in no rate.")
    rate_assigned_in_time = RateShape()
    rate_reached_in_time = RateShape()
    rate_closed = RateShape()
    rate_closed_in_time = RateShape()
    median_hours = serializers.FloatField(allow_null=True, help_text="From opening to first contact, on the clock.")
    reached = serializers.IntegerField(help_text="How many the median is of.")
    attempts_per_close = serializers.FloatField(allow_null=True)


class BandShape(PaceShape):
    policy = serializers.CharField()
    name = serializers.CharField()


class LoopShape(PaceShape):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    overdue = serializers.IntegerField(help_text="Late now, whenever opened.")
    time_to_first_contact = serializers.DictField(child=serializers.IntegerField())
    by_policy = BandShape(many=True)


class CauseRowShape(serializers.Serializer):
    name = serializers.CharField()
    attributable_to = serializers.CharField()
    count = serializers.IntegerField()
    share = RateShape()


class CauseBarShape(CauseRowShape):
    so_far = RateShape(help_text="With those before it.")
    children = CauseRowShape(many=True)


class PartShape(serializers.Serializer):
    name = serializers.CharField()
    count = serializers.IntegerField()
    share = RateShape()


class CausesShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    rows = CauseBarShape(many=True)
    attributable = PartShape(many=True)


class OutreachShape(serializers.Serializer):
    difference = serializers.FloatField(allow_null=True, help_text="Of mean next scores; null: cannot tell yet.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    with_n = serializers.IntegerField(help_text="Reached before they answered again, and comparable.")
    without_n = serializers.IntegerField()
    words = serializers.CharField()


class RecoveryShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    closed = serializers.IntegerField()
    answered_again = RateShape()
    recovered = RateShape(help_text="In a higher band, out of those who answered again.")
    went_up = RateShape()
    mean_then = serializers.FloatField(allow_null=True, help_text="Of those who answered again: the score then.")
    mean_next = serializers.FloatField(allow_null=True, help_text="Their next score.")
    outreach = OutreachShape(help_text="At the same first score. Nobody is reached by lot: no proof of a cause.")


class LoopReportViewSet(viewsets.ViewSet):
    serializer_class = LoopShape

    @extend_schema(operation_id="reports_loop", responses=LoopShape, parameters=PARAMETERS)
    @action(detail=False)
    def loop(self, request: Request) -> Response:
        """How far the follow-ups opened in the period came, and how fast, by policy band too."""
        at, scope = timezone.now(), scope_of(request)
        selection = Selection.of(scope)
        paces = pace.paces(selection, at)
        told = {
            "since": scope.since,
            "until": scope.until,
            "overdue": reports.overdue_count(selection, at),
            "time_to_first_contact": {key: count for key, _, count in paces.whole.spans},
            "by_policy": [{"policy": b.slug, "name": b.name, **_pace(b.pace)} for b in paces.bands],
            **_pace(paces.whole),
        }
        return Response(LoopShape(told).data)

    @extend_schema(operation_id="reports_causes", responses=CausesShape, parameters=PARAMETERS)
    @action(detail=False)
    def causes(self, request: Request) -> Response:
        """Root causes, most frequent first, and to whom they are attributable."""
        scope = scope_of(request)
        causes = reports.by_cause(Selection.of(scope))
        rows = [
            {**_cause(bar.cause), "so_far": bar.so_far, "children": [_cause(child) for child in bar.cause.children]}
            for bar in reports.pareto(causes)
        ]
        told = {"since": scope.since, "until": scope.until, "rows": rows, "attributable": reports.attributable(causes)}
        return Response(CausesShape(told).data)

    @extend_schema(operation_id="reports_recovery", responses=RecoveryShape, parameters=PARAMETERS)
    @action(detail=False)
    def recovery(self, request: Request) -> Response:
        """What customers scored next, and whether it differs for those who were reached."""
        scope = scope_of(request)
        found, compared = recovery.recovery(Selection.of(scope)), recovery.outreach(Selection.of(scope))
        names = ("closed", "answered_again", "recovered", "went_up")
        told = {"since": scope.since, "until": scope.until, **{name: getattr(found, name) for name in names}}
        told |= {"mean_then": found.then.mean, "mean_next": found.since.mean}
        return Response(RecoveryShape({**told, "outreach": compared}).data)


def _pace(found: pace.Pace) -> dict[str, Any]:
    loop = found.loop
    names = ("created", "cancelled", "reached", "rate_reached_in_time", "rate_closed", "rate_closed_in_time")
    return {
        **{name: getattr(loop, name) for name in names},
        "rate_assigned_in_time": found.rate_assigned_in_time,
        "median_hours": None if found.median is None else found.median.total_seconds() / 3600,
        "attempts_per_close": found.attempts_per_close,
    }


def _cause(cause: reports.Cause) -> dict[str, Any]:
    return {name: getattr(cause, name) for name in ("name", "attributable_to", "count", "share")}
