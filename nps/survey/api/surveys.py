"""The survey's REST door to surveys and invitations: read only. A link is never shown: whoever has it can answer."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nps.desk.api.filters import AnyOf, FlagFilter, IdFilter, InstantFilter, TextFilter
from nps.desk.api.viewsets import ReadViewSet
from nps.survey.api.resolutions import of_tickets_visible_to
from nps.survey.models import Invitation, Survey


class SurveyShape(serializers.ModelSerializer):
    teams = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Survey
        fields = [
            "id", "slug", "name", "is_active", "is_default", "teams", "delay_minutes", "reminder_days", "quiet_days",
            "sample_percent", "link_days", "version",
        ]  # fmt: skip
        read_only_fields = fields


class InvitationShape(serializers.ModelSerializer):
    ticket = serializers.IntegerField(source="resolution.ticket_id", read_only=True, allow_null=True)
    answered = serializers.SerializerMethodField(help_text="The id of the answer, if there is one.")

    class Meta:
        model = Invitation
        fields = [
            "id", "survey", "customer", "resolution", "ticket", "via", "language", "created_at", "expires_at",
            "delivered_at", "bounced_at", "failed_at", "cancelled_at", "opened_at", "reminded_at", "answered",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_answered(self, invitation: Invitation) -> int | None:
        response = getattr(invitation, "response", None)
        return response.pk if response else None


class SurveyFilter(django_filters.FilterSet):
    slug = TextFilter()
    is_active = FlagFilter()


class InvitationFilter(django_filters.FilterSet):
    resolution = IdFilter(field_name="resolution_id")
    ticket = IdFilter(field_name="resolution__ticket_id")
    customer = IdFilter(field_name="customer_id")
    survey = IdFilter(field_name="survey_id")
    via = AnyOf(choices=Invitation.Via.choices)
    is_answered = FlagFilter(field_name="response", lookup_expr="isnull", exclude=True)
    is_delivered = FlagFilter(field_name="delivered_at", lookup_expr="isnull", exclude=True)
    created_at_after = InstantFilter(field_name="created_at", lookup_expr="gte")
    created_at_before = InstantFilter(field_name="created_at", lookup_expr="lt")


class SurveyViewSet(ReadViewSet):
    queryset = Survey.objects.prefetch_related("teams")
    serializer_class = SurveyShape
    filterset_class = SurveyFilter


class InvitationViewSet(ReadViewSet):
    queryset = Invitation.objects.select_related("resolution", "response")
    serializer_class = InvitationShape
    filterset_class = InvitationFilter
    ordering_fields = ("id", "created_at")

    def visible(self, rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
        if self.asker.sees_everything:
            return rows
        return rows.filter(of_tickets_visible_to(self.asker, "resolution__"))
