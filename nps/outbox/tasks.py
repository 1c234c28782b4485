"""Celery's door to the outbox."""

import os
import time

from celery import shared_task
from django.utils import timezone

from nps.outbox import nudges
from nps.outbox.models import Heartbeat
from nps.outbox.services import delivering

#: A long queue is sent in turns: other tasks get through in between, and a worker told to stop is soon done.
TURN_SECONDS = 10.0


@shared_task(name="outbox.deliver_due")
def deliver_due() -> None:
    until = time.monotonic() + TURN_SECONDS
    delivering.deliver_due(clock=timezone.now, should_stop=lambda: time.monotonic() > until)
    if time.monotonic() > until:
        nudges.after_commit("outbox.deliver_due")


@shared_task(name="outbox.beat_heartbeat")
def beat_heartbeat() -> None:
    """Beat is alive, the broker carries, a worker executes."""
    Heartbeat.beat(name="beat", at=timezone.now(), pid=os.getpid())
