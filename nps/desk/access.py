"""What a signed-in person may see and do, as doors ask it: what they may not see is 404, what they may not do 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from nps.desk.models import Team, Ticket, User

View = Callable[..., HttpResponse]


def staff_page(*methods: str) -> Callable[[View], View]:
    """A page for signed-in people. Anything but reading is refused to those who may only read (403)."""
    allowed = methods or ("GET", "HEAD")

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in ("GET", "HEAD") and not reader(request).may_write:
                raise PermissionDenied("You can read everything here and change nothing.")
            return view(request, *args, **kwargs)

        return login_required(require_http_methods(list(allowed))(guarded))

    return wrap


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
