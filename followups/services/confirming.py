"""“Not given by the customer”: one person asks, another says yes or no, and only then is the follow-up closed."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from followups.models import Confirmation, FollowUp, Lesson, Outcome, RootCause
from followups.services import learning
from followups.services.concluding import conclude
from followups.services.moving import move, record
from followups.services.telling import tell
from nps.desk.models import User
from nps.desk.models.users import Role
from nps.errors import Conflict, InvalidInput, NotAllowed
from nps.survey.services import answering
from nps.text import clean_text

State = Confirmation.State
LONGEST = 2_000


def deciders(follow_up: FollowUp, *, asked_by: User) -> QuerySet[User]:
    """Who could confirm it: active leads of the owning team and managers, neither `asked_by` nor the rated person."""
    leads = Q(memberships__team_id=follow_up.team_id, memberships__is_lead=True, groups__name=Role.LEAD)
    people = User.objects.filter(leads | Q(groups__name=Role.MANAGER) | Q(is_superuser=True), is_active=True)
    return people.exclude(pk__in=[asked_by.pk, follow_up.rated_agent_id or 0]).distinct().order_by("pk")


def check(*, follow_up: FollowUp, by: User, reason: str) -> list[User]:
    """Whom `ask` would ask; InvalidInput where it would refuse."""
    if not clean_text(reason, field="note", max_length=LONGEST).strip():
        raise InvalidInput("Say why you think the customer did not give this answer.", field="note", code="required")
    if follow_up.second_asked_at is not None:
        raise Conflict("A second person has been asked already; wait for the answer, or take the question back.")
    people = list(deciders(follow_up, asked_by=by))
    if not people:
        raise InvalidInput(
            f"Nobody could confirm this: it takes a lead of {follow_up.team} or a manager, other than you and the "
            "person the score was about. Close it another way, or ask for one to be named.",
            field="outcome",
        )
    return people


@transaction.atomic
def ask(
    *,
    follow_up: FollowUp,
    by: User,
    at: datetime,
    reason: str,
    root_cause: RootCause,
    lesson_kind: str,
    lesson_text: str = "",
    lesson: Lesson | None = None,
    expected_version: int | None = None,
) -> Confirmation:
    """Put it before a second person. InvalidInput without a reason, or where nobody else could say yes; Conflict
    where that is being asked already. Nothing is learned and nothing closed before the answer."""
    people = check(follow_up=follow_up, by=by, reason=reason)
    learning.check(kind=lesson_kind, text=lesson_text, known=lesson)
    previous_due_at = follow_up.due_at
    move(
        follow_up,
        "ask_second",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=f"Asked a second person to confirm that the customer did not give this answer: {reason}",
        detail={"outcome": Outcome.NOT_GIVEN.value},
        due_at=max(follow_up.close_due_at, at),
        snoozed_until=None,
        second_asked_at=at,
    )
    # Two at once: the loser's version is stale, so `move` has stopped it before the unique constraint would.
    asked = Confirmation.objects.create(
        follow_up=follow_up,
        asked_by=by,
        asked_at=at,
        reason=reason,
        root_cause=root_cause,
        lesson_kind=lesson_kind,
        lesson_text=lesson_text.strip() if lesson_kind == FollowUp.LessonKind.NEW else "",
        lesson=lesson if lesson_kind == FollowUp.LessonKind.KNOWN else None,
        previous_due_at=previous_due_at,
    )
    tell(people, follow_up, purpose="followups.to_confirm", at=at, priority=3)
    return asked


@transaction.atomic
def confirm(*, confirmation: Confirmation, by: User, at: datetime) -> FollowUp:
    """The second person says yes: the follow-up is closed as it was asked. Conflict if it was decided already."""
    follow_up = confirmation.follow_up
    _refuse_who_may_not(confirmation, by)
    answering.hold(response_id=follow_up.response_id)
    _decide(confirmation, State.CONFIRMED, by=by, at=at)
    kept = learning.learned(
        kind=confirmation.lesson_kind,
        text=confirmation.lesson_text,
        known=confirmation.lesson,
        root_cause=confirmation.root_cause,
        follow_up=follow_up,
        by=confirmation.asked_by,
        at=at,
    )
    return conclude(
        follow_up=follow_up,
        by=by,
        asked_by=confirmation.asked_by,
        at=at,
        outcome=Outcome.NOT_GIVEN,
        root_cause=confirmation.root_cause,
        lesson_kind=confirmation.lesson_kind,
        lesson=kept,
        note=confirmation.reason,
        sentence=f"Confirmed what {confirmation.asked_by} asked. Closed: not given by the customer. "
        f"Cause: {confirmation.root_cause}.",
    )


@transaction.atomic
def decline(*, confirmation: Confirmation, by: User, at: datetime, answer: str) -> FollowUp:
    """The second person says no, and why: it stays open, due as it was before. Conflict if it was decided already."""
    answer = clean_text(answer, field="answer", max_length=LONGEST)
    if not answer.strip():
        raise InvalidInput("Say why it stays open.", field="answer", code="required")
    _refuse_who_may_not(confirmation, by)
    _decide(confirmation, State.DECLINED, by=by, at=at, answer=answer)
    follow_up = move(
        confirmation.follow_up,
        "decline",
        at=at,
        actor=by,
        sentence=f"Declined to confirm “not given by the customer”: {answer}",
        due_at=confirmation.previous_due_at,
        second_asked_at=None,
    )
    holders = {confirmation.asked_by, follow_up.assignee} - {None, by}
    tell([person for person in holders if person], follow_up, purpose="followups.declined", at=at, priority=3)
    return follow_up


@transaction.atomic
def withdraw(*, confirmation: Confirmation, by: User, at: datetime) -> FollowUp:
    """Taken back by whoever asked, or whoever has the follow-up now. Conflict if it was decided already."""
    if by.pk not in (confirmation.asked_by_id, confirmation.follow_up.assignee_id):
        raise NotAllowed("Only the person who asked, or who has this follow-up, can take the question back.")
    _decide(confirmation, State.WITHDRAWN, by=by, at=at)
    return move(
        confirmation.follow_up,
        "withdraw",
        at=at,
        actor=by,
        sentence="Took back the question to a second person.",
        due_at=confirmation.previous_due_at,
        second_asked_at=None,
    )


def withdraw_pending(*, follow_up: FollowUp, by: User, at: datetime) -> None:
    """It ends another way: whatever a second person was asked about it is asked no more."""
    if follow_up.second_asked_at is None:
        return
    pending = follow_up.confirmations.filter(state=State.PENDING)
    if pending.update(state=State.WITHDRAWN, decided_by=by, decided_at=at):
        record(follow_up, "withdraw", at=at, actor=by, sentence="The question to a second person was dropped.")


def _refuse_who_may_not(confirmation: Confirmation, by: User) -> None:
    follow_up = confirmation.follow_up
    if by.pk == confirmation.asked_by_id:
        raise NotAllowed("You asked for this yourself: a second person has to look at it.", code="same_person")
    if by.pk == follow_up.rated_agent_id:
        raise NotAllowed(
            f"{by} is the person this score was about, so somebody else has to decide.", code="rated_agent"
        )
    if not (by.is_manager or (by.may_write and follow_up.team_id in by.led_team_ids)):
        raise NotAllowed(f"Only a lead of {follow_up.team} or a manager decides this.")


def _decide(confirmation: Confirmation, state: str, *, by: User, at: datetime, answer: str = "") -> None:
    changes = {"state": state, "decided_by": by, "decided_at": at, "answer": answer}
    if not Confirmation.objects.filter(pk=confirmation.pk, state=State.PENDING).update(**changes):
        now = Confirmation.objects.select_related("decided_by").get(pk=confirmation.pk)
        who = f" by {now.decided_by}" if now.decided_by else ""
        raise Conflict(f"This was {now.get_state_display().lower()}{who} already.", code="decided")
    for name, value in changes.items():
        setattr(confirmation, name, value)
