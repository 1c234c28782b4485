"""The desk's REST door to who works here, when, and on what: read only."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nps.desk.api.filters import FlagFilter, IdFilter, InstantFilter, TextFilter
from nps.desk.api.viewsets import ReadViewSet
from nps.desk.models import Absence, ApiKey, Membership, Product, Shift, Team, User


class TeamShape(serializers.ModelSerializer):
    class Meta:
        model = Team
        fields = ["id", "slug", "name", "time_zone", "follows_sun", "is_active"]
        read_only_fields = fields


class ProductShape(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ["id", "slug", "name", "is_active"]
        read_only_fields = fields


class MembershipShape(serializers.ModelSerializer):
    id = serializers.IntegerField(source="team_id", read_only=True)
    slug = serializers.CharField(source="team.slug", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "slug", "is_lead", "takes_outreach"]
        read_only_fields = ["is_lead", "takes_outreach"]


class UserShape(serializers.ModelSerializer):
    """A member of staff. `email` is shown to keys and managers only."""

    name = serializers.CharField(source="__str__", read_only=True)
    languages = serializers.ListField(child=serializers.CharField(), read_only=True)
    teams = MembershipShape(source="memberships", many=True, read_only=True)
    roles = serializers.SerializerMethodField()
    email = serializers.EmailField(required=False, read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "name", "is_active", "time_zone", "languages", "teams", "roles", "email"]
        read_only_fields = ["username", "is_active", "time_zone"]

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_roles(self, user: User) -> list[str]:
        return sorted(group.name for group in user.groups.all())

    def to_representation(self, instance: User) -> dict[str, Any]:
        shown = super().to_representation(instance)
        request = self.context["request"]
        if not (isinstance(request.auth, ApiKey) or request.user.is_manager):
            del shown["email"]
        return shown


class ShiftShape(serializers.ModelSerializer):
    weekdays = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=6), read_only=True)

    class Meta:
        model = Shift
        fields = ["id", "user", "name", "weekdays", "starts", "ends", "time_zone", "valid_from", "valid_to"]
        read_only_fields = fields


class AbsenceShape(serializers.ModelSerializer):
    """When somebody is away; why is theirs."""

    class Meta:
        model = Absence
        fields = ["id", "user", "starts_at", "ends_at"]
        read_only_fields = fields


class TeamFilter(django_filters.FilterSet):
    slug = TextFilter()
    is_active = FlagFilter()


class ProductFilter(django_filters.FilterSet):
    slug = TextFilter()
    is_active = FlagFilter()


class UserFilter(django_filters.FilterSet):
    username = TextFilter()
    team = IdFilter(field_name="memberships__team_id")
    role = TextFilter(field_name="groups__name")
    is_active = FlagFilter()


class ShiftFilter(django_filters.FilterSet):
    user = IdFilter(field_name="user_id")
    team = IdFilter(method="of_team")

    def of_team(self, rows: QuerySet[Shift], name: str, value: int) -> QuerySet[Shift]:
        return rows.filter(user_id__in=Membership.objects.filter(team_id=value).values("user_id"))


class AbsenceFilter(django_filters.FilterSet):
    user = IdFilter(field_name="user_id")
    ends_at_after = InstantFilter(field_name="ends_at", lookup_expr="gte")
    starts_at_before = InstantFilter(field_name="starts_at", lookup_expr="lt")


class TeamViewSet(ReadViewSet):
    queryset = Team.objects.all()
    serializer_class = TeamShape
    filterset_class = TeamFilter


class ProductViewSet(ReadViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductShape
    filterset_class = ProductFilter


class UserViewSet(ReadViewSet):
    queryset = User.objects.prefetch_related("groups", "memberships__team")
    serializer_class = UserShape
    filterset_class = UserFilter


class ShiftViewSet(ReadViewSet):
    queryset = Shift.objects.all()
    serializer_class = ShiftShape
    filterset_class = ShiftFilter


class AbsenceViewSet(ReadViewSet):
    queryset = Absence.objects.all()
    serializer_class = AbsenceShape
    filterset_class = AbsenceFilter
    ordering_fields = ("id", "starts_at", "ends_at")
