"""Close a follow-up with what came of it, why, and what was learned; open it again; cancel it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from followups import rules
from followups.models import Attempt, FollowUp, Lesson, Outcome, Promise, RootCause
from followups.services import learning
from followups.services.assigning import claim
from followups.services.moving import move, record
from nps.desk.calendars import calendar_of
from nps.desk.hours import zone_named
from nps.desk.models import User
from nps.errors import InvalidInput
from nps.outbox.services.enqueueing import enqueue
from nps.text import clean_text


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
    confirmed_by: User | None = None,
    ask_again_on: date | None = None,
    expected_version: int | None = None,
) -> FollowUp:
    """Close it. InvalidInput names the first field that is missing or not allowed; nothing is written then.

    Outcome, root cause and lesson are required: a new lesson (`lesson_text`, a full sentence), a known one
    (`lesson`), or nothing new. “Could not reach” needs the policy's attempts, “promise made” a promise, “not given by
    the customer” a note and a second person."""
    note = clean_text(note, field="note")
    _check_outcome(follow_up, outcome, note, promise, confirmed_by, by, at)
    if root_cause is None:
        raise InvalidInput("Choose a root cause.", field="root_cause", code="required")
    kept = learning.learned(
        kind=lesson_kind, text=lesson_text, known=lesson, root_cause=root_cause, follow_up=follow_up, by=by, at=at
    )
    if follow_up.status == FollowUp.Status.OPEN:
        claim(follow_up=follow_up, by=by, at=at, expected_version=expected_version)
        expected_version = None
    closed = move(
        follow_up,
        "close",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=f"Closed: {Outcome(outcome).label.lower()}. Cause: {root_cause}.",
        detail={"outcome": outcome, "root_cause": root_cause.slug, "lesson_kind": lesson_kind},
        outcome=outcome,
        outcome_note=note,
        root_cause=root_cause,
        lesson_kind=lesson_kind,
        lesson=kept,
        confirmed_by=confirmed_by if outcome == Outcome.NOT_GIVEN else None,
        closed_by=by,
        closed_at=at,
        snoozed_until=None,
        ask_again_on=ask_again_on,
    )
    if closed.confirmed_by is not None:
        _tell_second_person(closed, closed.confirmed_by, by, at)
    if promise is not None:
        Promise.objects.create(
            follow_up=closed,
            text=clean_text(promise.text, field="promise", is_required=True),
            due_on=promise.due_on,
            owner=promise.owner,
            made_at=at,
        )
    return closed


def _check_outcome(
    follow_up: FollowUp,
    outcome: str,
    note: str,
    promise: PromiseMade | None,
    confirmed_by: User | None,
    by: User,
    at: datetime,
) -> None:
    if outcome not in Outcome.values:
        raise InvalidInput(f"Choose how it ended: one of {', '.join(Outcome.values)}.", field="outcome")
    if outcome == Outcome.NOT_REACHED:
        allowed, why = may_say_not_reached(follow_up)
        if not allowed:
            raise InvalidInput(f"“Could not reach” is not allowed yet: {why}.", field="outcome", code="attempts")
    if outcome == Outcome.PROMISED and promise is None:
        raise InvalidInput("Say what was promised, by when and who keeps it.", field="promise", code="required")
    if promise is not None and promise.due_on < _local_day(follow_up, at):
        raise InvalidInput("The promise's day is past; choose a later one.", field="promise_due_on")
    if outcome == Outcome.NOT_GIVEN:
        if not note.strip():
            raise InvalidInput(
                "Say why you think the customer did not give this answer.", field="note", code="required"
            )
        _check_second_person(follow_up, confirmed_by, by)


def _check_second_person(follow_up: FollowUp, second: User | None, by: User) -> None:
    """Somebody else, who works here, may act, and whom the score was not about."""
    if second is None or second == by or not second.is_active:
        raise InvalidInput("“Not given by the customer” needs a second person who confirms it.", field="confirmed_by")
    if second.pk == follow_up.rated_agent_id or not second.may_write:
        raise InvalidInput(
            f"{second} cannot confirm this: choose an agent, a lead or a manager whom the score was not about.",
            field="confirmed_by",
        )


def _tell_second_person(follow_up: FollowUp, second: User, by: User, at: datetime) -> None:
    """In the history, and by mail: whoever was named can say that it is not so."""
    record(follow_up, "confirm", at=at, actor=by, sentence=f"Named {second} as the second person who confirms this.")
    if second.email:
        key = f"v{follow_up.version}"
        enqueue(
            purpose="followups.confirmed", subject_id=follow_up.pk, recipient=second.email, at=at, key=key, priority=3
        )


def _local_day(follow_up: FollowUp, at: datetime) -> date:
    """The day it is at `at` for the owning team."""
    return at.astimezone(zone_named(calendar_of(follow_up.team_id).zone)).date()


def may_say_not_reached(follow_up: FollowUp) -> tuple[bool, str]:
    """Whether “could not reach” is allowed by the policy's attempts, and the count in words."""
    tried = follow_up.attempts.filter(undone_at__isnull=True)
    reopened = follow_up.history.filter(verb="reopen").order_by("-at").first()
    if reopened is not None:
        tried = tried.filter(at__gt=reopened.at)  # reaching them before it was reopened says nothing about now
    facts = [rules.AttemptFact(channel=a.via, outcome=a.result, on=_local_day(follow_up, a.at)) for a in tried]
    policy = follow_up.policy
    return rules.could_not_reach_allowed(
        facts, needed=policy.attempts_needed, days=policy.attempt_days_needed, channels=policy.channels_needed
    )


def reopen(
    *, follow_up: FollowUp, by: User, at: datetime, reason: str = "", expected_version: int | None = None
) -> FollowUp:
    """Open a closed or cancelled one again for `by`; what it was closed with stays in the history."""
    reason = clean_text(reason, field="reason", max_length=500)
    was = {"outcome": follow_up.outcome, "lesson_kind": follow_up.lesson_kind, "lesson": follow_up.lesson_id}
    return move(
        follow_up,
        "reopen",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=f"Reopened. {reason}".strip(),
        detail=was,
        assignee=follow_up.assignee or by,
        assigned_at=at,
        outcome="",
        lesson_kind="",
        lesson=None,
        root_cause=None,
        confirmed_by=None,
        closed_by=None,
        closed_at=None,
        due_at=max(follow_up.close_due_at, at),
    )


def cancel(
    *, follow_up: FollowUp, by: User, at: datetime, reason: str, expected_version: int | None = None
) -> FollowUp:
    """Take it out of the queue with a reason, such as a duplicate record. It stays in every count."""
    reason = clean_text(reason, field="reason", max_length=500, is_required=True)
    return move(
        follow_up,
        "cancel",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=f"Cancelled: {reason}",
        snoozed_until=None,
    )


@transaction.atomic
def settle_promise(*, promise: Promise, is_kept: bool, by: User, at: datetime) -> bool:
    """Say whether a promise was kept or broken. False if that was said already."""
    open_promise = Promise.objects.filter(pk=promise.pk, kept_at__isnull=True, broken_at__isnull=True)
    said = open_promise.update(**({"kept_at": at} if is_kept else {"broken_at": at}))
    if said:
        record(
            promise.follow_up,
            "promise_kept" if is_kept else "promise_broken",
            at=at,
            actor=by,
            sentence=f"The promise was {'kept' if is_kept else 'broken'}: {promise.text}",
        )
    return bool(said)


def attempts_of(follow_up: FollowUp) -> list[Attempt]:
    """The attempts that count, oldest first."""
    return list(follow_up.attempts.filter(undone_at__isnull=True).order_by("at", "pk"))
