"""Open the follow-up of an answer: one rule and one insert, in the answer's own transaction."""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from followups import rules
from followups.models import FollowUp
from followups.policies import NoPolicy, policy_for
from followups.services.moving import record
from nps.desk.calendars import calendar_of, default_team_id
from nps.outbox import nudges
from nps.statements import insert_once
from nps.survey.models import Response, ResponseRevision
from nps.survey.services.answering import EDITABLE

logger = logging.getLogger("nines.followups")

CHANGEABLE = EDITABLE + timedelta(days=1)  # how long after an answer a sweep looks for changes of it


@transaction.atomic(savepoint=False)
def open_for(*, response: Response, at: datetime, even_history: bool = False) -> FollowUp | None:
    """The follow-up of `response`, opened now if its score needs one and it has none; None for 9 and 10 and for
    imported history. `response` comes with its account loaded if it has one."""
    if not rules.needs_outreach(response.score) or (response.is_history and not even_history):
        return None
    policy = policy_for(score=response.score, is_key_account=bool(response.account and response.account.is_key))
    team_id = response.team_id or default_team_id(None)
    if team_id is None:
        raise NoPolicy("There is no active team that could own a follow-up; add one.")
    first_contact_due_at, close_due_at = rules.due_times(
        calendar_of(team_id), at, float(policy.first_contact_hours), policy.close_days
    )
    follow_up = FollowUp(
        response=response,
        policy=policy,
        customer_id=response.customer_id,
        account_id=response.account_id,
        team_id=team_id,
        rated_agent_id=response.agent_id,
        score=response.score,
        language=response.language,
        opened_at=at,
        first_contact_due_at=first_contact_due_at,
        close_due_at=close_due_at,
        due_at=first_contact_due_at,
    )
    if not insert_once(follow_up):
        return FollowUp.objects.get(response=response)
    record(
        follow_up,
        "open",
        at=at,
        sentence=f"Opened from a score of {response.score}. First contact due in {float(policy.first_contact_hours):g} "
        f"working hours.",
        after=FollowUp.Status.OPEN,
        detail={"score": response.score, "policy": f"{policy.slug}/{policy.version}"},
    )
    nudges.after_commit("followups.assign_waiting")
    return follow_up


def note_change(*, response: Response, revision: ResponseRevision, at: datetime) -> None:
    """The customer changed the score: 9 to 3 opens the follow-up, 3 to 9 keeps it with a note. Nothing is deleted."""
    kept = FollowUp.objects.filter(response=response).update(score=response.score, version=F("version") + 1)
    if not kept:
        open_for(response=response, at=at)
        return
    _record_change(FollowUp.objects.get(response=response), revision.old_score, revision.new_score, at)


def _record_change(follow_up: FollowUp, old: int, new: int, at: datetime) -> None:
    record(
        follow_up,
        "score_changed",
        at=at,
        sentence=f"The customer changed the score from {old} to {new}.",
        detail={"from": old, "to": new},
    )


def note_missed_changes(*, at: datetime, limit: int = 500) -> int:
    """The sweep behind note_change: follow-ups whose answer was changed without them learn of it; how many did."""
    changeable = FollowUp.objects.filter(response__answered_at__gt=at - CHANGEABLE)
    stale = changeable.exclude(score=F("response__score")).select_related("response").order_by("pk")
    noted = 0
    for follow_up in stale[:limit]:
        old, new = follow_up.score, follow_up.response.score
        try:
            with transaction.atomic():
                same = FollowUp.objects.filter(pk=follow_up.pk, score=old)
                if same.update(score=new, version=F("version") + 1):
                    _record_change(follow_up, old, new, at)
                    noted += 1
        except (OperationalError, InterfaceError):
            raise  # the database is away, which is no fault of this row; the next sweep comes
        except Exception:
            logger.exception("follow-up %s could not learn that its score changed", follow_up.pk)
    return noted


def open_missing(*, at: datetime, limit: int = 500) -> int:
    """The sweep behind the promise: scores of 8 or below given to this product that have no follow-up get one, and
    follow-ups that missed a change of their score learn of it. How many were opened. A row that cannot be opened is
    logged and left to the next sweep; the others are opened."""
    note_missed_changes(at=at, limit=limit)
    opened = 0
    for response in missing().select_related("account").order_by("pk")[:limit]:
        try:
            with transaction.atomic():
                opened += open_for(response=response, at=at) is not None
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("no follow-up could be opened for response %s", response.pk)
    return opened


def missing() -> QuerySet[Response]:
    """Responses that should have a follow-up and have none."""
    theirs = FollowUp.objects.filter(response=OuterRef("pk"))
    return Response.objects.live().filter(~Exists(theirs), score__lte=rules.THRESHOLD)
