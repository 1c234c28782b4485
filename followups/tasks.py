"""Celery's door to the follow-ups."""

import time

from celery import shared_task
from django.utils import timezone

from followups.services import (
    asking_again,
    assigning,
    briefing,
    changing_shifts,
    digesting,
    escalating,
    measuring,
    opening,
    rescoring,
)

#: after so many seconds the other sweeps of this process have their turn, before the next beat goes on
LONGEST_ASSIGNING = 15.0


@shared_task(name="followups.assign_waiting")
def assign_waiting() -> None:
    """Batch after batch: after an outage hundreds wait, and a beat for each batch would be late for most of them."""
    until = time.monotonic() + LONGEST_ASSIGNING
    while assigning.assign_waiting(at=timezone.now()) and time.monotonic() < until:
        pass


@shared_task(name="followups.open_missing")
def open_missing() -> None:
    at = timezone.now()
    rescoring.note_missed_changes(at=at)
    opening.open_missing(at=at)


@shared_task(name="followups.escalate")
def escalate() -> None:
    escalating.escalate_overdue(at=timezone.now())


@shared_task(name="followups.hand_over_at_shift_end")
def hand_over_at_shift_end() -> None:
    at = timezone.now()
    changing_shifts.hand_over_at_shift_end(at=at)
    changing_shifts.give_back_what_was_left(at=at)


@shared_task(name="followups.ask_again")
def ask_again() -> None:
    asking_again.ask_due(at=timezone.now())


@shared_task(name="followups.send_digests")
def send_digests() -> None:
    digesting.send_digests(at=timezone.now())


@shared_task(name="followups.send_briefings")
def send_briefings() -> None:
    briefing.send_briefings(at=timezone.now())


@shared_task(name="followups.measure_effects")
def measure_effects() -> None:
    measuring.measure_due(at=timezone.now())
