"""Promise to ask one customer once, and take the promise back while it can be."""

from datetime import datetime, timedelta

from django.db.models import Q

from nps.desk.models import Customer, Resolution
from nps.outbox.services import enqueueing
from nps.survey.models import Invitation, Survey

PURPOSE = "survey.invitation"
REMINDER = "survey.reminder"
PRIORITY = 5


def invite(
    *,
    survey: Survey,
    customer: Customer,
    at: datetime,
    resolution: Resolution | None = None,
    via: str = Invitation.Via.EMAIL,
) -> Invitation:
    """The invitation; for e-mail with its mail in the outbox, due after the survey's delay. IntegrityError if the
    resolution was invited already."""
    due_at = at + timedelta(minutes=survey.delay_minutes)
    invitation = Invitation.objects.create(
        survey=survey,
        customer=customer,
        resolution=resolution,
        via=via,
        language=customer.language,
        address=customer.email,
        created_at=at,
        expires_at=due_at + timedelta(days=survey.link_days),
    )
    if via == Invitation.Via.EMAIL:
        enqueueing.enqueue(
            purpose=PURPOSE,
            subject_id=invitation.pk,
            recipient=customer.email,
            at=at,
            due_at=due_at,
            priority=PRIORITY,
        )
    return invitation


def cancel_unsent(*, resolution: Resolution, at: datetime) -> bool:
    """The ticket was reopened: a mail that has not left is not wanted any more. True if it was stopped."""
    pk = (
        Invitation.objects.filter(resolution=resolution, cancelled_at__isnull=True).values_list("pk", flat=True).first()
    )
    if pk is None:
        return False
    if not enqueueing.cancel(purpose=PURPOSE, subject_id=pk, at=at, reason="reopened before sending"):
        return False
    Invitation.objects.filter(pk=pk).update(cancelled_at=at)
    return True


def remind_due(*, at: datetime, limit: int = 500) -> int:
    """Queue one reminder for each delivered, unanswered invitation whose survey wants one and whose time has come."""
    reminded = 0
    for survey in Survey.objects.filter(is_active=True, reminder_days__isnull=False):
        silent = Invitation.objects.filter(
            Q(expires_at__gt=at),
            survey=survey,
            delivered_at__lte=at - timedelta(days=survey.reminder_days or 0),
            reminded_at__isnull=True,
            response__isnull=True,
            bounced_at__isnull=True,
        )
        for invitation in silent.order_by("pk")[:limit]:
            won = Invitation.objects.filter(pk=invitation.pk, reminded_at__isnull=True).update(reminded_at=at)
            if won:
                enqueueing.enqueue(
                    purpose=REMINDER, subject_id=invitation.pk, recipient=invitation.address, at=at, priority=1
                )
                reminded += 1
    return reminded
