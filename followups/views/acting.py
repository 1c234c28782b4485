"""What staff do with a follow-up: each is one POST, one verb, one sentence of what happened, then the next one."""

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from followups.access import TakenMeanwhile, leads, may_give
from followups.dossier import people_for
from followups.forms import AssignForm, AttemptForm, NoteForm, ReasonForm, SnoozeForm
from followups.models import Attempt, FollowUp, Promise
from followups.services import assigning, closing, reaching_out, snoozing
from followups.services.moving import ChangedMeanwhile
from followups.views.act import Act, act_page
from followups.views.fragments import wants_fragment
from nps import times
from nps.desk.models import User
from nps.errors import InvalidInput


@act_page()
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    form = AttemptForm(request.POST, prefix="attempt")
    if not form.is_valid():
        return act.refused(attempt_form=form)
    given = form.cleaned_data
    facts = {"via": given["via"], "result": given["result"]}
    try:
        logged = reaching_out.log_attempt(
            follow_up=act.follow_up,
            by=act.by,
            at=act.at,
            note=given["note"],
            expected_version=given["version"],
            **facts,
        )
    except InvalidInput as error:
        form.refuse(error)
        return act.refused(attempt_form=form)
    except ChangedMeanwhile as error:
        if act.was_done_by_me("log_attempt", **facts):
            return _after_attempt(act, facts["result"], "Logged once.", "")
        # A page with scripts keeps the note in its own box; only what stands in this form is shown again in it.
        is_typed = "attempt-via" in request.POST or (given["note"] and not wants_fragment(request))
        return act.stopped(error, **({"attempt_form": form} if is_typed else {}))
    name = act.follow_up.customer.name
    words = f"{logged.get_result_display()} logged for {name}. Next try {act.due_words()}."
    if logged.result == Attempt.Result.REACHED:
        words = f"{name} reached. First contact is written down."
    return _after_attempt(act, logged.result, words, act.address("followup-undo", logged.pk))


def _after_attempt(act: Act, result: str, words: str, undo: str) -> HttpResponse:
    """Whoever reached the customer goes on to close; everybody else to the next one."""
    if result != Attempt.Result.REACHED:
        return act.advance(words, undo)
    closing_page = act.address("followup-close", keeps_place=True)
    if wants_fragment(act.request):
        response = act.stay(words, undo)
        response["HX-Trigger-After-Settle"] = json.dumps({"nines:sheet": {"url": closing_page}})
        return response
    messages.success(act.request, words, extra_tags=undo)
    return redirect(closing_page)


@act_page()
def undo(request: HttpRequest, pk: int, attempt_pk: int) -> HttpResponse:
    act = Act(request, pk)
    logged = get_object_or_404(Attempt, pk=attempt_pk, follow_up=act.follow_up)
    if logged.undone_at is None:
        act.follow_up = reaching_out.undo_attempt(attempt=logged, by=act.by, at=act.at)
    return act.stay(f"Taken back. Due as before: {act.due_words()}.")


@act_page()
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    form = SnoozeForm(request.POST, prefix="snooze")
    if not form.is_valid():
        return act.refused(snooze_form=form)
    until = form.cleaned_data["until"] or form.cleaned_data["pick"]
    try:
        snoozing.snooze(
            follow_up=act.follow_up, until=until, by=act.by, at=act.at, expected_version=form.cleaned_data["version"]
        )
    except InvalidInput as error:
        form.refuse(error)
        return act.refused(snooze_form=form)
    except ChangedMeanwhile as error:
        if not act.was_done_by_me("snooze", until=until.isoformat()):
            return act.stopped(error, snooze_form=form)
    wakes = times.short(timezone.localtime(until), timezone.localtime(act.at))
    words = f"{act.follow_up.customer.name} sleeps until {wakes}, or until they write."
    return act.advance(words, act.address("followup-snooze-undo"))


@act_page()
def undo_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    act.follow_up = snoozing.undo_snooze(follow_up=act.follow_up, by=act.by, at=act.at)
    until = act.follow_up.snoozed_until
    if until is None:
        return act.stay("Taken back. It is awake again.")
    return act.stay(
        f"Taken back. It sleeps until {times.short(timezone.localtime(until), timezone.localtime(act.at))}."
    )


@act_page()
def wake(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    snoozing.wake(follow_up=act.follow_up, at=act.at, by=act.by)
    return act.stay("Awake again.")


@act_page()
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        act = Act(request, pk)
    except TakenMeanwhile as error:
        # Given away by the first press of the button.
        if error.follow_up.history.order_by("-at", "-pk").values_list("actor_id", flat=True).first() != request.user.pk:
            raise
        return redirect("queue")
    form = AssignForm(request.POST, prefix="assign", people=people_for(act.follow_up, act.by))
    if not form.is_valid():
        return act.refused(assign_form=form)
    to = User.objects.get(pk=form.cleaned_data["to"])
    if not may_give(act.by, act.follow_up, to):
        raise PermissionDenied("You may pass on what is yours, and take what nobody has.")
    try:
        assigning.hand_over(
            follow_up=act.follow_up,
            to=to,
            by=act.by,
            at=act.at,
            note=form.cleaned_data["note"],
            expected_version=form.cleaned_data["version"],
        )
    except InvalidInput as error:
        form.refuse(error)
        return act.refused(assign_form=form)
    except ChangedMeanwhile as error:
        if act.follow_up.assignee_id != to.pk:
            return act.stopped(error, assign_form=form)
    return act.advance(f"{to} has {act.follow_up.customer.name} now, and gets a mail about it.")


@act_page()
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    if act.follow_up.assignee_id not in (None, act.by.pk):
        return act.stopped(TakenMeanwhile(act.follow_up, act.at))
    if act.follow_up.assignee_id is None:
        try:
            assigning.claim(follow_up=act.follow_up, by=act.by, at=act.at)
        except ChangedMeanwhile:
            now = Act(request, pk)  # who was quicker stands in the row
            return now.stopped(TakenMeanwhile(now.follow_up, now.at))
    return act.stay(f"{act.follow_up.customer.name} is yours.")


@act_page()
def release(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    if act.follow_up.status != FollowUp.Status.OPEN:
        assigning.release(follow_up=act.follow_up, by=act.by, at=act.at)
    return act.advance(f"{act.follow_up.customer.name} is given back; the next on shift gets it.")


@act_page()
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    assigning.acknowledge(follow_up=act.follow_up, by=act.by, at=act.at)
    return act.stay("Acknowledged.")


@act_page()
def note(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    form = NoteForm(request.POST, prefix="note")
    if not form.is_valid():
        return act.refused(note_form=form)
    text = form.cleaned_data["text"]
    if not _is_last_note(act, text):
        reaching_out.add_note(follow_up=act.follow_up, text=text, by=act.by, at=act.at)
    return act.stay("Note saved.")


def _is_last_note(act: Act, text: str) -> bool:
    """The same words as the last entry, by the same person: the button was pressed twice."""
    last = act.follow_up.history.order_by("-at", "-pk").first()
    return last is not None and last.verb == "note" and last.actor_id == act.by.pk and last.sentence == text


@act_page()
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    _only_leads(act, "reopen")
    form = ReasonForm(request.POST, prefix="reason")
    if not form.is_valid():
        return act.refused(reason_form=form)
    try:
        closing.reopen(follow_up=act.follow_up, by=act.by, at=act.at, reason=form.cleaned_data["reason"])
    except ChangedMeanwhile as error:
        return act.stopped(error, reason_form=form)
    return act.stay(f"Open again, with {act.follow_up.assignee}.")


@act_page()
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    _only_leads(act, "cancel")
    form = ReasonForm(request.POST, prefix="reason")
    if not form.is_valid():
        return act.refused(reason_form=form)
    try:
        closing.cancel(follow_up=act.follow_up, by=act.by, at=act.at, reason=form.cleaned_data["reason"])
    except ChangedMeanwhile as error:
        return act.stopped(error, reason_form=form)
    return act.advance(f"Cancelled. {act.follow_up.customer.name}’s answer stays in every figure.")


def _only_leads(act: Act, verb: str) -> None:
    if not leads(act.by, act.follow_up):
        raise PermissionDenied(f"Only a lead of {act.follow_up.team} or a manager can {verb} a follow-up.")


@act_page()
def promise(request: HttpRequest, pk: int, promise_pk: int) -> HttpResponse:
    act = Act(request, pk)
    made = get_object_or_404(Promise, pk=promise_pk, follow_up=act.follow_up)
    is_kept = request.POST.get("kept") == "yes"
    closing.settle_promise(promise=made, is_kept=is_kept, by=act.by, at=act.at)
    return act.stay("Promise kept." if is_kept else "Promise broken: written down.")
