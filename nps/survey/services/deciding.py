"""Decide, once per resolution, whether its customer is asked. Every resolved ticket is accounted for."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, models, transaction

from nps.desk.models import Customer, Resolution
from nps.importing.merging import among, insert_selected
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


def decide_history(*, resolution_ids: Sequence[int], at: datetime) -> int:
    """The decisions about resolutions of another system, in one statement: nobody is asked about the past. How many
    were made."""
    connection = transaction.get_connection()
    chosen, keys = among(connection, "r.id", resolution_ids)
    return insert_selected(
        connection,
        SurveyDecision,
        {"resolution_id": "r.id"},
        f"FROM {Resolution._meta.db_table} r WHERE {chosen} ORDER BY r.id",
        [keys],
        constants={
            "outcome": SurveyDecision.Outcome.SKIPPED.value,
            "reason": Reason.HISTORY.value,
            "decided_at": at,
        },
    )


def ask_anew(*, customer: Customer, team_id: int | None, at: datetime) -> tuple[Invitation | None, str]:
    """A question about no ticket, to somebody who was promised it: the invitation, or None and the reason why not. No
    sample is drawn: it was agreed with this person."""
    survey = survey_for(team_id)
    reason = _reason_not_to_ask(customer, survey, at)
    if reason or survey is None:
        return None, reason
    return inviting.invite(survey=survey, customer=customer, at=at), ""


def decide_missing(*, at: datetime, limit: int = 500) -> int:
    """The sweep: decide for resolutions whose decision was lost with a failed receiver; how many were decided. One
    that cannot be decided is logged and left to the next sweep; the others are decided."""
    decided = 0
    for resolution in list(undecided(at).select_related("ticket", "customer").order_by("pk")[:limit]):
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


def undecided(at: datetime) -> models.QuerySet[Resolution]:
    """Resolutions of the last 30 days that have no decision."""
    return Resolution.objects.filter(decision__isnull=True, resolved_at__gte=at - timedelta(days=30))


def _reason_to_skip(resolution: Resolution, survey: Survey | None, at: datetime) -> str:
    customer = resolution.customer
    if customer.is_internal:
        return Reason.INTERNAL
    if resolution.ticket.is_duplicate:
        return Reason.DUPLICATE
    if reason := _reason_not_to_ask(customer, survey, at):
        return reason
    if survey is not None and survey.sample_percent < 100 and _draw(resolution, survey) >= survey.sample_percent:
        return Reason.SAMPLED_OUT
    return Reason.NONE


def _reason_not_to_ask(customer: Customer, survey: Survey | None, at: datetime) -> str:
    """Whatever the occasion."""
    if customer.is_internal:
        return Reason.INTERNAL
    if survey is None:
        return Reason.INACTIVE
    if not customer.email:
        return Reason.NO_ADDRESS
    if is_suppressed(customer.email):
        return Reason.OPTED_OUT
    if survey.quiet_days and _was_asked_since(customer, at - timedelta(days=survey.quiet_days)):
        return Reason.QUIET_PERIOD
    return Reason.NONE


def is_suppressed(address: str) -> bool:
    return Suppression.objects.filter(address=address.lower(), lifted_at__isnull=True).exists()


def _was_asked_since(customer: Customer, since: datetime) -> bool:
    return Invitation.objects.filter(customer=customer, created_at__gt=since, cancelled_at__isnull=True).exists()


def _draw(resolution: Resolution, survey: Survey) -> int:
    """0 to 99, evenly spread, and the same whenever it is drawn for this resolution."""
    seed = f"{survey.slug}:{resolution.ticket_id}:{resolution.number}".encode()
    return int.from_bytes(hashlib.sha256(seed).digest()[:4], "big") % 100
