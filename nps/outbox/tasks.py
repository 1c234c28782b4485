"""Celery's door to the outbox."""

import os

from celery import shared_task
from django.utils import timezone

from nps.outbox.models import Heartbeat
from nps.outbox.services import delivering


@shared_task(name="outbox.deliver_due")
def deliver_due() -> None:
    delivering.deliver_due(clock=timezone.now)


@shared_task(name="outbox.beat_heartbeat")
def beat_heartbeat() -> None:
    """Beat is alive, the broker carries, a worker executes."""
    Heartbeat.beat(name="beat", at=timezone.now(), pid=os.getpid())
