"""Give a follow-up to the right person: by shift, zone, language and load, never to the one who was rated."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import BigIntegerField, Case, F, Value, When

from followups import rules
from followups.models import FollowUp
from followups.roster import Roster
from followups.services.moving import ChangedMeanwhile, move, record, record_all, refuse_rated
from followups.services.telling import (
    ASSIGNED,
    tell_assignee,
    tell_assignees,
    tell_lead_at_once,
    tell_leads,
    to_tell_leads_of,
)
from nps.desk.models import User
from nps.errors import InvalidInput, NotAllowed
from nps.outbox import nudges

logger = logging.getLogger("nines.followups")

TOGETHER = 50  # so long, some tenths of a second, somebody who acts on one of them waits


def assign(*, follow_up: FollowUp, at: datetime, roster: Roster | None = None) -> User | None:
    """Give one that nobody has to whoever the rules choose; None if nobody is eligible (then it is flagged and the
    team's leads are told) or another was quicker."""
    roster = roster or Roster.load(at=at)
    chosen = roster.choose(follow_up, follow_up.policy, at=at)
    if chosen is None:
        _flag_nobody(follow_up, at)
        return None
    given = Given(follow_up, roster.person(chosen.user_id), chosen)
    return given.agent if _assign(given, at) else None


@dataclass(frozen=True)
class Given:
    """A follow-up, and who is to have it by the rules."""

    follow_up: FollowUp
    agent: User
    chosen: rules.Candidate

    @property
    def sentence(self) -> str:
        reason = "who is on shift" if self.chosen.is_on_shift else "whose shift begins first"
        return f"Assigned to {self.agent}, {reason}, with {self.chosen.open_load} open."

    @property
    def detail(self) -> dict[str, Any]:
        return {"agent": self.agent.pk, "is_on_shift": self.chosen.is_on_shift}


def _assign(given: Given, at: datetime) -> bool:
    """False where another was quicker."""
    follow_up = given.follow_up
    changes: dict[str, Any] = {
        "assignee": given.agent,
        "assigned_at": at,
        "has_nobody_eligible": False,
        "hand_overs": 0,
    }
    try:
        with transaction.atomic():
            move(follow_up, "assign", at=at, sentence=given.sentence, detail=given.detail, **changes)
            tell_assignee(follow_up, given.agent, at)
            tell_lead_at_once(follow_up, at)
    except (ChangedMeanwhile, rules.IllegalTransition):
        return False
    return True


def assign_waiting(*, at: datetime, limit: int = 200) -> int:
    """The sweep and the nudge alike: assign what nobody has. One look at the roster for the whole batch, and one
    transaction for every TOGETHER of it: after an outage hundreds wait, and each should have somebody within a
    minute. Where one of them cannot be assigned it is not at the cost of the others: they are assigned one by one."""
    waiting = list(
        FollowUp.objects.waiting()
        .select_related("policy", "customer")
        .order_by("has_nobody_eligible", "opened_at")[:limit]
    )
    if not waiting:
        return 0
    roster = Roster.load(at=at)
    given = []
    for follow_up in waiting:
        chosen = roster.choose(follow_up, follow_up.policy, at=at)
        if chosen is None:
            _flag_nobody(follow_up, at)
        else:
            given.append(Given(follow_up, roster.person(chosen.user_id), chosen))
    return sum(_assign_some(given[first : first + TOGETHER], at) for first in range(0, len(given), TOGETHER))


def _assign_some(given: Sequence[Given], at: datetime) -> int:
    try:
        return _assign_together(given, at)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("%s follow-ups could not be assigned together; trying one by one", len(given))
    # What was taken back stands in the rows alone, not in what was read of them.
    rows = FollowUp.objects.select_related("policy", "customer").in_bulk([one.follow_up.pk for one in given])
    return sum(_assign_alone(replace(one, follow_up=rows[one.follow_up.pk]), at) for one in given)


def _assign_alone(given: Given, at: datetime) -> bool:
    """As _assign; what is wrong with this one is logged and left to the next sweep."""
    try:
        return _assign(given, at)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("follow-up %s could not be assigned", given.follow_up.pk)
        return False


@transaction.atomic
def _assign_together(given: Sequence[Given], at: datetime) -> int:
    """Those of `given` that nobody took meanwhile, and nobody is just about to; how many. As _assign does for one."""
    before = FollowUp.Status.OPEN
    after = rules.next_status("assign", before)
    held = FollowUp.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    free = set(held.filter(pk__in=[one.follow_up.pk for one in given], status=before).values_list("pk", "version"))
    mine = [one for one in given if (one.follow_up.pk, one.follow_up.version) in free]
    if not mine:
        return 0
    by_agent: dict[int, list[int]] = defaultdict(list)
    for one in mine:
        by_agent[one.agent.pk].append(one.follow_up.pk)
    FollowUp.objects.filter(pk__in=[one.follow_up.pk for one in mine]).update(
        status=after,
        version=F("version") + 1,
        assignee=Case(
            *(When(pk__in=pks, then=Value(agent)) for agent, pks in by_agent.items()), output_field=BigIntegerField()
        ),
        assigned_at=at,
        has_nobody_eligible=False,
        hand_overs=0,
    )
    for one in mine:
        one.follow_up.status, one.follow_up.assignee = after, one.agent
        one.follow_up.version += 1
        one.follow_up.assigned_at, one.follow_up.has_nobody_eligible, one.follow_up.hand_overs = at, False, 0
    record_all([(one.follow_up, "assign", one.sentence, one.detail) for one in mine], at=at, before=before, after=after)
    tell_assignees([(one.follow_up, one.agent) for one in mine], at)
    for follow_up in to_tell_leads_of([one.follow_up for one in mine]):
        tell_lead_at_once(follow_up, at)
    return len(mine)


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
