"""Put one message into the outbox, or take it out again before it left."""

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from nps.outbox import nudges
from nps.outbox.models import Delivery
from nps.outbox.purposes import purpose as purpose_named


def enqueue(
    *,
    purpose: str,
    subject_id: int,
    recipient: str,
    at: datetime,
    due_at: datetime | None = None,
    key: str = "",
    priority: int = 0,
) -> None:
    """Queue one message in the caller's transaction; the same (purpose, subject, key) twice is one message."""
    host = urlsplit(settings.PUBLIC_URL).hostname
    Delivery.objects.bulk_create(
        [
            Delivery(
                purpose=purpose,
                subject_id=subject_id,
                key=key,
                recipient=recipient,
                priority=priority,
                due_at=due_at or at,
                message_id=f"<{uuid.uuid4().hex}.{purpose}@{host}>",
                created_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    if due_at is None or due_at <= at:
        nudges.after_commit("outbox.deliver_due")


def cancel(*, purpose: str, subject_id: int, at: datetime, reason: str) -> bool:
    """Take back what was not yet claimed by a sender. True if nothing of it will leave."""
    queued = Delivery.objects.filter(purpose=purpose, subject_id=subject_id, status=Delivery.Status.QUEUED)
    return bool(queued.update(status=Delivery.Status.CANCELLED, settled_at=at, last_error=reason))


def withdraw(*, delivery: Delivery, at: datetime, reason: str) -> bool:
    """Take back this one message before a sender claims it, and tell whom it concerns. False if it was claimed or
    settled already."""
    with transaction.atomic():
        queued = Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.QUEUED)
        if not queued.update(status=Delivery.Status.CANCELLED, settled_at=at, last_error=reason):
            return False
        delivery.status = Delivery.Status.CANCELLED
        known = purpose_named(delivery.purpose)
        if known is not None and known.settled is not None:
            known.settled(delivery, at)
    return True


def send_again(*, delivery: Delivery, at: datetime) -> bool:
    """Queue a message that was given up. False if it is no longer in that state."""
    dead = Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.DEAD)
    queued = dead.update(
        status=Delivery.Status.QUEUED, settled_at=None, due_at=at, attempts=0, lost_connections=0, created_at=at
    )
    if queued:
        nudges.after_commit("outbox.deliver_due")
    return bool(queued)
