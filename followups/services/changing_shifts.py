"""When a shift ends: what nobody has tried yet and would be late before its agent is back goes to those who are on."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from followups import rules
from followups.models import FollowUp
from followups.roster import Roster
from followups.services.moving import ChangedMeanwhile, move, record
from followups.services.telling import tell_assignee, tell_leads
from nps.outbox import nudges

Step = FollowUp.Escalation


def hand_over_at_shift_end(*, at: datetime, limit: int = 200) -> int:
    """Untouched follow-ups that would breach before their agent is back go to the shift that is on; how many went.

    One that was passed on as often as its policy allows stays where it is, once and for all: its leads are told
    instead, and the ladder goes on."""
    roster = Roster.load(at=at)
    passed = 0
    for follow_up in _would_breach(roster, at, limit):
        try:
            with transaction.atomic():
                passed += _see_to(follow_up, roster, at)
        except (ChangedMeanwhile, rules.IllegalTransition):
            continue  # somebody else was quicker
    return passed


def give_back_what_was_left(*, at: datetime, limit: int = 200) -> int:
    """What people who are no longer active still hold, tried or asleep, goes back to the queue, where somebody on shift
    gets it; how many did. What waits for a second person's word waits for that first."""
    left = FollowUp.objects.unclosed().filter(assignee__is_active=False, second_asked_at=None)
    given = 0
    for follow_up in left.select_related("assignee").order_by("due_at", "pk")[:limit]:
        try:
            move(
                follow_up,
                "release",
                at=at,
                sentence=f"Given back: {follow_up.assignee} does not work here any more.",
                assignee=None,
                assigned_at=None,
                acknowledged_at=None,
                detail={"agent": follow_up.assignee_id},
            )
        except (ChangedMeanwhile, rules.IllegalTransition):
            continue
        given += 1
    if given:
        nudges.after_commit("followups.assign_waiting")
    return given


def _would_breach(roster: Roster, at: datetime, limit: int) -> list[FollowUp]:
    """Those whose agent is off, and is back after it is due or not at all: most urgent first. Three statements."""
    # Whoever tries sets it in progress: “assigned” is what its present holder has not touched.
    untouched = FollowUp.objects.awake(at).filter(
        status=FollowUp.Status.ASSIGNED, second_asked_at=None, hand_overs__lte=F("policy__most_hand_overs")
    )
    facts = untouched.exclude(assignee_id__in=roster.on_shift_ids()).values_list("pk", "assignee_id", "due_at")
    found: list[int] = []
    for pk, holder, due_at in facts.order_by("due_at", "pk"):
        back_at = roster.next_start(holder)
        if back_at is None or back_at > due_at:
            found.append(pk)
        if len(found) == limit:
            break
    rows = FollowUp.objects.filter(pk__in=found).select_related("policy", "customer", "assignee")
    return list(rows.order_by("due_at", "pk"))


def _see_to(follow_up: FollowUp, roster: Roster, at: datetime) -> bool:
    """Whether it went to somebody else."""
    if follow_up.hand_overs >= follow_up.policy.most_hand_overs:
        _let_stay(follow_up, at)
        return False
    return _pass_on(follow_up, roster, at)


def _pass_on(follow_up: FollowUp, roster: Roster, at: datetime) -> bool:
    chosen = roster.choose(follow_up, follow_up.policy, at=at, is_on_shift=True)
    if chosen is None:
        return False
    before, to = follow_up.assignee, roster.person(chosen.user_id)
    number = follow_up.hand_overs + 1
    move(
        follow_up,
        "hand_over",
        at=at,
        sentence=f"Passed to {to}: {before} went off shift and would be back too late. "
        f"Hand-over {number} of at most {follow_up.policy.most_hand_overs}.",
        assignee=to,
        assigned_at=at,
        acknowledged_at=None,
        hand_overs=number,
        detail={"agent": to.pk, "hand_overs": number},
    )
    tell_assignee(follow_up, to, at, purpose="followups.handed_over")
    return True


def _let_stay(follow_up: FollowUp, at: datetime) -> None:
    """Passed on and on, and nobody has tried: a person has to look. The number goes past the limit, so once only."""
    beyond = follow_up.policy.most_hand_overs + 1
    same = FollowUp.objects.filter(pk=follow_up.pk, version=follow_up.version, status=follow_up.status)
    step = max(follow_up.escalation, Step.LEAD)
    if not same.update(hand_overs=beyond, escalation=step, version=F("version") + 1):
        raise ChangedMeanwhile(follow_up, "Somebody was quicker.")
    follow_up.version, follow_up.hand_overs, follow_up.escalation = follow_up.version + 1, beyond, step
    told = tell_leads(follow_up, purpose="followups.stuck", at=at) or "nobody, because there is none"
    often = {0: "is not passed on at the end of a shift", 1: "was passed on once and nobody tried"}
    why = often.get(beyond - 1, f"was passed on {beyond - 1} times and nobody tried")
    record(
        follow_up,
        "escalate",
        at=at,
        sentence=f"Stays with {follow_up.assignee} although the shift ended: it {why}. Told {told}.",
        detail={"step": Step(step).name.lower(), "hand_overs": beyond - 1},
    )
