"""Give a follow-up to the right person: by shift, zone, language and load, never to the one who was rated."""

from datetime import datetime

from django.db import transaction

from followups import rules
from followups.models import FollowUp
from followups.roster import Roster
from followups.services.moving import ChangedMeanwhile, move, record, refuse_rated
from followups.services.telling import ASSIGNED, tell_assignee, tell_lead_at_once, tell_leads
from nps.desk.models import User
from nps.errors import InvalidInput, NotAllowed
from nps.outbox import nudges


def assign(*, follow_up: FollowUp, at: datetime, roster: Roster | None = None) -> User | None:
    """Give one that nobody has to whoever the rules choose; None if nobody is eligible (then it is flagged and the
    team's leads are told) or another was quicker."""
    roster = roster or Roster.load(at=at)
    chosen = roster.choose(follow_up, follow_up.policy, at=at)
    if chosen is None:
        _flag_nobody(follow_up, at)
        return None
    agent = roster.person(chosen.user_id)
    reason = "who is on shift" if chosen.is_on_shift else "whose shift begins first"
    try:
        with transaction.atomic():
            move(
                follow_up,
                "assign",
                at=at,
                sentence=f"Assigned to {agent}, {reason}, with {chosen.open_load} open.",
                assignee=agent,
                assigned_at=at,
                has_nobody_eligible=False,
                hand_overs=0,
                detail={"agent": agent.pk, "is_on_shift": chosen.is_on_shift},
            )
            tell_assignee(follow_up, agent, at)
            tell_lead_at_once(follow_up, at)
    except (ChangedMeanwhile, rules.IllegalTransition):
        return None
    return agent


def assign_waiting(*, at: datetime, limit: int = 200) -> int:
    """The sweep and the nudge alike: assign what nobody has. One look at the roster for the whole batch."""
    waiting = list(
        FollowUp.objects.waiting()
        .select_related("policy", "customer")
        .order_by("has_nobody_eligible", "opened_at")[:limit]
    )
    if not waiting:
        return 0
    roster = Roster.load(at=at)
    return sum(assign(follow_up=follow_up, at=at, roster=roster) is not None for follow_up in waiting)


def claim(*, follow_up: FollowUp, by: User, at: datetime, expected_version: int | None = None) -> FollowUp:
    """Take one that nobody has. ChangedMeanwhile or IllegalTransition if another was quicker."""
    refuse_outsider(by, field="by")
    refuse_rated(follow_up, by)
    with transaction.atomic():
        taken = move(
            follow_up,
            "claim",
            at=at,
            actor=by,
            expected_version=expected_version,
            sentence="Took it.",
            assignee=by,
            assigned_at=at,
            acknowledged_at=at,
            has_nobody_eligible=False,
            hand_overs=0,
        )
        tell_lead_at_once(taken, at)
    return taken


def release(*, follow_up: FollowUp, by: User, at: datetime, expected_version: int | None = None) -> FollowUp:
    """Give it back to nobody; the next sweep finds someone."""
    released = move(
        follow_up,
        "release",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence="Gave it back.",
        assignee=None,
        assigned_at=None,
        acknowledged_at=None,
    )
    nudges.after_commit("followups.assign_waiting")
    return released


def hand_over(
    *,
    follow_up: FollowUp,
    to: User,
    at: datetime,
    by: User | None = None,
    note: str = "",
    expected_version: int | None = None,
) -> FollowUp:
    """Pass it to `to`, whoever has it; from nobody this is an assignment by hand. The receiver acknowledges."""
    refuse_outsider(to, field="to")
    refuse_rated(follow_up, to)
    verb = "assign" if follow_up.status == FollowUp.Status.OPEN else "hand_over"
    with transaction.atomic():
        moved = move(
            follow_up,
            verb,
            at=at,
            actor=by,
            expected_version=expected_version,
            sentence=f"Passed to {to}. {note}".strip() if verb == "hand_over" else f"Assigned to {to}. {note}".strip(),
            assignee=to,
            assigned_at=at,
            acknowledged_at=at if by == to else None,
            has_nobody_eligible=False,
            hand_overs=0,
            detail={"agent": to.pk},
        )
        if by != to:
            tell_assignee(moved, to, at, purpose="followups.handed_over" if verb == "hand_over" else ASSIGNED)
        if verb == "assign":
            tell_lead_at_once(moved, at)
    return moved


def refuse_outsider(user: User, *, field: str) -> None:
    """InvalidInput, naming `field`, for whoever has left or is in no team; managers are at home in every team."""
    if not user.is_active or not (user.is_manager or user.team_ids):
        raise InvalidInput(f"{user} is not an active member of any team; choose somebody who is.", field=field)


def acknowledge(*, follow_up: FollowUp, by: User, at: datetime) -> bool:
    """The receiver of a hand-over has seen it. False if it was acknowledged already."""
    if follow_up.assignee_id != by.pk:
        raise NotAllowed("Only the person who has this follow-up can acknowledge it.")
    seen = FollowUp.objects.filter(pk=follow_up.pk, assignee=by, acknowledged_at__isnull=True).update(
        acknowledged_at=at
    )
    if seen:
        record(follow_up, "acknowledge", at=at, actor=by, sentence="Acknowledged the hand-over.")
    return bool(seen)


def _flag_nobody(follow_up: FollowUp, at: datetime) -> None:
    flagged = FollowUp.objects.filter(pk=follow_up.pk, status=FollowUp.Status.OPEN, has_nobody_eligible=False).update(
        has_nobody_eligible=True
    )
    if flagged:
        with transaction.atomic():
            told = tell_leads(follow_up, purpose="followups.nobody", at=at)
            sentence = "Nobody is eligible: no one on any shift ahead may take it."
            record(follow_up, "nobody_eligible", at=at, sentence=f"{sentence} Told {told}." if told else sentence)
            tell_lead_at_once(follow_up, at)
