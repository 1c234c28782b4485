"""Celery's door to the desk."""

from celery import shared_task
from django.utils import timezone

from nps.desk.services import accepting


@shared_task(name="desk.assume_accepted")
def assume_accepted() -> None:
    accepting.assume_accepted(at=timezone.now())
