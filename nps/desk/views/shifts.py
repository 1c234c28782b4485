"""My shifts: the next two weeks in the reader's zone, absences, and for leads the people of their teams."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from nps.desk.access import reader, staff_page
from nps.desk.forms import AbsenceForm
from nps.desk.hours import current_window, next_start, occurrences
from nps.desk.models import Absence, Membership, Shift, User
from nps.desk.services import scheduling
from nps.errors import InvalidInput

DAYS = 14


@dataclass(frozen=True)
class Window:
    """One shift as it falls: UTC start and end, its name, and whether an absence takes (part of) it."""

    starts_at: datetime
    ends_at: datetime
    name: str
    is_away: bool


@dataclass(frozen=True)
class Day:
    on: date
    windows: list[Window]


@dataclass(frozen=True)
class Colleague:
    user: User
    teams: str
    patterns: list[Shift]
    until: datetime | None
    next_at: datetime | None
    away: list[Absence]


@staff_page()
def my_shifts(request: HttpRequest) -> HttpResponse:
    return show(request, AbsenceForm())


def show(request: HttpRequest, form: AbsenceForm, *, status: int = 200) -> HttpResponse:
    user, at = reader(request), timezone.now()
    shifts = list(Shift.objects.filter(user=user).order_by("starts", "pk"))
    absences = list(Absence.objects.ending_after(at).filter(user=user).order_by("starts_at"))
    context = {
        "form": form,
        "shifts": shifts,
        "absences": absences,
        "days": list(days_ahead(shifts, absences, at)),
        "colleagues": colleagues_of(user, at),
    }
    return render(request, "nps/desk/shifts.html", context, status=status)


def days_ahead(shifts: list[Shift], absences: list[Absence], at: datetime) -> Iterable[Day]:
    """The next fourteen dates of the reader's zone, each with the shifts that begin on it."""
    today = timezone.localdate(at)
    begin = timezone.make_aware(datetime.combine(today, datetime.min.time()))
    windows = sorted(
        (
            Window(start, end, shift.name, any(away.starts_at < end and start < away.ends_at for away in absences))
            for shift in shifts
            for start, end in occurrences(shift.pattern(), begin, begin + timedelta(days=DAYS))
        ),
        key=lambda window: window.starts_at,
    )
    for offset in range(DAYS):
        on = today + timedelta(days=offset)
        yield Day(on, [window for window in windows if timezone.localdate(window.starts_at) == on])


def colleagues_of(user: User, at: datetime) -> list[Colleague]:
    """The people of the teams this person leads (all teams for managers and auditors), with who is on shift at `at`."""
    memberships = Membership.objects.filter(user__is_active=True).select_related("user", "team")
    if not user.sees_everything:
        memberships = memberships.filter(team_id__in=user.led_team_ids)
    people: dict[int, tuple[User, list[str]]] = {}
    for membership in memberships.order_by("user__first_name", "user_id", "team__name"):
        people.setdefault(membership.user_id, (membership.user, []))[1].append(membership.team.name)
    shifts: dict[int, list[Shift]] = {pk: [] for pk in people}
    away: dict[int, list[Absence]] = {pk: [] for pk in people}
    for shift in Shift.objects.filter(user_id__in=people).order_by("starts"):
        shifts[shift.user_id].append(shift)
    for absence in Absence.objects.ending_after(at).filter(user_id__in=people).order_by("starts_at"):
        away[absence.user_id].append(absence)
    return [_colleague(person, teams, shifts[pk], away[pk], at) for pk, (person, teams) in people.items()]


def _colleague(user: User, teams: list[str], shifts: list[Shift], away: list[Absence], at: datetime) -> Colleague:
    patterns, aways = [shift.pattern() for shift in shifts], [absence.away() for absence in away]
    window = current_window(patterns, aways, user.pk, at)
    return Colleague(
        user=user,
        teams=", ".join(teams),
        patterns=shifts,
        until=window[1] if window else None,
        next_at=None if window else next_start(patterns, aways, user.pk, at),
        away=away,
    )


@staff_page("POST")
def add_absence(request: HttpRequest) -> HttpResponse:
    form = AbsenceForm(request.POST)
    if form.is_valid():
        try:
            absence = scheduling.add_absence(user=reader(request), at=timezone.now(), **form.cleaned_data)
        except InvalidInput as error:
            form.refuse(error)
        else:
            until = timezone.localtime(absence.ends_at)
            messages.success(request, f"Noted. Nothing new comes to you until {until:%a %d %b %H:%M}.")
            return redirect("shifts")
    form.focus_first_error()
    return show(request, form, status=422)


@staff_page("POST")
def remove_absence(request: HttpRequest, pk: int) -> HttpResponse:
    scheduling.remove_absence(absence=get_object_or_404(Absence, pk=pk, user=reader(request)))
    messages.success(request, "The absence is taken back.")
    return redirect("shifts")
