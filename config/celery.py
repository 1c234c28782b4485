"""Celery: the clock and the hands. This page says what runs when; what each does is said where the task lives.

A message only says "look now" (an id at most, gone after a minute, never an ETA): due times live in rows."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

EXPIRES_SECONDS = 60


def every(seconds: float, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": float(seconds), "options": {"expires": EXPIRES_SECONDS}}


app = Celery("nines")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "send what is due": every(5, "outbox.deliver_due"),
    "give waiting follow-ups to an agent": every(5, "followups.assign_waiting"),
    "show that beat, broker and worker are one chain": every(5, "outbox.beat_heartbeat"),
    "open follow-ups that a failed receiver left out": every(30, "followups.open_missing"),
    "note which days have changed, for figures that keep the others": every(10, "survey.note_changes"),
    "decide what a failed receiver left undecided": every(60, "survey.decide_missing"),
    "warn, then climb the ladder, when a clock runs out": every(60, "followups.escalate"),
    "send the digest of each shift that begins": every(60, "followups.send_digests"),
    "mail managers and leads their figures in the morning": every(300, "followups.send_briefings"),
    "hand over what would breach while its agent is off": every(120, "followups.hand_over_at_shift_end"),
    "ask again on the day that was agreed": every(300, "followups.ask_again"),
    "ask once more where the survey says so": every(300, "survey.remind_due"),
    "measure once a day what came of each lesson in place": every(1800, "followups.measure_effects"),
    "take seven days of silence as acceptance": every(3600, "desk.assume_accepted"),
}


@setup_logging.connect
def keep_our_logging(**kwargs: Any) -> None:
    """Being connected is the point: Celery then leaves Django's LOGGING as it is."""


# Their import is what counts: a transport for the broker's address, receivers of the worker's signals.
import config.broker  # noqa: E402
import config.heartbeats  # noqa: E402, F401
