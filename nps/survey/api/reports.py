"""The survey's REST door to its figures: the same functions as the figures page."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from nps.desk.api.acting import asker, leads
from nps.desk.api.fields import BIGGEST_ID
from nps.desk.api.filters import InstantField, refuse_unknown, wrong_parameters
from nps.desk.models import Channel, Product, Team, User
from nps.errors import NotAllowed
from nps.survey.reports import NpsReport, nps_report

USUAL_PERIOD = timedelta(days=90)


class MomentField(InstantField):
    """A moment, or a day: its first moment in the organisation's zone, or (`is_end`) the first of the day after."""

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_end = is_end

    def to_python(self, value: Any) -> datetime | None:
        try:
            day = parse_date(value) if value and len(value) == 10 else None
            if day is None:
                return super().to_python(value)
            day += timedelta(days=1) if self.is_end else timedelta()
            return timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise forms.ValidationError("There is no such day.") from None


class RowField(forms.CharField):
    """The id, or the slug where there is one, of an existing row."""

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        super().__init__(max_length=120, required=False, **kwargs)
        self.model = model

    def clean(self, value: Any) -> Model | None:
        text = super().clean(value)
        if not text:
            return None
        rows = self.model._default_manager.all()
        if text.isascii() and text.isdigit():
            found = rows.filter(pk=int(text)).first() if int(text) <= BIGGEST_ID else None
        else:
            found = rows.filter(slug=text).first() if hasattr(self.model, "slug") else None
        if found is None:
            raise forms.ValidationError(f"There is no {self.model._meta.verbose_name} {text}.")
        return found


class NpsQuery(forms.Form):
    since = MomentField(required=False)
    until = MomentField(required=False, is_end=True)
    team = RowField(Team)
    product = RowField(Product)
    agent = RowField(User)
    channel = forms.ChoiceField(choices=[("", ""), *Channel.choices], required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        until = given.get("until") or timezone.now()
        since = given.get("since") or until - USUAL_PERIOD
        if not self.errors and since >= until:
            raise forms.ValidationError({"until": "The end must come after the beginning."})
        return {**given, "since": since, "until": until, "channel": given.get("channel") or ""}


class RateShape(serializers.Serializer):
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="0 to 1; null of nothing.")


class NpsFigureShape(serializers.Serializer):
    point = serializers.FloatField(allow_null=True, help_text="−100 to 100; null where there are no answers.")
    low = serializers.FloatField(help_text="Of the 95 % interval.")
    high = serializers.FloatField()
    n = serializers.IntegerField()
    is_scored = serializers.BooleanField(help_text="False under 30 answers: then show the counts, not the point.")


class NpsReportShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    nps = NpsFigureShape(help_text="Of the answers given in the period.")
    distribution = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many answers gave each score, “0” to “10”."
    )
    promoters = serializers.IntegerField()
    passives = serializers.IntegerField()
    detractors = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    resolved = serializers.IntegerField(help_text="Resolutions of the period; all that follows is about these.")
    invited = serializers.IntegerField()
    delivered = serializers.IntegerField()
    answered = serializers.IntegerField()
    decisions = serializers.DictField(child=serializers.IntegerField())
    history = serializers.IntegerField(help_text="Imported resolutions, in no other number.")
    rate_of_resolved = RateShape()
    rate_of_delivered = RateShape()


def shown(report: NpsReport, since: datetime, until: datetime) -> dict[str, Any]:
    """The report with its period and its counts by name."""
    counts = report.counts
    own = ("nps", "resolved", "invited", "delivered", "answered", "decisions", "history")
    rates = ("rate_of_resolved", "rate_of_delivered")
    return {
        "since": since,
        "until": until,
        "distribution": {str(score): number for score, number in enumerate(counts.by_score)},
        **{name: getattr(counts, name) for name in ("promoters", "passives", "detractors", "mean")},
        **{name: getattr(report, name) for name in (*own, *rates)},
    }


def _parameter(name: str, text: str, kind: type = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=text, **more)


class ReportViewSet(viewsets.ViewSet):
    serializer_class = NpsReportShape

    @extend_schema(
        operation_id="reports_nps",
        responses=NpsReportShape,
        parameters=[
            _parameter("since", "A moment with its offset, or a day; 90 days before `until` unless given."),
            _parameter("until", "A moment with its offset (before it), or a day (with it); now unless given."),
            _parameter("team", "Id or slug, as it was at the resolution."),
            _parameter("product", "Id or slug."),
            _parameter("agent", "Id: one's own, or that of somebody one leads.", int),
            _parameter("channel", "How the customer came.", enum=Channel.values),
        ],
    )
    @action(detail=False)
    def nps(self, request: Request) -> Response:
        """NPS with its 95 % interval, the distribution, and both response rates."""
        refuse_unknown(request, set(NpsQuery.base_fields))
        query = NpsQuery(request.query_params)
        if not query.is_valid():
            raise wrong_parameters(query)
        wanted = query.cleaned_data
        self._may_see(request, wanted["agent"])
        report = nps_report(**wanted)
        return Response(NpsReportShape(shown(report, wanted["since"], wanted["until"])).data)

    @staticmethod
    def _may_see(request: Request, agent: User | None) -> None:
        user = asker(request)
        if agent is None or user.sees_everything or agent.pk == user.pk or leads(user, agent):
            return
        raise NotAllowed("An agent's own figures are theirs and their lead's.", field="agent")
