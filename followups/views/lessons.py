"""What was learned: the list, and one lesson with the follow-ups it came from."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from followups import effect_reports
from followups.access import sees
from followups.filters import LessonFilter
from followups.forms import cause_choices
from followups.lesson_forms import LessonStepForm
from followups.models import Lesson
from followups.report_backs import may_tell, told_of
from followups.services import learning
from nps import csv_out
from nps.desk.access import reader, staff_page
from nps.desk.models import Team
from nps.errors import Conflict, InvalidInput

PAGE = 40
CAME_FROM = 30
CSV_COLUMNS = (
    ("id", "pk"),
    ("lesson", "text"),
    ("cause", "root_cause__name"),
    ("status", "status"),
    ("owner", "owner"),
    ("team", "team__name"),
    ("product", "product__name"),
    ("seen", "times_seen"),
    ("in place since", "in_place_on"),
    ("effect", "effect"),
)
#: cards of one status on the board; the rest is behind a link to the list
CARDS = 20


@staff_page()
def lesson_list(request: HttpRequest) -> HttpResponseBase:
    form = LessonFilter(request.GET)
    teams = Team.objects.filter(is_active=True).order_by("name")
    form.fields["cause"].choices = [("", "All causes"), *cause_choices()[1:]]  # type: ignore[attr-defined]
    form.fields["team"].choices = [("", "All teams"), *((team.pk, team.name) for team in teams)]  # type: ignore[attr-defined]
    form.is_valid()
    found, by_status = _filtered(form.cleaned_data)
    found = found.order_by("-times_seen", "-pk")
    if request.GET.get("format") == "csv":
        return csv_out.download_rows("lessons.csv", CSV_COLUMNS, found, refused=form.refused.values())
    if request.GET.get("view") == "board":
        return _board(request, form, found.order_by(), by_status)
    page = Paginator(effect_reports.with_latest(found), PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lessons": [(lesson, effect_reports.current(lesson)) for lesson in page],
        "is_filtered": any(form.cleaned_data.values()),
        "statuses": [
            {"value": value, "label": label, "count": by_status.get(value, 0)} for value, label in Lesson.Status.choices
        ],
    }
    return render(request, "followups/lessons.html", context)


def _board(request: HttpRequest, form: LessonFilter, found: Any, by_status: dict[str, int]) -> HttpResponse:
    """A column for each status, the most often seen on top. Of the filters all but the status narrow it."""
    wanted = form.cleaned_data.get("status")
    place = Window(RowNumber(), partition_by="status", order_by=(F("times_seen").desc(), F("pk").desc()))
    cards: dict[str, list[Any]] = {}
    top: Any = found.annotate(place=place).filter(place__lte=CARDS).order_by("place")
    for lesson in effect_reports.with_latest(top):
        cards.setdefault(lesson.status, []).append((lesson, effect_reports.current(lesson)))
    columns: list[dict[str, Any]] = [
        {
            "value": value,
            "label": label,
            "count": by_status.get(value, 0),
            "cards": cards.get(value, []),
            "more": by_status.get(value, 0) - len(cards.get(value, [])),
        }
        for value, label in Lesson.Status.choices
        if not wanted or wanted == value
    ]
    context = {
        "form": form,
        "columns": columns,
        "count": sum(column["count"] for column in columns),
        "is_filtered": any(form.cleaned_data.values()),
    }
    return render(request, "followups/lesson_board.html", context)


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
    """POST moves its status and writes the change anew; managers may."""
    related = ("root_cause__parent", "owner", "team", "product", "created_by")
    lesson = get_object_or_404(Lesson.objects.select_related(*related), pk=pk)
    user = reader(request)
    form, problem, status = None, "", 200
    if request.method == "POST":
        if not user.is_manager:
            raise PermissionDenied("Only managers move a lesson along.")
        form = LessonStepForm(request.POST, lesson=lesson)
        status, problem = _put(request, lesson, form)
        if status == 302:
            return redirect("lesson", pk=pk)
    elif user.is_manager:
        form = LessonStepForm(lesson=lesson)
    measurements = list(lesson.measurements.order_by("pk"))
    is_current = bool(lesson.effect and measurements)
    follow_ups = lesson.followups.select_related("customer", "account", "assignee").order_by("-closed_at", "-pk")
    history = list(lesson.history.select_related("actor", "key").order_by("-at", "-pk"))
    page = Paginator(follow_ups, CAME_FROM).get_page(request.GET.get("page"))
    context = {
        "lesson": lesson,
        "effect": effect_reports.measured(measurements[-1]) if is_current else None,
        "verdicts": effect_reports.history(measurements),
        "form": form,
        "problem": problem,
        "told": told_of(lesson),
        "may_tell": lesson.status == Lesson.Status.IN_PLACE and may_tell(user, lesson),
        "came_from": [(row, sees(user, row)) for row in page],
        "page": page,
        "history": history,
        "is_written_down": any(entry.verb == "write" for entry in history),  # else by the closing that taught it
        **_steps(lesson),
    }
    return render(request, "followups/lesson.html", context, status=status)


def _steps(lesson: Lesson) -> dict[str, Any]:
    """The next steps there are, and why there is no “no effect” among them."""
    steps = learning.NEXT[lesson.status]
    why_not = learning.why_not_without_effect(lesson) if Lesson.Status.NO_EFFECT in steps else ""
    offered = [step for step in steps if not (step == Lesson.Status.NO_EFFECT and why_not)]
    return {"steps": [(step, Lesson.Status(step).label) for step in offered], "why_not": why_not}


def _put(request: HttpRequest, lesson: Lesson, form: LessonStepForm) -> tuple[int, str]:
    """HTTP status and what is wrong, if something is."""
    if not form.is_valid():
        form.focus_first_error()
        return 422, ""
    given, wanted = form.cleaned_data, form.cleaned_data["status"]
    who: dict[str, Any] = {"at": timezone.now(), "by": reader(request), "note": given["note"]}
    try:
        if not wanted:
            is_new = learning.revise(lesson=lesson, facts=form.facts, **who)
            messages.success(request, "Saved." if is_new else "Nothing was changed, so nothing was written.")
            return 302, ""
        day = given.get("in_place_on") if wanted == Lesson.Status.IN_PLACE else None
        moved = learning.put(lesson=lesson, status=wanted, in_place_on=day, facts=form.facts, **who)
    except InvalidInput as error:
        form.refuse(error)
        form.focus_first_error()
        return 422, ""
    except Conflict as error:
        if error.code == "already" and not form.says_more:  # pressed twice, or by two people
            messages.info(request, error.sentence)
            return 302, ""
        return 409, error.sentence
    messages.success(request, f"The lesson is {moved.get_status_display().lower()} now.")
    return 302, ""
