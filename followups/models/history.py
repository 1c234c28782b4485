"""The history of every follow-up: append-only."""

from typing import Any

from django.db import models


class HistoryIsAppendOnly(TypeError):
    """History is written once; a correction is another entry."""


class HistoryEntryQuerySet(models.QuerySet["HistoryEntry"]):
    def update(self, **kwargs: Any) -> int:
        raise HistoryIsAppendOnly("History entries cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise HistoryIsAppendOnly("History entries cannot be deleted.")


class HistoryEntry(models.Model):
    follow_up = models.ForeignKey("followups.FollowUp", on_delete=models.PROTECT, related_name="history")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        "nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Empty: the product."
    )
    verb = models.CharField(max_length=30)
    from_status = models.CharField(max_length=12, blank=True, default="")
    to_status = models.CharField(max_length=12, blank=True, default="")
    sentence = models.TextField(help_text="What happened, for people.")
    detail = models.JSONField(default=dict, blank=True)

    objects = HistoryEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "history"
        indexes = [models.Index(fields=["follow_up", "at", "id"], name="history_of_followup")]

    def __str__(self) -> str:
        return self.sentence

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise HistoryIsAppendOnly("History entries cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise HistoryIsAppendOnly("History entries cannot be deleted.")
