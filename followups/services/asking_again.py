"""Ask the customer again on the day that was agreed when the follow-up was closed: a new question, about no ticket."""

import logging
from datetime import datetime, time, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from followups.models import FollowUp
from followups.services.moving import record
from nps.desk.hours import zone_named
from nps.survey.models import SurveyDecision
from nps.survey.services import deciding

logger = logging.getLogger("nines.followups")

#: Not before that hour of the customer's own day.
FROM = time(9)


def ask_due(*, at: datetime, limit: int = 500) -> int:
    """Ask whose day has come, once each; how many were invited. Who may not be asked (opted out, no address, quiet
    period …) is not, and the reason is kept. A row that cannot be asked about is logged and left to the next sweep."""
    ahead = (at + timedelta(hours=14)).date()  # the day it is by now on the eastern edge of the world
    waiting = FollowUp.objects.asking_again().filter(ask_again_on__lte=ahead)
    asked = 0
    for follow_up in waiting.select_related("customer").order_by("ask_again_on", "pk")[:limit]:
        if not _day_has_come(follow_up, at):
            continue
        try:
            with transaction.atomic():
                asked += _ask(follow_up, at)
        except (OperationalError, InterfaceError):
            raise  # the database is away, which is no fault of this row; the next sweep comes
        except Exception:
            logger.exception("follow-up %s: its customer could not be asked again", follow_up.pk)
    return asked


def _day_has_come(follow_up: FollowUp, at: datetime) -> bool:
    local = at.astimezone(zone_named(follow_up.customer.time_zone))
    day = follow_up.ask_again_on
    return day is not None and (local.date() > day or (local.date() == day and local.time() >= FROM))


def _ask(follow_up: FollowUp, at: datetime) -> bool:
    mine = FollowUp.objects.asking_again().filter(pk=follow_up.pk, version=follow_up.version)
    if not mine.update(version=F("version") + 1):
        return False  # somebody opened it again, or another sweep was quicker
    invitation, reason = deciding.ask_anew(customer=follow_up.customer, team_id=follow_up.team_id, at=at)
    changes = {"asked_again": invitation} if invitation else {"not_asked_again": reason}
    FollowUp.objects.filter(pk=follow_up.pk).update(**changes)
    words = "Asked the customer again, by e-mail."
    if invitation is None:
        words = f"Did not ask the customer again: {SurveyDecision.Reason(reason).label.lower()}."
    record(follow_up, "ask_again", at=at, sentence=words, detail={"reason": reason})
    return invitation is not None
