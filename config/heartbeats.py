"""The worker's own sign of life: a row every few seconds, written by a thread of the worker process itself.

The other one, `outbox.beat_heartbeat`, is a task: it proves the way from beat through the broker to a worker."""

import logging
import os
import socket
import threading
import time
from typing import Any

from celery.signals import worker_ready
from django.utils import timezone

logger = logging.getLogger("nines.heartbeats")

EVERY_SECONDS = 5.0
WORKER_FRESH_SECONDS = 30.0  # older than this, the worker counts as stuck
BEAT_FRESH_SECONDS = 60.0
WORKER, BEAT = "worker", "beat"


@worker_ready.connect
def begin(**kwargs: Any) -> None:
    """It goes on while the worker finishes its work after a TERM: then it is leaving, not stuck."""
    threading.Thread(target=_keep_beating, name="heartbeat", daemon=True).start()


def _keep_beating() -> None:
    is_failing = False
    while True:
        try:
            beat_once()
            is_failing = False
        except Exception as error:  # noqa: BLE001 - a database that is away comes back
            if not is_failing:
                logger.warning("heartbeat not written, trying on: %r", error)
            is_failing = True
        time.sleep(EVERY_SECONDS)


def beat_once() -> None:
    from django.db import connection

    from nps.outbox.models import Heartbeat

    try:
        Heartbeat.beat(name=WORKER, at=timezone.now(), pid=os.getpid(), detail=socket.gethostname()[:200])
    finally:
        # Prefork children are forked beside this thread: none shall inherit an open connection from it.
        connection.close()
