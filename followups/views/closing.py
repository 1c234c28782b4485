"""The page that closes a follow-up: how it ended, why it happened, what was learned."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from followups.access import May, follow_up_or_404
from followups.evidence import Evident, evident_cause
from followups.forms import CloseForm, SuggestForm
from followups.models import FollowUp, Lesson, Outcome, RootCause
from followups.services import closing, learning
from followups.services.closing import PromiseMade
from followups.similar import Note, suggested
from followups.views.act import Act, act_page
from followups.views.fragments import sheet, wants_fragment
from nps.desk.access import reader, staff_page
from nps.errors import Conflict, InvalidInput


@act_page("GET", "HEAD", "POST")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    if request.method == "POST":
        return _posted(act)
    if not act.follow_up.is_unclosed:
        if wants_fragment(request):
            raise Conflict(f"This follow-up is {act.follow_up.get_status_display().lower()} already.")
        return redirect("followup", pk=pk)
    if not May.of(reader(request), act.follow_up).work:
        raise PermissionDenied("Somebody else has to close this one.")
    evident = evident_cause(act.follow_up)
    form = CloseForm(initial=_start(act, evident))
    if evident:
        form.say_why_chosen(evident.words)
    return _page(act, form, cause=evident.cause if evident else None)


def _start(act: Act, evident: Evident | None) -> dict[str, Any]:
    unwanted = act.follow_up.response.contact_choice == "no"
    return {
        "version": act.follow_up.version,
        "lesson": "new",
        "promise_owner": act.by.pk,
        "root_cause": evident.cause.pk if evident else None,
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
    except Conflict as error:
        outcome = form.cleaned_data["outcome"]
        if act.was_done_by_me("close", outcome=outcome):
            return act.advance("Closed once.")
        if act.was_done_by_me("ask_second", outcome=outcome):
            return act.advance("Asked once; a second person answers.")
        act = Act(act.request, act.follow_up.pk)
        form.resend("version", act.follow_up.version)
        return _again(act, form, 409, error.sentence)
    if act.follow_up.is_unclosed:
        return act.advance("Not closed yet: a second person is asked whether the customer gave this answer.")
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
    cause = form.cleaned_data.get("root_cause")
    return _page(act, form, cause=cause, status=status, problem=problem)


def _page(act: Act, form: CloseForm, *, cause: RootCause | None, status: int = 200, problem: str = "") -> HttpResponse:
    allowed, why = closing.may_say_not_reached(act.follow_up)
    chosen = form["outcome"].value()
    form.ask_for_lessons(reverse("followup-close-lessons", args=[act.follow_up.pk]))
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
        "lessons": _suggested(act.follow_up, form, cause),
        "picked": str(form["lesson"].value() or "new"),
        "shortest": learning.SHORTEST,
    }
    if wants_fragment(act.request):
        return sheet(act.request, "followups/_close_form.html", context, status=status)
    return render(act.request, "followups/close.html", context, status=status)


def _suggested(follow_up: FollowUp, form: CloseForm, cause: RootCause | None) -> list[Note]:
    picked = form.cleaned_data.get("lesson") if form.is_bound else None
    return suggested(follow_up, cause=cause, picked=picked if isinstance(picked, Lesson) else None)


@staff_page()
def lessons(request: HttpRequest, pk: int) -> HttpResponse:
    """The known lessons for another root cause, to be put into the open form. Nothing is written."""
    follow_up = follow_up_or_404(request, pk)
    form = SuggestForm(request.GET)
    form.is_valid()
    picked = form.cleaned_data.get("lesson")
    known = suggested(
        follow_up, cause=form.cleaned_data.get("root_cause"), picked=picked if isinstance(picked, Lesson) else None
    )
    context = {"lessons": known, "picked": request.GET.get("lesson", "")}
    return render(request, "followups/_suggested.html", context)
