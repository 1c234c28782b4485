"""What staff do with a follow-up: each is one POST, one verb, one sentence of what happened, then the next one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from followups import queue
from followups.access import TakenMeanwhile, follow_up_to_act_on, leads, sees
from followups.dossier import people_for
from followups.forms import AssignForm, AttemptForm, NoteForm, ReasonForm, SnoozeForm
from followups.models import Attempt, FollowUp, Promise
from followups.services import assigning, closing, reaching_out, snoozing
from followups.services.moving import ChangedMeanwhile
from followups.views.queue import show
from nps import times
from nps.desk.access import reader, staff_page
from nps.desk.forms import DoorForm
from nps.desk.models import User
from nps.errors import InvalidInput


class Act:
    """One act on one follow-up: who does it, when, and where it leads afterwards."""

    def __init__(self, request: HttpRequest, pk: int) -> None:
        self.request = request
        self.by: User = reader(request)
        self.at = timezone.now()
        self.follow_up = follow_up_to_act_on(request, pk)
        self.look = queue.Look(self.by, self.at)
        self.state = queue.State.read(request.GET.dict(), self.look) if "view" in request.GET else None
        # Reaching somebody moves the deadline: then the URL says where in the view the person was before.
        self._key = queue.read_cursor(self.state.after if self.state else "") or queue.key_of(self.follow_up)

    def stay(self, words: str, undo: str = "") -> HttpResponse:
        """The same follow-up again, where the person still sees it."""
        messages.success(self.request, words, extra_tags=undo)
        if not sees(self.by, self.follow_up):
            return redirect(self._queue(task=""))
        if self.state is None:
            return redirect("followup", pk=self.follow_up.pk)
        return redirect(self._queue(task=self.follow_up.pk))

    def advance(self, words: str, undo: str = "") -> HttpResponse:
        """The next of the view that the person works through; from its own page, the same one again."""
        if self.state is None:
            return self.stay(words, undo)
        messages.success(self.request, words, extra_tags=undo)
        return redirect(self._queue(task=queue.next_after(self.look, self.state, self._key) or "end"))

    def _queue(self, **changes: Any) -> str:
        state = self.state or queue.State(view=self.look.default_view)
        return f"{reverse('queue')}?{state.query(after='', **changes)}"

    def refused(self, **forms: DoorForm) -> HttpResponse:
        for form in forms.values():
            form.focus_first_error()
        return show(self.request, self.follow_up, status=422, forms=forms)

    def stopped(self, error: ChangedMeanwhile, **forms: DoorForm) -> HttpResponse:
        """The change is shown first; what was typed stays, with the new version under it."""
        now = follow_up_to_act_on(self.request, self.follow_up.pk)
        for form in forms.values():
            form.resend("version", now.version)
        return show(self.request, now, status=409, problem=error.sentence, forms=forms)

    def was_done_by_me(self, verb: str, **detail: Any) -> bool:
        """Whether the change that came in between is this very act: the button was pressed twice."""
        last = self.follow_up.history.exclude(verb="claim").order_by("-at", "-pk").first()
        return (
            last is not None
            and last.verb == verb
            and last.actor_id == self.by.pk
            and all(last.detail.get(name) == value for name, value in detail.items())
            and (self.at - last.at).total_seconds() < 60
        )

    def address(self, name: str, *args: int, keeps_place: bool = False) -> str:
        """Of another act on the same follow-up; `keeps_place` for one that ends the turn that this one began."""
        place = queue.as_cursor(self._key) if keeps_place else ""
        here = f"?{self.state.query(task='', after=place)}" if self.state else ""
        return f"{reverse(name, args=[self.follow_up.pk, *args])}{here}"


def due_words(act: Act) -> str:
    local = timezone.localtime(act.follow_up.due_at)
    return times.short(local, timezone.localtime(act.at))


@staff_page("POST")
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
        return act.stopped(error, attempt_form=form)
    name = act.follow_up.customer.name
    words = f"{logged.get_result_display()} logged for {name}. Next try {due_words(act)}."
    if logged.result == Attempt.Result.REACHED:
        words = f"{name} reached. First contact is written down."
    return _after_attempt(act, logged.result, words, act.address("followup-undo", logged.pk))


def _after_attempt(act: Act, result: str, words: str, undo: str) -> HttpResponse:
    """Whoever reached the customer goes on to close; everybody else to the next one."""
    if result != Attempt.Result.REACHED:
        return act.advance(words, undo)
    messages.success(act.request, words, extra_tags=undo)
    return redirect(act.address("followup-close", keeps_place=True))


@staff_page("POST")
def undo(request: HttpRequest, pk: int, attempt_pk: int) -> HttpResponse:
    act = Act(request, pk)
    logged = get_object_or_404(Attempt, pk=attempt_pk, follow_up=act.follow_up)
    if logged.undone_at is None:
        act.follow_up = reaching_out.undo_attempt(attempt=logged, by=act.by, at=act.at)
    return act.stay(f"Taken back. Due as before: {due_words(act)}.")


@staff_page("POST")
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
    return act.advance(f"{act.follow_up.customer.name} sleeps until {wakes}, or until they write.")


@staff_page("POST")
def wake(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    snoozing.wake(follow_up=act.follow_up, at=act.at, by=act.by)
    return act.stay("Awake again.")


@staff_page("POST")
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        act = Act(request, pk)
    except TakenMeanwhile as error:
        # Given away by the first press of the button.
        if error.follow_up.history.order_by("-at", "-pk").values_list("actor_id", flat=True).first() != request.user.pk:
            raise
        return redirect("queue")
    form = AssignForm(request.POST, prefix="assign", people=people_for(act.follow_up))
    if not form.is_valid():
        return act.refused(assign_form=form)
    to = User.objects.get(pk=form.cleaned_data["to"])
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


@staff_page("POST")
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    if act.follow_up.assignee_id != act.by.pk:
        try:
            assigning.claim(follow_up=act.follow_up, by=act.by, at=act.at)
        except ChangedMeanwhile as error:
            return act.stopped(error)
    return act.stay(f"{act.follow_up.customer.name} is yours.")


@staff_page("POST")
def release(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    if act.follow_up.status != FollowUp.Status.OPEN:
        assigning.release(follow_up=act.follow_up, by=act.by, at=act.at)
    return act.advance(f"{act.follow_up.customer.name} is given back; the next on shift gets it.")


@staff_page("POST")
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    assigning.acknowledge(follow_up=act.follow_up, by=act.by, at=act.at)
    return act.stay("Acknowledged.")


@staff_page("POST")
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


@staff_page("POST")
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


@staff_page("POST")
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


@staff_page("POST")
def promise(request: HttpRequest, pk: int, promise_pk: int) -> HttpResponse:
    act = Act(request, pk)
    made = get_object_or_404(Promise, pk=promise_pk, follow_up=act.follow_up)
    is_kept = request.POST.get("kept") == "yes"
    closing.settle_promise(promise=made, is_kept=is_kept, by=act.by, at=act.at)
    return act.stay("Promise kept." if is_kept else "Promise broken: written down.")
