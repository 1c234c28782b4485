"""The survey's REST door to answers: read, and taken down when they were given elsewhere."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response as HttpResponse

from nps.desk.api.acting import acting_person
from nps.desk.api.fields import Body, Id, Language, Ref, Text
from nps.desk.api.filters import AnyOf, FlagFilter, IdFilter, InstantFilter, ScoreFilter, SlugFilter
from nps.desk.api.ticket_shapes import ActiveUser
from nps.desk.api.viewsets import ReadViewSet
from nps.desk.models import Channel, Customer, Resolution
from nps.errors import Conflict, InvalidInput
from nps.survey.api.resolutions import of_tickets_visible_to
from nps.survey.models import Response, ResponseRevision
from nps.survey.services import answering, taking_down


class RevisionShape(serializers.ModelSerializer):
    class Meta:
        model = ResponseRevision
        fields = ["at", "by", "old_score", "new_score", "old_comment", "new_comment"]
        read_only_fields = fields


class ResponseShape(serializers.ModelSerializer):
    ticket = serializers.IntegerField(source="resolution.ticket_id", read_only=True, allow_null=True)
    topics = serializers.SlugRelatedField("slug", many=True, read_only=True)
    revisions = RevisionShape(many=True, read_only=True)

    class Meta:
        model = Response
        fields = [
            "id", "invitation", "survey", "customer", "account", "resolution", "ticket", "team", "agent", "product",
            "channel", "shift_name", "score", "comment", "topics", "contact_choice", "language", "origin", "taken_by",
            "is_history", "about", "answered_at", "reasoned_at", "editable_until", "revisions",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 10})
class Score(serializers.Field):
    """The one grammar of every door: 0 to 10 as a JSON integer, or as exactly that text."""

    def to_internal_value(self, data: Any) -> int:
        try:
            return answering.read_score(data)
        except InvalidInput as error:
            raise serializers.ValidationError(error.sentence, code=error.code) from None


class ResponseBody(Body):
    """An answer given elsewhere: about a ticket (its latest resolution), a resolution, or about no ticket."""

    ticket = Id(default=None, allow_null=True)
    resolution = Id(default=None, allow_null=True)
    customer = Ref(Customer, default=None, allow_null=True, help_text="Only for an answer about no ticket.")
    score = Score()
    comment = Text(max_length=answering.COMMENT_LENGTH, default="")
    origin = serializers.ChoiceField([(o.value, o.label) for o in taking_down.ORIGINS])
    taken_by = ActiveUser(default=None, allow_null=True)
    language = Language(max_length=10, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(attrs[name] is not None for name in ("ticket", "resolution", "customer")) != 1:
            raise serializers.ValidationError("Send exactly one of ticket, resolution and customer.", code="required")
        return attrs


class CorrectionBody(Body):
    score = Score()
    by = ActiveUser(default=None, allow_null=True, help_text="Who writes it down; a key need not say.")


class ResponseFilter(django_filters.FilterSet):
    score = ScoreFilter()
    score_min = ScoreFilter(field_name="score", lookup_expr="gte")
    score_max = ScoreFilter(field_name="score", lookup_expr="lte")
    team = SlugFilter()
    product = SlugFilter()
    agent = IdFilter(field_name="agent_id")
    customer = IdFilter(field_name="customer_id")
    account = IdFilter(field_name="account_id")
    ticket = IdFilter(field_name="resolution__ticket_id")
    resolution = IdFilter(field_name="resolution_id")
    invitation = IdFilter(field_name="invitation_id")
    survey = IdFilter(field_name="survey_id")
    channel = AnyOf(choices=Channel.choices)
    origin = AnyOf(choices=Response.Origin.choices)
    is_history = FlagFilter()
    about = AnyOf(choices=Response.About.choices[1:])
    answered_at_after = InstantFilter(field_name="answered_at", lookup_expr="gte")
    answered_at_before = InstantFilter(field_name="answered_at", lookup_expr="lt")


class ResponseViewSet(ReadViewSet):
    queryset = Response.objects.select_related("resolution").prefetch_related("topics", "revisions")
    serializer_class = ResponseShape
    filterset_class = ResponseFilter
    ordering_fields = ("id", "answered_at", "score")
    write_scope = "responses:write"

    def visible(self, rows: QuerySet[Response]) -> QuerySet[Response]:
        user = self.asker
        if user.sees_everything:
            return rows
        return rows.filter(of_tickets_visible_to(user, "resolution__") | Q(team_id__in=user.team_ids))

    @extend_schema(request=ResponseBody, responses={201: ResponseShape})
    def create(self, request: Request) -> HttpResponse:
        """Take down an answer given elsewhere. 409 `already_answered` names the answer that stands; 403 `rated_agent`
        if the person it is about would take it down."""
        said = self.read(ResponseBody)
        taken_by = acting_person(request, said.pop("taken_by"), field="taken_by", is_required=False)
        resolution = self._resolution(said.pop("ticket"), said.pop("resolution"))
        customer = resolution.customer if resolution else said["customer"]
        by = None if self.asker.pk is None else self.asker
        response = taking_down.take_down(
            **{**said, "customer": customer}, resolution=resolution, taken_by=taken_by, by=by, at=timezone.now()
        )
        return self.show(response, status=201)

    @extend_schema(request=CorrectionBody, responses=ResponseShape)
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> HttpResponse:
        """Correct the score of an answer that was taken down here. 403 `own_answer` if the customer gave it on their
        own page, 409 `closed` once they were reached or the time for changes is over."""
        response = self.get_object()
        said = self.read(CorrectionBody)
        by = acting_person(request, said["by"], is_required=False)
        now = taking_down.correct(response=response, score=said["score"], by=by, at=timezone.now())
        return self.show(self.get_queryset().get(pk=now.pk))

    def _resolution(self, ticket: int | None, resolution: int | None) -> Resolution | None:
        """The one that is meant, if it exists for whoever asks."""
        user = self.asker
        rows = Resolution.objects.select_related("account", "customer")
        if not user.sees_everything:
            rows = rows.filter(of_tickets_visible_to(user))
        if resolution is not None:
            found, field, wanted = rows.filter(pk=resolution).first(), "resolution", f"resolution {resolution}"
        elif ticket is not None:
            found = rows.filter(ticket_id=ticket).order_by("-number").first()
            field, wanted = "ticket", f"resolved ticket {ticket}"
        else:
            return None
        if found is None:
            raise InvalidInput(f"There is no {wanted}.", field=field, code="does_not_exist")
        if found.reopened_at is not None and ticket is not None:
            raise Conflict(f"Ticket {ticket} was reopened; an answer can be given once it is resolved.", field="ticket")
        return found
