"""Celery's door to the follow-ups."""

from celery import shared_task
from django.utils import timezone

from followups.services import assigning, escalating, opening


@shared_task(name="followups.assign_waiting")
def assign_waiting() -> None:
    assigning.assign_waiting(at=timezone.now())


@shared_task(name="followups.open_missing")
def open_missing() -> None:
    opening.open_missing(at=timezone.now())


@shared_task(name="followups.escalate")
def escalate() -> None:
    escalating.escalate_overdue(at=timezone.now())


@shared_task(name="followups.hand_over_at_shift_end")
def hand_over_at_shift_end() -> None:
    assigning.hand_over_at_shift_end(at=timezone.now())
