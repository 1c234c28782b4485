"""After a backup was restored: hold back what may have left since it was made, and settle that one by one."""

from datetime import datetime

from django.db import models

from nps.outbox import nudges
from nps.outbox.models import Delivery
from nps.outbox.sender import Verdict, VerdictKind
from nps.outbox.services.delivering import write_verdict

ACCEPTED = "accepted by the mail server before the backup was restored"


def hold(*, until: datetime, at: datetime, reason: str) -> int:
    """Hold back every message that waits and was due by `until`, and every one in flight; how many. Nothing may be
    sending meanwhile."""
    return Delivery.objects.perhaps_gone(until).update(
        status=Delivery.Status.HELD, lease_until=None, lease_token=None, settled_at=at, last_error=reason
    )


def release(*, deliveries: models.QuerySet[Delivery], at: datetime) -> int:
    """Send held messages after all, the next moment; how many of `deliveries` were held."""
    released = deliveries.filter(status=Delivery.Status.HELD).update(
        status=Delivery.Status.QUEUED,
        settled_at=None,
        due_at=at,
        attempts=0,
        lost_connections=0,
        first_tried_at=None,
        last_error="",
    )
    if released:
        nudges.after_commit("outbox.deliver_due")
    return released


def presume_sent(*, delivery: Delivery) -> bool:
    """The mail server did accept it: settle it as sent when it was due, with whoever asked for it. False if it is not
    held any more."""
    if not Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.HELD).exists():
        return False
    return bool(write_verdict(delivery, Verdict(VerdictKind.SENT, ACCEPTED), delivery.due_at))
