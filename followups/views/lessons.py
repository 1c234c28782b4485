"""What was learned: the list, and one lesson with the follow-ups it came from."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from followups.access import sees
from followups.forms import LessonFilter, LessonStepForm, cause_choices
from followups.models import Lesson
from followups.services import learning
from nps.desk.access import reader, staff_page
from nps.desk.models import Team
from nps.errors import Conflict, InvalidInput

PAGE = 40
CAME_FROM = 30


@staff_page()
def lesson_list(request: HttpRequest) -> HttpResponse:
    form = LessonFilter(request.GET)
    teams = Team.objects.filter(is_active=True).order_by("name")
    form.fields["cause"].choices = [("", "All causes"), *cause_choices()[1:]]  # type: ignore[attr-defined]
    form.fields["team"].choices = [("", "All teams"), *((team.pk, team.name) for team in teams)]  # type: ignore[attr-defined]
    form.is_valid()
    found, by_status = _filtered(form.cleaned_data)
    page = Paginator(found.order_by("-times_seen", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "is_filtered": any(form.cleaned_data.values()),
        "statuses": [
            {"value": value, "label": label, "count": by_status.get(value, 0)} for value, label in Lesson.Status.choices
        ],
    }
    return render(request, "followups/lessons.html", context)


def _filtered(wanted: dict[str, Any]) -> tuple[Any, dict[str, int]]:
    """The lessons that match, and how many of each status there are beside the chosen one."""
    lessons = Lesson.objects.select_related("root_cause__parent", "owner", "team", "product")
    if wanted.get("cause"):
        lessons = lessons.filter(root_cause_id=wanted["cause"])
    if wanted.get("team"):
        carried = Lesson.objects.filter(followups__team_id=wanted["team"]).values("pk")
        lessons = lessons.filter(pk__in=carried)
    by_status = dict(lessons.order_by().values_list("status").annotate(Count("pk")))
    if wanted.get("status"):
        lessons = lessons.filter(status=wanted["status"])
    return lessons, by_status


@staff_page("GET", "HEAD", "POST")
def lesson_page(request: HttpRequest, pk: int) -> HttpResponse:
    """POST moves its status; leads and managers may."""
    related = ("root_cause__parent", "owner", "team", "product", "created_by")
    lesson = get_object_or_404(Lesson.objects.select_related(*related), pk=pk)
    form = LessonStepForm(request.POST if request.method == "POST" else None)
    user = reader(request)
    may_move = user.may_write and (user.is_manager or user.is_lead)
    problem, status = "", 200
    if request.method == "POST":
        if not may_move:
            raise PermissionDenied("Only leads and managers move a lesson along.")
        status, problem = _put(request, lesson, form)
        if status == 302:
            return redirect("lesson", pk=pk)
    follow_ups = lesson.followups.select_related("customer", "account", "assignee").order_by("-closed_at", "-pk")
    context = {
        "lesson": lesson,
        "form": form,
        "problem": problem,
        "may_move": may_move,
        "steps": [(value, Lesson.Status(value).label) for value in learning.NEXT[lesson.status]],
        "can_be_in_place": Lesson.Status.IN_PLACE in learning.NEXT[lesson.status],
        "came_from": [(row, sees(user, row)) for row in follow_ups[:CAME_FROM]],
        "came_from_count": follow_ups.count(),
    }
    return render(request, "followups/lesson.html", context, status=status)


def _put(request: HttpRequest, lesson: Lesson, form: LessonStepForm) -> tuple[int, str]:
    """HTTP status and what is wrong, if something is."""
    if not form.is_valid():
        form.focus_first_error()
        return 422, ""
    wanted = form.cleaned_data["status"]
    try:
        moved = learning.put(
            lesson=lesson,
            status=wanted,
            at=timezone.now(),
            by=reader(request),
            in_place_on=form.cleaned_data["in_place_on"],
        )
    except InvalidInput as error:
        form.refuse(error)
        return 422, ""
    except Conflict as error:
        if lesson.status == wanted:
            return 302, ""
        return 409, error.sentence
    messages.success(request, f"The lesson is {moved.get_status_display().lower()} now.")
    return 302, ""
