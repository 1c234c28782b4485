"""Benchmarks: the bare trip through the broker, as a baseline for everything that takes it."""

import time
from datetime import UTC, datetime

from celery import current_app

from nps.outbox.models import Heartbeat
from tests.benchmarks.servers import CannotMeasure


def seconds_to_a_sign_of_life(*, longest: float = 15.0) -> float:
    """From publishing until the worker has begun a task that does nothing but write when it began."""
    asked_at = datetime.now(UTC)
    current_app.send_task("outbox.beat_heartbeat", expires=60, retry=True, retry_policy={"max_retries": 0})
    deadline = time.monotonic() + longest
    while time.monotonic() < deadline:
        began_at = Heartbeat.objects.filter(name="beat", at__gt=asked_at).values_list("at", flat=True).first()
        if began_at is not None:
            return (began_at - asked_at).total_seconds()
        time.sleep(0.01)
    raise CannotMeasure(f"the worker began no task within {longest:g} s")
