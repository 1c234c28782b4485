"""Decide, once per resolution, whether its customer is asked. Every resolved ticket is accounted for."""

import hashlib
import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from nps.desk.models import Customer, Resolution
from nps.survey.choosing import survey_for
from nps.survey.models import Invitation, Suppression, Survey, SurveyDecision
from nps.survey.services import inviting

logger = logging.getLogger("nines.survey")

Reason = SurveyDecision.Reason


def decide(*, resolution: Resolution, at: datetime, is_history: bool = False) -> SurveyDecision:
    """The decision about `resolution`, made now unless it was made before; an invitation goes with “invited”."""
    survey = survey_for(resolution.team_id)
    reason = Reason.HISTORY if is_history else _reason_to_skip(resolution, survey, at)
    try:
        with transaction.atomic():
            decision = SurveyDecision.objects.create(
                resolution=resolution,
                survey=survey,
                outcome=SurveyDecision.Outcome.SKIPPED if reason else SurveyDecision.Outcome.INVITED,
                reason=reason,
                decided_at=at,
            )
            if not reason and survey is not None:
                inviting.invite(survey=survey, customer=resolution.customer, resolution=resolution, at=at)
    except IntegrityError:
        return SurveyDecision.objects.get(resolution=resolution)
    return decision


def decide_missing(*, at: datetime, limit: int = 500) -> int:
    """The sweep: decide for resolutions whose decision was lost with a failed receiver; how many were decided. One
    that cannot be decided is logged and left to the next sweep; the others are decided."""
    missing = Resolution.objects.filter(decision__isnull=True, resolved_at__gte=at - timedelta(days=30))
    decided = 0
    for resolution in list(missing.select_related("ticket", "customer").order_by("pk")[:limit]):
        try:
            with transaction.atomic():
                decide(resolution=resolution, at=at)
        except (OperationalError, InterfaceError):
            raise  # the database is away, which is no fault of this row; the next sweep comes
        except Exception:
            logger.exception("whether to ask after resolution %s could not be decided", resolution.pk)
        else:
            decided += 1
    return decided


def _reason_to_skip(resolution: Resolution, survey: Survey | None, at: datetime) -> str:
    customer = resolution.customer
    if customer.is_internal:
        return Reason.INTERNAL
    if resolution.ticket.is_duplicate:
        return Reason.DUPLICATE
    if survey is None:
        return Reason.INACTIVE
    if not customer.email:
        return Reason.NO_ADDRESS
    if is_suppressed(customer.email):
        return Reason.OPTED_OUT
    if survey.quiet_days and _was_asked_since(customer, at - timedelta(days=survey.quiet_days)):
        return Reason.QUIET_PERIOD
    if survey.sample_percent < 100 and _draw(resolution, survey) >= survey.sample_percent:
        return Reason.SAMPLED_OUT
    return Reason.NONE


def is_suppressed(address: str) -> bool:
    return Suppression.objects.filter(address=address.lower(), lifted_at__isnull=True).exists()


def _was_asked_since(customer: Customer, since: datetime) -> bool:
    return Invitation.objects.filter(customer=customer, created_at__gt=since, cancelled_at__isnull=True).exists()


def _draw(resolution: Resolution, survey: Survey) -> int:
    """0 to 99, evenly spread, and the same whenever it is drawn for this resolution."""
    seed = f"{survey.slug}:{resolution.ticket_id}:{resolution.number}".encode()
    return int.from_bytes(hashlib.sha256(seed).digest()[:4], "big") % 100
