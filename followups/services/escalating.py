"""The ladder: due soon, the agent; overdue, the lead; overdue by the second clock, a manager. Each step once, and
written in the history."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from followups.models import FollowUp
from followups.services.moving import record
from followups.services.telling import tell_assignee, tell_leads, tell_managers
from nps.desk.calendars import calendar_of
from nps.desk.hours import working_hours_between
from nps.desk.models import User
from nps.errors import Conflict

SOON = timedelta(hours=1)
Step = FollowUp.Escalation


def escalate_overdue(*, at: datetime, limit: int = 500) -> int:
    """Take every step that is due at `at`; how many were taken. The deadline is that of the first contact,
    then of closing, for which the ladder begins anew. After a pause of the sweep nobody is left out: who should have
    heard meanwhile hears now."""
    # The lowest on the ladder first: those that only wait for their second clock must not keep the others waiting.
    candidates = (
        FollowUp.objects.unclosed()
        .filter(
            _deadline_by(at + SOON) & Q(escalation=Step.NONE)
            | _deadline_by(at) & Q(escalation__in=(Step.DUE_SOON, Step.LEAD))
        )
        .select_related("policy", "assignee", "customer")
        .order_by("escalation", "due_at")[:limit]
    )
    return sum(_climb(follow_up, at) for follow_up in candidates)


def _deadline_by(moment: datetime) -> Q:
    return Q(reached_at__isnull=True, first_contact_due_at__lte=moment) | Q(
        reached_at__isnull=False, close_due_at__lte=moment
    )


def deadline_of(follow_up: FollowUp) -> datetime:
    """What is judged: the first contact until the customer was reached, then the closing."""
    return follow_up.close_due_at if follow_up.reached_at else follow_up.first_contact_due_at


def escalate(*, follow_up: FollowUp, by: User, at: datetime) -> FollowUp:
    """The next step by hand, whatever the clocks say: the lead is told, and after that a manager. Conflict where it is
    closed, or a manager was told already."""
    if not follow_up.is_unclosed:
        raise Conflict(f"A follow-up that is {follow_up.get_status_display().lower()} cannot be escalated.")
    if follow_up.escalation >= Step.MANAGER:
        raise Conflict("A manager was told already; there is no higher step.")
    step = Step.LEAD if follow_up.escalation < Step.LEAD else Step.MANAGER
    tell = tell_leads if step is Step.LEAD else tell_managers
    with transaction.atomic():
        same = FollowUp.objects.filter(pk=follow_up.pk, escalation=follow_up.escalation, status=follow_up.status)
        if not same.update(escalation=step, version=F("version") + 1):
            raise Conflict("This follow-up has changed meanwhile; look at it again.")
        follow_up.version += 1
        follow_up.escalation = step
        told = tell(follow_up, purpose="followups.handed_up", at=at) or "nobody, because there is none"
        record(
            follow_up,
            "escalate",
            at=at,
            actor=by,
            sentence=f"Escalated by hand; told {told}.",
            detail={"step": step.name.lower()},
        )
    return follow_up


def _climb(follow_up: FollowUp, at: datetime) -> int:
    """Every step up to the one that is due; how many. “Due soon” is left out once it is over."""
    goal, taken = _step_due(follow_up, at), 0
    for step in (Step.DUE_SOON,) if goal is Step.DUE_SOON else (Step.LEAD, Step.MANAGER):
        if follow_up.escalation < step <= goal:
            if not _take(follow_up, step, at):
                break
            taken += 1
    return taken


def _take(follow_up: FollowUp, step: Step, at: datetime) -> bool:
    with transaction.atomic():
        same = FollowUp.objects.filter(pk=follow_up.pk, escalation=follow_up.escalation, status=follow_up.status)
        if not same.update(escalation=step, version=F("version") + 1):
            return False
        follow_up.version += 1
        follow_up.escalation = step
        record(follow_up, "escalate", at=at, sentence=_tell(follow_up, step, at), detail={"step": step.name.lower()})
    return True


def _step_due(follow_up: FollowUp, at: datetime) -> Step:
    deadline = deadline_of(follow_up)
    if at < deadline:
        return Step.DUE_SOON
    over = working_hours_between(calendar_of(follow_up.team_id), deadline, at)
    return Step.MANAGER if over >= float(follow_up.policy.second_clock_hours) else Step.LEAD


def _tell(follow_up: FollowUp, step: Step, at: datetime) -> str:
    what = "closing" if follow_up.reached_at else "first contact"
    if step is Step.DUE_SOON:
        agent = follow_up.assignee
        if agent is not None:
            tell_assignee(follow_up, agent, at, purpose="followups.due_soon")
        return f"The {what} is due soon; told {agent or 'nobody, because nobody has it'}."
    if step is Step.LEAD:
        return f"The {what} is overdue; told {tell_leads(follow_up, purpose='followups.overdue', at=at) or 'nobody'}."
    told = tell_managers(follow_up, purpose="followups.escalated", at=at)
    return f"The {what} is long overdue; told {told or 'nobody'}."
