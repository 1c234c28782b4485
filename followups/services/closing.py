"""Close a follow-up with what came of it, why, and what was learned; open it again; cancel it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from followups import rules
from followups.models import Attempt, FollowUp, HistoryEntry, Lesson, Letter, Outcome, Promise, RootCause
from followups.policies import deadlines
from followups.services import attributing, confirming, learning
from followups.services.assigning import claim
from followups.services.concluding import conclude
from followups.services.moving import move, record
from followups.services.telling import tell_assignee
from nps.desk.calendars import calendar_of
from nps.desk.hours import zone_named
from nps.desk.models import User
from nps.errors import InvalidInput
from nps.survey.services import answering
from nps.text import clean_text

#: what an ending leaves on the row, taken back; every clock and every ladder begins anew
UNENDED: dict[str, Any] = {
    "outcome": "",
    "lesson_kind": "",
    "lesson": None,
    "root_cause": None,
    "confirmed_by": None,
    "closed_by": None,
    "closed_at": None,
    "escalation": FollowUp.Escalation.NONE,
    "hand_overs": 0,
}
#: how a promise ends: kept, or not
SETTLING = ("promise_kept", "promise_broken")


@dataclass(frozen=True)
class PromiseMade:
    """What was promised, by which day (the owning team's), and who keeps it."""

    text: str
    due_on: date
    owner: User


@transaction.atomic
def close(
    *,
    follow_up: FollowUp,
    by: User,
    at: datetime,
    outcome: str,
    root_cause: RootCause | None,
    lesson_kind: str,
    lesson_text: str = "",
    lesson: Lesson | None = None,
    note: str = "",
    promise: PromiseMade | None = None,
    ask_again_on: date | None = None,
    expected_version: int | None = None,
) -> FollowUp:
    """Close it. InvalidInput names the first field that is missing or not allowed; nothing is written then.

    Outcome, root cause and lesson are required: a new lesson (`lesson_text`, a full sentence), a known one
    (`lesson`), or nothing new. “Could not reach” needs the policy's attempts, “promise made” a promise. “Not given by
    the customer” needs a note and a second person: it comes back *not closed*, with that question asked (see
    confirming)."""
    note = clean_text(note, field="note")
    _check_outcome(follow_up, outcome, note, by)
    promise = _checked_promise(follow_up, outcome, promise, at)
    if ask_again_on is not None and ask_again_on <= _local_day(follow_up, at):
        raise InvalidInput("Choose a day after today.", field="ask_again_on")
    if root_cause is None:
        raise InvalidInput("Choose a root cause.", field="root_cause", code="required")
    learning.check(kind=lesson_kind, text=lesson_text, known=lesson)
    answering.hold(response_id=follow_up.response_id)
    if follow_up.status == FollowUp.Status.OPEN:
        claim(follow_up=follow_up, by=by, at=at, expected_version=expected_version)
        expected_version = None
    why: dict[str, Any] = {"root_cause": root_cause, "lesson_kind": lesson_kind}
    if outcome == Outcome.NOT_GIVEN:
        why |= {"lesson_text": lesson_text, "lesson": lesson, "expected_version": expected_version}
        confirming.ask(follow_up=follow_up, by=by, at=at, reason=note, **why)
        return follow_up
    kept = learning.learned(
        kind=lesson_kind, text=lesson_text, known=lesson, root_cause=root_cause, follow_up=follow_up, by=by, at=at
    )
    confirming.withdraw_pending(follow_up=follow_up, by=by, at=at)
    why |= {"lesson": kept, "note": note, "ask_again_on": ask_again_on, "expected_version": expected_version}
    closed = conclude(follow_up=follow_up, by=by, at=at, outcome=outcome, **why)
    if promise is not None:
        facts = {"text": promise.text, "due_on": promise.due_on, "owner": promise.owner}
        Promise.objects.create(follow_up=closed, made_at=at, **facts)
    return closed


def _check_outcome(follow_up: FollowUp, outcome: str, note: str, by: User) -> None:
    if outcome not in Outcome.values:
        raise InvalidInput(f"Choose how it ended: one of {', '.join(Outcome.values)}.", field="outcome")
    if outcome == Outcome.NOT_REACHED:
        allowed, why = may_say_not_reached(follow_up)
        if not allowed:
            raise InvalidInput(f"“Could not reach” is not allowed yet: {why}.", field="outcome", code="attempts")
    if outcome == Outcome.NOT_GIVEN:
        confirming.check(follow_up=follow_up, by=by, reason=note)


def _checked_promise(
    follow_up: FollowUp, outcome: str, promise: PromiseMade | None, at: datetime
) -> PromiseMade | None:
    if promise is None:
        if outcome == Outcome.PROMISED:
            raise InvalidInput("Say what was promised, by when and who keeps it.", field="promise", code="required")
        return None
    if promise.due_on < _local_day(follow_up, at):
        raise InvalidInput("The promise's day is past; choose a later one.", field="promise_due_on")
    return replace(promise, text=clean_text(promise.text, field="promise", is_required=True))


def _local_day(follow_up: FollowUp, at: datetime) -> date:
    """The day it is at `at` for the owning team."""
    return at.astimezone(zone_named(calendar_of(follow_up.team_id).zone)).date()


def may_say_not_reached(follow_up: FollowUp) -> tuple[bool, str]:
    """Whether “could not reach” is allowed by the policy's attempts, and the count in words."""
    tried = follow_up.attempts.filter(undone_at__isnull=True)
    tried = tried.exclude(Letter.unsent("letter__"))  # nobody was tried by an e-mail that never left
    begun = follow_up.history.filter(verb__in=rules.BEGIN_AGAIN).order_by("-at").first()
    if begun is not None:
        tried = tried.filter(at__gt=begun.at)  # trying them before it began again says nothing about now
    facts = [rules.AttemptFact(channel=a.via, outcome=a.result, on=_local_day(follow_up, a.at)) for a in tried]
    policy = follow_up.policy
    return rules.could_not_reach_allowed(
        facts, needed=policy.attempts_needed, days=policy.attempt_days_needed, channels=policy.channels_needed
    )


def ending_of(follow_up: FollowUp) -> dict[str, Any]:
    """What it ended with and by when, for the history of one that begins again."""
    return {
        "outcome": follow_up.outcome,
        "lesson_kind": follow_up.lesson_kind,
        "lesson": follow_up.lesson_id,
        "first_contact_due_at": follow_up.first_contact_due_at.isoformat(),
        "close_due_at": follow_up.close_due_at.isoformat(),
    }


@transaction.atomic
def reopen(
    *, follow_up: FollowUp, by: User, at: datetime, reason: str = "", expected_version: int | None = None
) -> FollowUp:
    """Open a closed or cancelled one again for who had it, or for `by` where nobody did or they have left; what it was
    closed with stays in the history.

    Its clocks begin again by its policy: nobody can meet a deadline that passed while it was closed. The customer who
    was reached stays reached."""
    reason = clean_text(reason, field="reason", max_length=500)
    answering.hold(response_id=follow_up.response_id)
    policy = follow_up.policy
    first_contact_due_at, close_due_at = deadlines(policy, calendar_of(follow_up.team_id), at)
    if follow_up.reached_at is not None:
        first_contact_due_at = follow_up.first_contact_due_at
    holder = follow_up.assignee if follow_up.assignee is not None and follow_up.assignee.is_active else by
    taught = follow_up.lesson_id
    reopened = move(
        follow_up,
        "reopen",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=f"Reopened, to be closed within {policy.close_days} working days. {reason}".strip(),
        detail=ending_of(follow_up),
        assignee=holder,
        assigned_at=at,
        acknowledged_at=at if holder == by else None,
        first_contact_due_at=first_contact_due_at,
        close_due_at=close_due_at,
        due_at=close_due_at if follow_up.reached_at is not None else first_contact_due_at,
        **UNENDED,
    )
    learning.unlearned(taught)
    attributing.settle(reopened)
    if holder != by:
        tell_assignee(reopened, holder, at, purpose="followups.reopened")
    return reopened


def cancel(
    *, follow_up: FollowUp, by: User, at: datetime, reason: str, expected_version: int | None = None
) -> FollowUp:
    """Take it out of the queue with a reason, such as a duplicate record. It stays in every count."""
    reason = clean_text(reason, field="reason", max_length=500, is_required=True)
    with transaction.atomic():
        confirming.withdraw_pending(follow_up=follow_up, by=by, at=at)
        return move(
            follow_up,
            "cancel",
            at=at,
            actor=by,
            expected_version=expected_version,
            sentence=f"Cancelled: {reason}",
            snoozed_until=None,
            second_asked_at=None,
        )


@transaction.atomic
def settle_promise(*, promise: Promise, is_kept: bool, by: User, at: datetime) -> bool:
    """Say whether a promise was kept or broken. False if that was said already."""
    open_promise = Promise.objects.filter(pk=promise.pk, kept_at__isnull=True, broken_at__isnull=True)
    said = open_promise.update(**({"kept_at": at} if is_kept else {"broken_at": at}))
    if said:
        record(
            promise.follow_up,
            SETTLING[0] if is_kept else SETTLING[1],
            at=at,
            actor=by,
            sentence=_settled(promise, is_kept),
            detail={"promise": promise.pk},
        )
    return bool(said)


def history_of_promise(promise: Promise) -> QuerySet[HistoryEntry]:
    """When it was made and what was said of it, by whom: lines of its follow-up's history, oldest first. Lines that do
    not name a promise are known by its words."""
    by_words = Q(detail={}, sentence__in=[_settled(promise, is_kept) for is_kept in (True, False)])
    settled = Q(verb__in=SETTLING) & (Q(detail__promise=promise.pk) | by_words)
    made = Q(verb__in=("close", "confirm"), at=promise.made_at)
    lines = HistoryEntry.objects.filter(settled | made, follow_up_id=promise.follow_up_id)
    return lines.select_related("actor").order_by("at", "pk")


def _settled(promise: Promise, is_kept: bool) -> str:
    return f"The promise was {'kept' if is_kept else 'broken'}: {promise.text}"


def attempts_of(follow_up: FollowUp) -> list[Attempt]:
    """The attempts that count, oldest first."""
    return list(follow_up.attempts.filter(undone_at__isnull=True).order_by("at", "pk"))
