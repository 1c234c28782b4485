"""“Look now” hints to the worker. A hint is never the truth: a sweep finds whatever a lost hint was about.

Requests never talk to the broker: a thread per process publishes, coalescing hints, so that a frozen or refusing
broker costs the customer nothing."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from celery import current_app
from django.conf import settings

from nps import gathering

logger = logging.getLogger("nines.nudges")

COALESCE_SECONDS = 0.1  # a hint that finds the thread asleep goes out at once; the next ones wait together
BREAKER_SECONDS = 5.0


class Nudger:
    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._wanted: set[str] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed_until = 0.0

    def want(self, task: str) -> None:
        """Ask for `task` to be published soon. Returns at once and never raises."""
        if self._pid != os.getpid():  # a forked child inherits no threads
            self._reset()
        with self._condition:
            self._wanted.add(task)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="nudger", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._wanted:
                    self._condition.wait()
                wanted, self._wanted = self._wanted, set()
            for task in sorted(wanted):
                self._publish(task)
            time.sleep(COALESCE_SECONDS)

    def _publish(self, task: str) -> None:
        if time.monotonic() < self._closed_until:
            return
        try:
            current_app.send_task(task, expires=60, retry=True, retry_policy={"max_retries": 0})
        except Exception as error:  # noqa: BLE001 - whatever the broker does, the sweep makes it good
            self._closed_until = time.monotonic() + BREAKER_SECONDS
            logger.warning("broker not reachable, sweeps take over for now: %r", error)


_nudger = Nudger()
_is_quiet: ContextVar[bool] = ContextVar("is_quiet", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """No hints from here: for acts in bulk, where thousands would say what one sweep finds anyway."""
    token = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(token)


def after_commit(task: str) -> None:
    """Publish `task` once the current transaction has committed; at once where there is none."""
    if _is_quiet.get() or not settings.NUDGES_ENABLED:
        return

    # A nested function: on Django 5.2 robust=True with functools.partial still raises when the callback fails.
    def publish() -> None:
        _nudger.want(task)

    gathering.after_commit(publish)
