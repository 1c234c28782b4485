"""Celery's door to the survey."""

from celery import shared_task
from django.utils import timezone

from nps import kept_days
from nps.survey.services import deciding, inviting


@shared_task(name="survey.remind_due")
def remind_due() -> None:
    inviting.remind_due(at=timezone.now())


@shared_task(name="survey.decide_missing")
def decide_missing() -> None:
    deciding.decide_missing(at=timezone.now())


@shared_task(name="survey.note_changes")
def note_changes() -> None:
    kept_days.note_changes()
