"""The page that closes a follow-up: how it ended, why it happened, what was learned."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from followups.access import May
from followups.dossier import similar_lessons
from followups.forms import CloseForm
from followups.models import FollowUp, Lesson, Outcome, RootCause
from followups.services import closing, learning
from followups.services.closing import PromiseMade
from followups.services.moving import ChangedMeanwhile
from followups.views.acting import Act
from nps.desk.access import reader, staff_page
from nps.errors import InvalidInput

SUGGESTED = 4


@staff_page("GET", "HEAD", "POST")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    if request.method == "POST":
        return _posted(act)
    if not act.follow_up.is_unclosed:
        return redirect("followup", pk=pk)
    if not May.of(reader(request), act.follow_up).work:
        raise PermissionDenied("Somebody else has to close this one.")
    return _page(act, CloseForm(initial=_start(act)))


def _start(act: Act) -> dict[str, Any]:
    unwanted = act.follow_up.response.contact_choice == "no"
    return {
        "version": act.follow_up.version,
        "lesson": "new",
        "promise_owner": act.by.pk,
        "outcome": Outcome.NO_CONTACT if unwanted else None,
    }


def _posted(act: Act) -> HttpResponse:
    form = CloseForm(act.request.POST)
    if not form.is_valid():
        return _again(act, form, 422)
    try:
        closing.close(follow_up=act.follow_up, by=act.by, at=act.at, **_facts(form.cleaned_data))
    except InvalidInput as error:
        # What the verb calls the lesson is written in the box of the new one.
        error.field = "lesson_text" if error.field == "lesson" else error.field
        form.refuse(error)
        return _again(act, form, 422)
    except ChangedMeanwhile as error:
        if act.was_done_by_me("close", outcome=form.cleaned_data["outcome"]):
            return act.advance("Closed once.")
        act = Act(act.request, act.follow_up.pk)
        form.resend("version", act.follow_up.version)
        return _again(act, form, 409, error.sentence)
    return act.advance(f"Closed: {act.follow_up.get_outcome_display().lower()}. {_learned(act.follow_up)}")


def _facts(given: dict[str, Any]) -> dict[str, Any]:
    picked = given["lesson"]
    promise = None
    if given["outcome"] == Outcome.PROMISED:
        promise = PromiseMade(text=given["promise"], due_on=given["promise_due_on"], owner=given["promise_owner"])
    return {
        "outcome": given["outcome"],
        "root_cause": given["root_cause"],
        "lesson_kind": given["lesson_kind"],
        "lesson_text": given["lesson_text"],
        "lesson": picked if isinstance(picked, Lesson) else None,
        "note": given["note"],
        "promise": promise,
        "confirmed_by": given["confirmed_by"] if given["outcome"] == Outcome.NOT_GIVEN else None,
        "ask_again_on": given["ask_again_on"],
        "expected_version": given["version"],
    }


def _learned(follow_up: FollowUp) -> str:
    match follow_up.lesson_kind:
        case FollowUp.LessonKind.NEW:
            return "The lesson is kept."
        case FollowUp.LessonKind.KNOWN:
            return "The known lesson was seen once more."
    return "Nothing new was learned."


def _again(act: Act, form: CloseForm, status: int, problem: str = "") -> HttpResponse:
    form.focus_first_error()
    return _page(act, form, status=status, problem=problem)


def _page(act: Act, form: CloseForm, *, status: int = 200, problem: str = "") -> HttpResponse:
    allowed, why = closing.may_say_not_reached(act.follow_up)
    chosen = form["outcome"].value()
    context = {
        "follow_up": act.follow_up,
        "form": form,
        "problem": problem,
        "address": act.address("followup-close", keeps_place=True),
        "state": act.state,
        "outcomes": [
            {
                "value": value,
                "label": label,
                "is_checked": value == chosen,
                "is_disabled": value == Outcome.NOT_REACHED and not allowed,
            }
            for value, label in Outcome.choices
        ],
        "not_reached_why": "" if allowed else why,
        "lessons": _suggested(act.follow_up, form),
        "picked": str(form["lesson"].value() or "new"),
        "shortest": learning.SHORTEST,
    }
    return render(act.request, "followups/close.html", context, status=status)


def _suggested(follow_up: FollowUp, form: CloseForm) -> list[Lesson]:
    """Known lessons to pick with one click: of the chosen cause, then of similar cases, then those seen most often."""
    found: dict[str, Lesson] = {}

    def add(lessons: Iterable[Lesson]) -> None:
        for lesson in lessons:
            if len(found) < SUGGESTED:
                found.setdefault(lesson.text.casefold(), lesson)

    cause, picked = (
        (form.cleaned_data.get(name) for name in ("root_cause", "lesson")) if form.is_bound else (None, None)
    )
    if isinstance(picked, Lesson):
        add([picked])
    if isinstance(cause, RootCause):
        add(learning.known_lessons(cause))
    add(similar_lessons(follow_up))
    if len(found) < SUGGESTED:
        add(Lesson.objects.exclude(status=Lesson.Status.REJECTED).order_by("-times_seen", "-pk")[: 2 * SUGGESTED])
    return list(found.values())
