"""Acts on the follow-ups that were selected in the queue: assign, snooze, take, give back; each row is told of. Closing
is none of them: each needs its lesson."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from followups import queue
from followups.access import RELATED, TakenMeanwhile, in_reach_of, may_give
from followups.dossier import colleagues_of
from followups.forms import BulkForm, Picked
from followups.models import FollowUp
from followups.services import assigning, snoozing
from followups.services.batching import Batch, do_each
from followups.views.act import next_of
from followups.views.fragments import alert, fragment, wants_fragment
from followups.views.queue import screen
from nps import times
from nps.desk.access import reader, staff_page
from nps.desk.models import User
from nps.errors import NotAllowed

#: So many reasons are read in a toast.
TOLD = 5


@dataclass(frozen=True)
class Act:
    """What is done to each; `words` say so of a number of them; `leads_on` if they are then out of the person's way."""

    do: Callable[[FollowUp, int], object]
    is_done: Callable[[FollowUp], bool]
    words: Callable[[int], str]
    leads_on: bool = True


@staff_page("POST")
def bulk(request: HttpRequest) -> HttpResponse:
    by, at = reader(request), timezone.now()
    look = queue.Look(by, at)
    state = queue.State.read(request.GET, look)
    form = BulkForm(request.POST, people=colleagues_of(by))
    if not form.is_valid():
        wrong = " ".join(str(sentence) for sentences in form.errors.values() for sentence in sentences)
        if wants_fragment(request):
            return alert(request, wrong, status=422)
        messages.error(request, wrong)
        return redirect(f"{reverse('queue')}?{state.here}")
    picked = form.cleaned_data["pick"]
    seen = {
        one.pk: one
        for one in FollowUp.objects.visible_to(by).select_related(*RELATED).filter(pk__in=[one.pk for one in picked])
    }
    act = _act(form.cleaned_data, by, at)
    here = _open_one(request, look, seen)
    key = queue.key_of(here) if here is not None else None
    batch = do_each(((seen[one.pk], one.version) for one in picked if one.pk in seen), act.do, is_done=act.is_done)
    gone = _gone(by, at, [one for one in picked if one.pk not in seen])
    _tell(request, act, batch, gone)
    if not wants_fragment(request):
        return redirect(f"{reverse('queue')}?{state.here}")
    done = {one.pk for one in batch.done}
    task: int | str = ""
    if here is not None and key is not None:
        is_shown = FollowUp.objects.visible_to(by).filter(pk=here.pk).exists()
        goes_on = not is_shown or (here.pk in done and act.leads_on)
        task = (next_of(look, state, key) or "end") if goes_on else here.pk
    state = replace(state, task=str(task), place="")
    context = {**screen(request, look, state, is_fresh=True), "picked": {one.pk for one, _ in batch.left}}
    address = f"{reverse('queue')}?{state.query()}"
    return fragment(request, context, status=200 if batch.done else 409, url=address)


def _act(given: dict[str, Any], by: User, at: datetime) -> Act:
    until, to = given["until"], given["to"]
    if until is not None:
        wakes = times.short(timezone.localtime(until), timezone.localtime(at))
        return Act(
            lambda one, version: snoozing.snooze(follow_up=one, until=until, by=by, at=at, expected_version=version),
            lambda one: one.snoozed_until == until,
            lambda n: f"{_follow_ups(n)} {'sleeps' if n == 1 else 'sleep'} until {wakes}, or until they write.",
        )
    if to is not None:
        mail = " You gave them to yourself." if to == by else f" {to} gets a mail about each."
        return Act(
            lambda one, version: _give(one, to, by, at, version),
            lambda one: one.is_unclosed and one.assignee_id == to.pk,
            lambda n: f"{to} has {_follow_ups(n)} more now.{mail}",
            leads_on=to != by,
        )
    if given["act"] == "claim":
        return Act(
            lambda one, version: _take(one, by, at, version),
            lambda one: one.is_unclosed and one.assignee_id == by.pk,
            lambda n: f"{_follow_ups(n)} taken: {'it is' if n == 1 else 'they are'} yours.",
            leads_on=False,
        )
    return Act(
        lambda one, version: assigning.release(follow_up=one, by=by, at=at, expected_version=version),
        lambda one: one.status == FollowUp.Status.OPEN,
        lambda n: f"{_follow_ups(n)} given back; the next on shift gets {'it' if n == 1 else 'them'}.",
    )


def _give(one: FollowUp, to: User, by: User, at: datetime, version: int) -> None:
    if not may_give(by, one, to):
        raise NotAllowed("You may pass on what is yours, and take what nobody has.")
    assigning.hand_over(follow_up=one, to=to, by=by, at=at, expected_version=version)


def _take(one: FollowUp, by: User, at: datetime, version: int) -> None:
    if one.assignee_id is not None:
        raise TakenMeanwhile(one, at)
    assigning.claim(follow_up=one, by=by, at=at, expected_version=version)


def _follow_ups(number: int) -> str:
    return f"{number} follow-up{'s' * (number != 1)}"


def _open_one(request: HttpRequest, look: queue.Look, seen: dict[int, FollowUp]) -> FollowUp | None:
    """What stands beside the list, as it was before the act."""
    task = queue.State.read({"task": request.POST.get("task", "")}, look).task
    if not task.isdigit():
        return None
    return seen.get(int(task)) or FollowUp.objects.visible_to(look.user).filter(pk=int(task)).first()


def _gone(by: User, at: datetime, missing: Sequence[Picked]) -> list[tuple[str, str]]:
    """Of those that this person sees no more: who has it now, where they may hear it; else only that it is gone."""
    if not missing:
        return []
    known = {one.pk: one for one in in_reach_of(by, [one.pk for one in missing])}
    told = []
    for one in missing:
        row = known.get(one.pk)
        if row is None:
            told.append((f"Follow-up {one.pk}", "It is not there for you."))
        else:
            told.append((row.customer.name, TakenMeanwhile(row, at).sentence))
    return told


def _tell(request: HttpRequest, act: Act, batch: Batch, gone: list[tuple[str, str]]) -> None:
    if batch.done:
        messages.success(request, act.words(len(batch.done)))
    left = [(one.customer.name, why) for one, why in batch.left] + gone
    if left:
        reasons = " ".join(f"{name}: {why}" for name, why in left[:TOLD])
        more = f" And {len(left) - TOLD} more." if len(left) > TOLD else ""
        messages.error(request, f"{_follow_ups(len(left))} not done. {reasons}{more}")
