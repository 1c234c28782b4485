"""A team's working hours and holidays, and what they make of the deadlines before anything is saved."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from followups.models import Policy
from followups.policies import deadlines
from nps.desk.access import may_plan_team, reader, roster_teams, staff_page
from nps.desk.forms import DoorForm, HolidayForm, HoursForm
from nps.desk.hours import Calendar, instant, zone_named
from nps.desk.models import Holiday, Team
from nps.desk.services import opening_hours
from nps.errors import InvalidInput

FRIDAY, LATE = 4, time(16, 30)


@dataclass(frozen=True)
class Due:
    """What an answer that comes `at` would be due by, under one policy. `trouble` says why it cannot be told."""

    policy: Policy
    at: datetime
    first_contact: datetime | None = None
    closed: datetime | None = None
    trouble: str = ""


@staff_page()
def own_hours(request: HttpRequest) -> HttpResponse:
    """The hours of the reader's first team, or of the first there is."""
    user = reader(request)
    teams = list(roster_teams(user))
    if not teams:
        messages.info(request, "There is no team yet, and so no working hours; a manager makes one in admin.")
        return redirect("roster")
    own = next((team for team in teams if team.pk in user.team_ids), teams[0])
    return redirect("team-hours", own.pk)


@staff_page("GET", "HEAD", "POST")
def hours_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The week and the holidays. POST with `preview` shows what the typed week would mean and saves nothing."""
    team = _team(request, pk)
    if request.method != "POST":
        return _show(request, team)
    _refuse_unless_planned(request, team)
    form = HoursForm(request.POST)
    if form.is_valid():
        week = form.cleaned_data["week"]
        if "preview" in request.POST:
            return _show(request, team, form=form, week=week)
        try:
            is_new = opening_hours.set_hours(team=team, week=week, by=reader(request))
        except InvalidInput as error:
            form.refuse(error)
        else:
            said = f"Saved. New clocks of {team} run by these hours; those that run keep their deadline."
            messages.success(request, said if is_new else "Nothing has changed.")
            return redirect("team-hours", pk)
    form.focus_first_error()
    return _show(request, team, status=422, form=form)


@staff_page("POST")
def add_holiday(request: HttpRequest, pk: int) -> HttpResponse:
    team = _team(request, pk)
    _refuse_unless_planned(request, team)
    form = HolidayForm(request.POST)
    if form.is_valid():
        today = timezone.localdate(timezone=zone_named(team.time_zone))
        try:
            day = opening_hours.add_holiday(team=team, by=reader(request), today=today, **form.cleaned_data)
        except InvalidInput as error:
            form.refuse(error)
        else:
            messages.success(request, f"{team} is closed on {day.on:%-d %B %Y}.")
            return redirect("team-hours", pk)
    form.focus_first_error()
    return _show(request, team, status=422, holiday_form=form)


@staff_page("POST")
def remove_holiday(request: HttpRequest, pk: int, holiday_pk: int) -> HttpResponse:
    team = _team(request, pk)
    _refuse_unless_planned(request, team)
    holiday = get_object_or_404(Holiday.objects.select_related("team"), pk=holiday_pk, team=team)
    opening_hours.remove_holiday(holiday=holiday, by=reader(request))
    messages.success(request, f"{team} works on {holiday.on:%-d %B %Y}.")
    return redirect("team-hours", pk)


def _team(request: HttpRequest, pk: int) -> Team:
    return get_object_or_404(roster_teams(reader(request)).prefetch_related("hours", "holidays"), pk=pk)


def _refuse_unless_planned(request: HttpRequest, team: Team) -> None:
    if not may_plan_team(reader(request), team):
        raise PermissionDenied("A lead of the team or a manager sets its hours.")


def _show(
    request: HttpRequest,
    team: Team,
    *,
    status: int = 200,
    form: HoursForm | None = None,
    holiday_form: DoorForm | None = None,
    week: opening_hours.Week | None = None,
) -> HttpResponse:
    user, at, zone = reader(request), timezone.now(), zone_named(team.time_zone)
    calendar = team.calendar()
    saved = {f"day_{number}": opening_hours.written(day) for number, day in enumerate(calendar.weekly)}
    tried = replace(calendar, weekly=week.days, always_open=week.follows_sun) if week else calendar
    today = at.astimezone(zone).date()
    context = {
        "team": team,
        "teams": list(roster_teams(user)),
        "form": form or HoursForm(initial={"follows_sun": team.follows_sun, **saved}),
        "holiday_form": holiday_form or HolidayForm(),
        "holidays": sorted((day for day in team.holidays.all() if day.on >= today), key=lambda day: day.on),
        "dues": list(_dues(tried, at)),
        "is_preview": week is not None,
        "may_plan": may_plan_team(user, team),
    }
    with timezone.override(zone):
        return render(request, "followups/hours.html", context, status=status)


def _dues(calendar: Calendar, at: datetime) -> Iterator[Due]:
    """Every policy from now on, and from late on the coming Friday: where a week-end shows."""
    zone = zone_named(calendar.zone)
    local = at.astimezone(zone)
    friday = local.date() + timedelta(days=(FRIDAY - local.weekday()) % 7)
    late = instant(friday, LATE, zone)
    if late <= at:
        late = instant(friday + timedelta(days=7), LATE, zone)
    policies = list(Policy.objects.current().order_by("covers_key_accounts", "min_score", "pk"))
    for moment in (at, late):
        for policy in policies:
            try:
                dues = deadlines(policy, calendar, moment)
            except ValueError as error:
                yield Due(policy, moment, trouble=str(error))
            else:
                yield Due(policy, moment, *dues)
