"""Receivers of domain signals that failed. What one left undone is made good by a sweep; the row is for whoever mends
the cause."""

from datetime import datetime

from django.db import models
from django.db.models import F

from nps.redacting import in_short


class ReceiverFailureQuerySet(models.QuerySet["ReceiverFailure"]):
    def unseen(self) -> "ReceiverFailureQuerySet":
        return self.filter(seen_at__isnull=True)


class ReceiverFailure(models.Model):
    """One row for each receiver: how often it failed, when last, and with what."""

    receiver = models.CharField(max_length=200, unique=True)
    times = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    error = models.CharField(max_length=300, help_text="The last one: its kind and the first line of what it says.")
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = ReceiverFailureQuerySet.as_manager()

    class Meta:
        verbose_name = "failed receiver"

    def __str__(self) -> str:
        return self.receiver

    @classmethod
    def note(cls, *, receiver: str, at: datetime, error: BaseException) -> None:
        """Count one more failure of `receiver`; whoever had seen the earlier ones has to look again."""
        name = receiver[:200]
        ReceiverFailure.objects.bulk_create(
            [ReceiverFailure(receiver=name, first_at=at, last_at=at, error="")], ignore_conflicts=True
        )
        ReceiverFailure.objects.filter(receiver=name).update(
            times=F("times") + 1, last_at=at, error=in_short(error), seen_at=None
        )
