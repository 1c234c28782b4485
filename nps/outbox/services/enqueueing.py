"""Put one message into the outbox, or take it out again before it left."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models, transaction

from nps.outbox import nudges
from nps.outbox.models import Delivery
from nps.outbox.purposes import purpose as purpose_named

LEAVABLE = (Delivery.Status.DEAD, Delivery.Status.HELD)
IN_ONE_STATEMENT = 500  # rows of a bulk


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
    enqueue_all(purpose=purpose, recipients={subject_id: recipient}, at=at, due_at=due_at, key=key, priority=priority)


def enqueue_all(
    *,
    purpose: str,
    recipients: Mapping[int, str],
    at: datetime,
    due_at: datetime | None = None,
    key: str = "",
    keys: Mapping[int, str] | None = None,
    priority: int = 0,
) -> None:
    """As enqueue, for many subjects at once: subject id -> recipient, and with `keys` subject id -> key."""
    if not recipients:
        return
    host = urlsplit(settings.PUBLIC_URL).hostname
    Delivery.objects.bulk_create(
        [
            Delivery(
                purpose=purpose,
                subject_id=subject_id,
                key=keys[subject_id] if keys is not None else key,
                recipient=recipient,
                priority=priority,
                due_at=due_at or at,
                message_id=f"<{uuid.uuid4().hex}.{purpose}@{host}>",
                created_at=at,
            )
            for subject_id, recipient in recipients.items()
        ],
        ignore_conflicts=True,
        batch_size=IN_ONE_STATEMENT,
    )
    if due_at is None or due_at <= at:
        nudges.after_commit("outbox.deliver_due")


def cancel(*, purpose: str, subject_id: int, at: datetime, reason: str, is_unsent: bool = False) -> bool:
    """Take back what was not yet claimed by a sender. True if nothing of it will leave; with `is_unsent`, only if
    nothing of it can have left before either."""
    queued = Delivery.objects.filter(purpose=purpose, subject_id=subject_id, status=Delivery.Status.QUEUED)
    if is_unsent:
        queued = queued.filter(lost_connections=0)
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
    return bool(_again(Delivery.objects.dead().filter(pk=delivery.pk), at))


def send_all_again(*, at: datetime, limit: int) -> int:
    """Queue the messages that were given up, the oldest first and at most `limit`; how many."""
    oldest = Delivery.objects.dead().order_by("settled_at", "pk").values_list("pk", flat=True)[:limit]
    return _again(Delivery.objects.dead().filter(pk__in=list(oldest)), at)


def _again(dead: models.QuerySet[Delivery], at: datetime) -> int:
    queued = dead.update(
        status=Delivery.Status.QUEUED, settled_at=None, due_at=at, attempts=0, lost_connections=0, first_tried_at=None
    )
    if queued:
        nudges.after_commit("outbox.deliver_due")
    return queued


def let_go(*, delivery: Delivery, at: datetime, reason: str) -> bool:
    """Leave a message that was given up or is held back at that, so that nobody has to look at it again. False if it is
    no longer in that state."""
    said = f"{delivery.last_error} Let go: {reason}".strip()
    same = Delivery.objects.filter(pk=delivery.pk, status__in=LEAVABLE)
    return bool(same.update(status=Delivery.Status.CANCELLED, settled_at=at, last_error=said))
