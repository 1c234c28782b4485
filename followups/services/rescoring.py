"""The customer changed the score: the follow-up learns of it, and a lower one is never left with the milder promise."""

import logging
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from followups import rules
from followups.models import FollowUp, Policy
from followups.policies import deadlines, policy_for
from followups.services import attributing, closing, learning
from followups.services.moving import move, record
from followups.services.opening import CHANGEABLE, open_for
from followups.services.telling import tell_lead_at_once
from nps.desk.calendars import calendar_of
from nps.outbox import nudges
from nps.survey.models import Response, ResponseRevision
from nps.survey.services import answering

logger = logging.getLogger("nines.followups")

TRIES = 3
#: whoever gets it next finds it as if nobody had begun
AFRESH: dict[str, Any] = {
    **closing.UNENDED,
    "assignee": None,
    "assigned_at": None,
    "acknowledged_at": None,
    "reached_at": None,
    "snoozed_until": None,
}


def note_change(*, response: Response, revision: ResponseRevision, at: datetime) -> None:
    """9 to 3 opens the follow-up, 3 to 9 keeps it with a note. A lower score brings the stricter policy with its
    deadlines, and opens one again that was closed or cancelled. Nothing is deleted."""
    for _ in range(TRIES):
        follow_up = _read(response.pk)
        if follow_up is None:
            open_for(response=response, at=at)
            return
        if _learn(follow_up, revision.old_score, revision.new_score, at):
            return


def note_missed_changes(*, at: datetime, limit: int = 500) -> int:
    """The sweep behind note_change: follow-ups whose answer was changed without them learn of it; how many did."""
    changeable = FollowUp.objects.filter(response__answered_at__gt=at - CHANGEABLE)
    stale = changeable.exclude(score=F("response__score")).order_by("pk").values_list("response_id", flat=True)
    noted = 0
    for response_id in list(stale[:limit]):
        try:
            with transaction.atomic():
                answering.hold(response_id=response_id)
                follow_up = _read(response_id)
                if follow_up is not None and follow_up.score != follow_up.response.score:
                    noted += _learn(follow_up, follow_up.score, follow_up.response.score, at)
        except (OperationalError, InterfaceError):
            raise  # the database is away, which is no fault of this row; the next sweep comes
        except Exception:
            logger.exception("the follow-up of response %s could not learn that its score changed", response_id)
    return noted


def _read(response_id: int) -> FollowUp | None:
    rows = FollowUp.objects.select_for_update(of=("self",)).select_related("policy", "account", "response")
    return rows.filter(response_id=response_id).first()


def _learn(follow_up: FollowUp, old: int, new: int, at: datetime) -> bool:
    """False if somebody changed the row meanwhile; nothing was written then."""
    changes: dict[str, Any] = {"score": new}
    sentence = f"The customer changed the score from {old} to {new}."
    is_lower = new < old and rules.needs_outreach(new)
    is_back = is_lower and not follow_up.is_unclosed
    policy = _stricter(follow_up, new) if is_lower else follow_up.policy
    hours = f"{float(policy.first_contact_hours):g} working hours"
    if is_tighter := policy.pk != follow_up.policy_id:
        changes["policy"] = policy
    if is_tighter and not is_back:
        changes |= _no_later(follow_up, policy, at)
        if follow_up.reached_at is None:
            sentence += f" First contact is now due in {hours}."
    same = FollowUp.objects.filter(pk=follow_up.pk, version=follow_up.version)
    if not same.update(version=F("version") + 1, **changes):
        return False
    for name, value in changes.items():
        setattr(follow_up, name, value)
    follow_up.version += 1
    detail = {"from": old, "to": new, "policy": f"{policy.slug}/{policy.version}"}
    record(follow_up, "score_changed", at=at, sentence=sentence, detail=detail)
    if is_back:
        _open_again(follow_up, at, f"Opened again by the lower score. First contact due in {hours}.")
    elif is_tighter and follow_up.status != FollowUp.Status.OPEN:
        tell_lead_at_once(follow_up, at)  # on one that is nobody's yet the assignment does
    return True


def _open_again(follow_up: FollowUp, at: datetime, sentence: str) -> None:
    first, close = deadlines(follow_up.policy, calendar_of(follow_up.team_id), at)
    due: dict[str, Any] = {"first_contact_due_at": first, "close_due_at": close, "due_at": first}
    was = closing.ending_of(follow_up)
    attributing.settle(move(follow_up, "return", at=at, sentence=sentence, detail=was, **AFRESH, **due))
    learning.unlearned(was["lesson"])
    nudges.after_commit("followups.assign_waiting")


def _stricter(follow_up: FollowUp, score: int) -> Policy:
    """The policy of the lower score, unless it is the same but for its version, or milder."""
    policy, had = policy_for(score=score, account=follow_up.account), follow_up.policy
    is_stricter = policy.slug != had.slug and policy.first_contact_hours <= had.first_contact_hours
    return policy if is_stricter else had


def _no_later(follow_up: FollowUp, policy: Policy, at: datetime) -> dict[str, Any]:
    """The deadlines of `policy` from now on, none of them later than it was."""
    first, close = deadlines(policy, calendar_of(follow_up.team_id), at)
    due = close if follow_up.reached_at is not None else first
    return {
        "first_contact_due_at": min(first, follow_up.first_contact_due_at),
        "close_due_at": min(close, follow_up.close_due_at),
        "due_at": min(due, follow_up.due_at),
    }
