"""One person's shifts and absences, as those who lead them plan it. Everything on it is in that person's zone."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from nps.desk.access import may_plan, reader, staff_page
from nps.desk.forms import AbsenceForm, DoorForm, ShiftChangeForm, ShiftEndForm, ShiftForm
from nps.desk.hours import zone_named
from nps.desk.models import Absence, Shift, User
from nps.desk.services import scheduling
from nps.desk.services.scheduling import Times
from nps.desk.views.shifts import days_ahead
from nps.errors import InvalidInput


def _person(request: HttpRequest, pk: int) -> User:
    """Whom this reader plans, or reads as somebody who reads everything; for anybody else there is no such page."""
    user = reader(request)
    person = get_object_or_404(User.objects.filter(is_active=True), pk=pk)
    if may_plan(user, person):
        return person
    if not (user.sees_everything or user.pk == person.pk):
        raise Http404
    if request.method == "POST":
        raise PermissionDenied("A lead of the team or a manager plans shifts.")
    return person


def _today(person: User) -> date:
    return timezone.localdate(timezone=zone_named(person.time_zone))


def _show(request: HttpRequest, person: User, *, status: int = 200, **forms: DoorForm) -> HttpResponse:
    at = timezone.now()
    shifts = list(Shift.objects.filter(user=person).order_by("valid_from", "starts", "pk"))
    absences = list(Absence.objects.ending_after(at).filter(user=person).order_by("starts_at"))
    today = _today(person)
    with timezone.override(zone_named(person.time_zone)):
        context: dict[str, Any] = {
            "person": person,
            "current": [row for row in shifts if row.valid_to is None or row.valid_to >= today],
            "absences": absences,
            "days": list(days_ahead(shifts, absences, at)),
            "shift_form": ShiftForm(initial={"time_zone": person.time_zone, "valid_from": today}),
            "absence_form": AbsenceForm(),
            "may_plan": may_plan(reader(request), person),
            **forms,
        }
        return render(request, "nps/desk/person_shifts.html", context, status=status)


@staff_page()
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _person(request, pk))


@staff_page("POST")
def add_shift(request: HttpRequest, pk: int) -> HttpResponse:
    person, form = _person(request, pk), ShiftForm(request.POST)
    if form.is_valid():
        try:
            shift = scheduling.add_shift(
                user=person, times=Times(**form.cleaned_data), by=reader(request), at=timezone.now()
            )
        except InvalidInput as error:
            form.refuse(error)
        else:
            messages.success(request, f"{person} works {shift} from now on.")
            return redirect("person-shifts", pk)
    form.focus_first_error()
    return _show(request, person, status=422, shift_form=form)


@staff_page("GET", "HEAD", "POST")
def change_shift(request: HttpRequest, pk: int) -> HttpResponse:
    shift = get_object_or_404(Shift.objects.select_related("user"), pk=pk)
    person = _planned(request, shift.user)
    was = {name: getattr(shift, name) for name in ("name", "weekdays", "starts", "ends", "time_zone", "valid_to")}
    begins = max(_today(person), shift.valid_from or date.min)
    form = ShiftChangeForm(request.POST if request.method == "POST" else None, initial={**was, "from_on": begins})
    if form.is_valid():
        said = dict(form.cleaned_data)
        from_on = said.pop("from_on")
        try:
            changed = scheduling.change_shift(
                shift=shift, times=Times(**said), from_on=from_on, by=reader(request), at=timezone.now()
            )
        except InvalidInput as error:
            form.refuse(error)
        else:
            messages.success(request, f"From {from_on} on: {changed}.")
            return redirect("person-shifts", person.pk)
    form.focus_first_error()
    context = {"person": person, "shift": shift, "form": form}
    return render(request, "nps/desk/shift_change.html", context, status=422 if form.errors else 200)


@staff_page("GET", "HEAD", "POST")
def end_shift(request: HttpRequest, pk: int) -> HttpResponse:
    shift = get_object_or_404(Shift.objects.select_related("user"), pk=pk)
    person = _planned(request, shift.user)
    form = ShiftEndForm(request.POST if request.method == "POST" else None, initial={"last_on": _today(person)})
    if form.is_valid():
        try:
            scheduling.end_shift(shift=shift, by=reader(request), **form.cleaned_data)
        except InvalidInput as error:
            form.refuse(error)
        else:
            messages.success(request, f"{shift.name} ends with {form.cleaned_data['last_on']}.")
            return redirect("person-shifts", person.pk)
    form.focus_first_error()
    context = {"person": person, "shift": shift, "form": form}
    return render(request, "nps/desk/shift_end.html", context, status=422 if form.errors else 200)


def _planned(request: HttpRequest, person: User) -> User:
    """As _person, for pages that only serve to change something."""
    person = _person(request, person.pk)
    if not may_plan(reader(request), person):
        raise PermissionDenied("A lead of the team or a manager plans shifts.")
    return person


@staff_page("POST")
def add_absence(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    with timezone.override(zone_named(person.time_zone)):
        form = AbsenceForm(request.POST)
        is_valid = form.is_valid()
    if is_valid:
        try:
            scheduling.add_absence(user=person, at=timezone.now(), by=reader(request), **form.cleaned_data)
        except InvalidInput as error:
            form.refuse(error)
        else:
            messages.success(request, f"Noted. Nothing new comes to {person} meanwhile.")
            return redirect("person-shifts", pk)
    form.focus_first_error()
    return _show(request, person, status=422, absence_form=form)


@staff_page("POST")
def remove_absence(request: HttpRequest, pk: int, absence_pk: int) -> HttpResponse:
    person = _person(request, pk)
    absence = get_object_or_404(Absence.objects.select_related("user"), pk=absence_pk, user=person)
    scheduling.remove_absence(absence=absence, by=reader(request))
    messages.success(request, "The absence is taken back.")
    return redirect("person-shifts", pk)
