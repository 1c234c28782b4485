"""The desk's REST door to the roster: who covers which hour of a week, and where nobody does. Read only."""

from typing import Any

from django import forms
from django.utils import timezone
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from nps.desk.access import roster_teams
from nps.desk.api.acting import asker
from nps.desk.api.filters import refuse_unknown, wrong_parameters
from nps.desk.hours import zone_named
from nps.desk.models import Team
from nps.desk.roster import Gap, Roster, Week, roster
from nps.desk.zones import known_zones


class SlotShape(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    users = serializers.ListField(child=serializers.IntegerField())


class GapShape(serializers.Serializer):
    """`team` null: nobody of any team; else nobody of this one, and `covered_by` are the people of others."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    team = serializers.IntegerField(allow_null=True)
    covered_by = serializers.ListField(child=serializers.IntegerField())


class PieceShape(serializers.Serializer):
    user = serializers.IntegerField()
    name = serializers.CharField(help_text="Of the shift.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    is_away = serializers.BooleanField()


class RosterTeamShape(serializers.Serializer):
    team = serializers.IntegerField()
    time_zone = serializers.CharField()
    takers = serializers.ListField(child=serializers.IntegerField(), help_text="Who may be given calls.")
    pieces = PieceShape(many=True)


class RosterShape(serializers.Serializer):
    """Moments are UTC; the week is seven dates of `time_zone`, from a Monday."""

    week = serializers.CharField()
    time_zone = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    teams = RosterTeamShape(many=True)
    cover = SlotShape(many=True)
    gaps = GapShape(many=True)


class RosterQuery(forms.Form):
    week = forms.RegexField(
        r"\A[0-9]{4}-W[0-9]{2}\Z", required=False, error_messages={"invalid": "Write a week such as 2026-W48."}
    )
    time_zone = forms.CharField(required=False)
    team = forms.SlugField(required=False, error_messages={"invalid": "Write the slug of a team."})

    def __init__(self, *args: Any, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = teams

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"] or timezone.get_default_timezone_name()
        if zone not in known_zones():
            raise forms.ValidationError("Write a time zone such as Europe/Oslo.")
        return zone

    def clean_team(self) -> list[Team]:
        slug = self.cleaned_data["team"]
        chosen = [team for team in self.teams if slug in ("", team.slug)]
        if slug and not chosen:
            raise forms.ValidationError("There is no such team; /api/v1/teams/ lists them.")
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            week = Week.read(cleaned["week"], zone_named(cleaned["time_zone"]), timezone.now())
            if cleaned["week"] and week.name != cleaned["week"]:
                self.add_error("week", "There is no such week between 2000-W01 and 2100-W52.")
            cleaned["found"] = week
        return cleaned


class RosterViewSet(viewsets.ViewSet):
    """The roster of one week: this one unless said, in the organisation's zone unless said."""

    @extend_schema(
        parameters=[
            OpenApiParameter("week", str, description="Such as 2026-W48; this week where it is not given."),
            OpenApiParameter("time_zone", str, description="Whose days these are, such as Europe/Oslo."),
            OpenApiParameter("team", str, description="The slug of one team."),
        ],
        responses=forced_singular_serializer(RosterShape),
    )
    def list(self, request: Request) -> Response:
        """Who works when, who covers each stretch, and the gaps; the same as on the roster page."""
        refuse_unknown(request, {"week", "time_zone", "team", "format"})
        user = asker(request)
        visible = roster_teams(user) if user.pk is not None else Team.objects.filter(is_active=True).order_by("name")
        form = RosterQuery(request.query_params, teams=list(visible.prefetch_related("hours", "holidays")))
        if not form.is_valid():
            raise wrong_parameters(form)
        chosen: list[Team] = form.cleaned_data["team"]
        return Response(RosterShape(_told(roster(week=form.cleaned_data["found"], teams=chosen), chosen)).data)


def _told(found: Roster, teams: list[Team]) -> dict[str, Any]:
    starts_at, ends_at = found.week.span
    return {
        "week": found.week.name,
        "time_zone": found.week.zone.key,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "teams": [_team(found, team) for team in teams],
        "cover": [
            {"starts_at": slot.start, "ends_at": slot.end, "users": list(slot.user_ids)}
            for day in found.days
            for slot in day.slots
        ],
        "gaps": [_gap(gap) for gap in found.gaps],
    }


def _team(found: Roster, team: Team) -> dict[str, Any]:
    """A stretch that reaches over midnight is on both days of the page, and once here."""
    lines = [line for day in found.days for rows in day.teams if rows.team.pk == team.pk for line in rows.lines]
    pieces = dict.fromkeys((line.user.pk, piece) for line in lines for piece in line.pieces)
    return {
        "team": team.pk,
        "time_zone": team.time_zone,
        "takers": sorted({line.user.pk for line in lines if line.takes_calls}),
        "pieces": [
            {"user": pk, "name": one.name, "starts_at": one.start, "ends_at": one.end, "is_away": one.is_away}
            for pk, one in sorted(pieces, key=lambda found: (found[1].start, found[0]))
        ],
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "starts_at": gap.start,
        "ends_at": gap.end,
        "team": gap.team and gap.team.pk,
        "covered_by": [user.pk for user in gap.covered_by],
    }
