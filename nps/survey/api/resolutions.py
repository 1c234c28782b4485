"""The survey's REST door to resolutions: each with its decision; resolving, accepting and reopening a ticket."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response as HttpResponse

from nps.desk.api.acting import acting_person, leads
from nps.desk.api.fields import Body, Text
from nps.desk.api.filters import AnyOf, FlagFilter, IdFilter, InstantFilter, SlugFilter
from nps.desk.api.ticket_shapes import ActiveUser, Responsible
from nps.desk.api.viewsets import ReadViewSet, RowsViewSet
from nps.desk.models import Resolution, Ticket, User
from nps.desk.services import accepting, reopening, resolving
from nps.errors import NotAllowed
from nps.survey.models import Invitation, SurveyDecision

#: All a resolution shows, in one statement.
WHOLE = ("decision", "invitation__response")


class DecisionShape(serializers.ModelSerializer):
    class Meta:
        model = SurveyDecision
        fields = ["outcome", "reason", "survey", "decided_at"]
        read_only_fields = fields


class AskedShape(serializers.ModelSerializer):
    """What became of the invitation."""

    answered = serializers.SerializerMethodField(help_text="The id of the answer, if there is one.")

    class Meta:
        model = Invitation
        fields = ["id", "delivered_at", "cancelled_at", "bounced_at", "failed_at", "opened_at", "answered"]
        read_only_fields = fields

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_answered(self, invitation: Invitation) -> int | None:
        response = getattr(invitation, "response", None)
        return response.pk if response else None


class ResolutionShape(serializers.ModelSerializer):
    decision = DecisionShape(read_only=True, allow_null=True)
    invitation = AskedShape(read_only=True, allow_null=True)

    class Meta:
        model = Resolution
        fields = [
            "id", "ticket", "number", "resolved_at", "resolved_by", "customer", "account", "agent", "team", "product",
            "channel", "shift_name", "contacts", "handovers", "is_first_contact", "first_contact_exception",
            "acceptance", "accepted_at", "reopened_at", "reopen_reason", "decision", "invitation",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Resolution) -> dict[str, Any]:
        # A missing one-to-one row would leave the name out instead of saying null.
        return {"decision": None, "invitation": None, **super().to_representation(instance)}


class ResolveBody(Body):
    agent = Responsible(
        default=None, allow_null=True, help_text="Who is responsible for the solution: the assignee unless given."
    )
    exception = Text(
        max_length=200, default="", help_text="Why this one is an exception to first contact resolution, if it is."
    )
    by = ActiveUser(default=None, allow_null=True)


class TicketReopenBody(Body):
    reason = Text(max_length=500, default="")
    by = ActiveUser(default=None, allow_null=True)


class AcceptBody(Body):
    """Nothing: the customer accepted it."""


class ResolutionFilter(django_filters.FilterSet):
    ticket = IdFilter(field_name="ticket_id")
    team = SlugFilter()
    product = SlugFilter()
    agent = IdFilter(field_name="agent_id")
    customer = IdFilter(field_name="customer_id")
    outcome = AnyOf(field_name="decision__outcome", choices=SurveyDecision.Outcome.choices, label="Of the decision.")
    reason = AnyOf(
        field_name="decision__reason",
        choices=[choice for choice in SurveyDecision.Reason.choices if choice[0]],
        label="Why it was skipped.",
    )
    acceptance = AnyOf(choices=Resolution.Acceptance.choices)
    is_reopened = FlagFilter(field_name="reopened_at", lookup_expr="isnull", exclude=True)
    resolved_at_after = InstantFilter(field_name="resolved_at", lookup_expr="gte")
    resolved_at_before = InstantFilter(field_name="resolved_at", lookup_expr="lt")


def of_tickets_visible_to(user: User, prefix: str = "") -> Q:
    """Resolutions (or what `prefix` leads to them from) of tickets the person sees, and those they answered for."""
    return (
        Q(**{f"{prefix}ticket__team_id__in": user.team_ids})
        | Q(**{f"{prefix}ticket__assignee_id": user.pk})
        | Q(**{f"{prefix}agent_id": user.pk})
    )


class ResolutionViewSet(ReadViewSet):
    queryset = Resolution.objects.select_related(*WHOLE)
    serializer_class = ResolutionShape
    filterset_class = ResolutionFilter
    ordering_fields = ("id", "resolved_at")

    def visible(self, rows: QuerySet[Resolution]) -> QuerySet[Resolution]:
        return rows if self.asker.sees_everything else rows.filter(of_tickets_visible_to(self.asker))


class TicketResolvingViewSet(RowsViewSet):
    """Acts on a ticket whose answer is a resolution with its decision."""

    queryset = Ticket.objects.select_related("customer__account", "team", "assignee", "product")
    serializer_class = ResolutionShape
    write_scope = "tickets:write"

    def visible(self, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return rows.visible_to(self.asker)  # type: ignore[attr-defined]

    @extend_schema(request=ResolveBody, responses={201: ResolutionShape})
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> HttpResponse:
        """Solved: the resolution, with the decision whether its customer is asked. 409 unless it is open or waiting."""
        ticket = self.get_object()
        said = self.read(ResolveBody)
        by = acting_person(request, said.pop("by"), is_required=False)
        self._may_name(said["agent"], ticket)
        return self._shown(resolving.resolve(ticket=ticket, by=by, at=timezone.now(), **said), status=201)

    @extend_schema(request=TicketReopenBody)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> HttpResponse:
        """Not solved after all: the resolution that was undone. 409 unless it is resolved or closed."""
        ticket = self.get_object()
        said = self.read(TicketReopenBody)
        by = acting_person(request, said.pop("by"), is_required=False)
        return self._shown(reopening.reopen(ticket=ticket, by=by, at=timezone.now(), **said))

    @extend_schema(request=AcceptBody)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> HttpResponse:
        """The customer accepted the solution; the ticket is closed. 409 unless it is resolved."""
        ticket = self.get_object()
        self.read(AcceptBody)
        return self._shown(accepting.accept(ticket=ticket, at=timezone.now()))

    def _may_name(self, agent: User | None, ticket: Ticket) -> None:
        """Nobody makes a colleague answer for a solution, except those who lead them."""
        user = self.asker
        if agent is None or user.pk is None or agent.pk in (user.pk, ticket.assignee_id) or leads(user, agent):
            return
        raise NotAllowed(f"You cannot name {agent} as responsible; leave agent out.", field="agent")

    def _shown(self, resolution: Resolution, *, status: int = 200) -> HttpResponse:
        return self.show(Resolution.objects.select_related(*WHOLE).get(pk=resolution.pk), status=status)
