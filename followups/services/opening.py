"""Open the follow-up of an answer: one rule and one insert, in the answer's own transaction."""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from followups import rules
from followups.models import FollowUp
from followups.policies import NoPolicy, deadlines, policy_for
from followups.services.moving import record
from nps import gathering
from nps.desk.calendars import calendar_of, default_team_id
from nps.outbox import nudges
from nps.statements import insert_once
from nps.survey.models import Response
from nps.survey.services.answering import EDITABLE

logger = logging.getLogger("nines.followups")

CHANGEABLE = EDITABLE + timedelta(days=1)  # how long after an answer a sweep looks for changes of it


def open_for(*, response: Response, at: datetime, even_history: bool = False) -> FollowUp | None:
    """The follow-up of `response`, opened now if its score needs one and it has none; None for 9 and 10 and for
    imported history. `response` comes with its account loaded if it has one."""
    if not rules.needs_outreach(response.score) or (response.is_history and not even_history):
        return None
    with gathering.together():
        return _open(response, at)


def _open(response: Response, at: datetime) -> FollowUp:
    policy = policy_for(score=response.score, account=response.account)
    team_id = response.team_id or default_team_id(None)
    if team_id is None:
        raise NoPolicy("There is no active team that could own a follow-up; add one.")
    first_contact_due_at, close_due_at = deadlines(policy, calendar_of(team_id), at)
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


def open_missing(*, at: datetime, limit: int = 500) -> int:
    """The sweep behind the promise: scores of 8 or below given to this product that have no follow-up get one. How
    many were opened. A row that cannot be opened is logged and left to the next sweep; the others are opened."""
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
