"""What a signed-in person may see and do, as doors ask it: what they may not see is 404, what they may not do 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, resolve_url
from django.views.decorators.http import require_http_methods

from nps.desk.models import Membership, Team, Ticket, User
from nps.desk.views.signing_in import again

View = Callable[..., HttpResponseBase]


def staff_page(*methods: str) -> Callable[[View], View]:
    """A page for staff; others sign in first, and find what they had typed. Who has no role is refused (403), and
    anything but reading to those who may only read."""
    allowed = methods or ("GET", "HEAD")

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not reader(request).has_role:
                raise PermissionDenied("You have no role here; ask a manager for one.")
            if request.method not in ("GET", "HEAD") and not reader(request).may_write:
                raise PermissionDenied("You can read everything here and change nothing.")
            return view(request, *args, **kwargs)

        return signed_in(require_http_methods(list(allowed))(guarded))

    return wrap


def signed_in(view: View) -> View:
    """As login_required; what was typed comes along, and a part of a page is answered so that the page can tell."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if getattr(request, "htmx", False):
            return _part_for_nobody(request)
        return again(request)

    return guarded


def _part_for_nobody(request: HttpRequest) -> HttpResponse:
    """The browser keeps what was typed, so it may go and sign in; but not for what it asked in the background."""
    response = HttpResponse(status=401)
    if request.headers.get("X-Background") != "1":
        page = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        response["HX-Redirect"] = f"{resolve_url('login')}?{urlencode({'next': page})}"
    return response


def reader(request: HttpRequest) -> User:
    """The signed-in person."""
    return cast(User, request.user)


def ticket_or_404(request: HttpRequest, pk: int) -> Ticket:
    visible = Ticket.objects.visible_to(reader(request))
    return get_object_or_404(visible.select_related("customer__account", "team", "assignee", "product"), pk=pk)


def teams_of(user: User) -> QuerySet[Team]:
    """The teams this person works in; all of them for those who see everything."""
    teams = Team.objects.filter(is_active=True).order_by("name")
    return teams if user.sees_everything else teams.filter(pk__in=user.team_ids)


def roster_teams(user: User) -> QuerySet[Team]:
    """The teams whose roster this person reads: all of them for whoever leads one, because following the sun is seen
    across teams; their own for agents."""
    teams = Team.objects.filter(is_active=True).order_by("name")
    return teams if user.led_team_ids or user.sees_everything else teams.filter(pk__in=user.team_ids)


def may_plan(user: User, person: User) -> bool:
    """Whether `user` sets the shifts and absences of `person`: a manager, or a lead of a team that person is in."""
    if user.is_manager:
        return True
    led = user.led_team_ids if user.may_write else frozenset()
    return bool(led) and Membership.objects.filter(user=person, team_id__in=led).exists()


def may_plan_team(user: User, team: Team) -> bool:
    """Whether `user` sets the working hours and holidays of `team`: a manager, or a lead of it."""
    return user.is_manager or (user.may_write and team.pk in user.led_team_ids)


def may_see_figures(user: User, person: User) -> bool:
    """Whether one's own figures are shown: to that person, to a lead of a team they are in, to who sees everything."""
    if user.pk == person.pk or user.sees_everything:
        return True
    led = user.led_team_ids
    return bool(led) and Membership.objects.filter(user=person, team_id__in=led).exists()


def people_with_figures(user: User) -> frozenset[int] | None:
    """Everybody for whom `may_see_figures` is true; None stands for all."""
    if user.sees_everything:
        return None
    led = Membership.objects.filter(team_id__in=user.led_team_ids).values_list("user_id", flat=True)
    return frozenset({user.pk, *led}) if user.led_team_ids else frozenset({user.pk})


def plannable_ids(user: User) -> frozenset[int]:
    """Everybody for whom `may_plan` is true; for managers, all who are in a team."""
    rows = Membership.objects.filter(user__is_active=True)
    if not user.is_manager:
        rows = rows.filter(team_id__in=user.led_team_ids if user.may_write else ())
    return frozenset(rows.values_list("user_id", flat=True))
