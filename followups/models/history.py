"""The history of every follow-up: append-only."""

from django.db import models

from nps.append_only import AppendOnly


class HistoryEntry(AppendOnly):
    follow_up = models.ForeignKey(
        "followups.FollowUp", on_delete=models.PROTECT, related_name="history", db_index=False
    )
    at = models.DateTimeField()
    actor = models.ForeignKey(
        "nps.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the product.",
        db_index=False,
    )
    verb = models.CharField(max_length=30)
    from_status = models.CharField(max_length=12, blank=True, default="")
    to_status = models.CharField(max_length=12, blank=True, default="")
    sentence = models.TextField(help_text="What happened, for people.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "history"
        indexes = [
            models.Index(fields=["follow_up", "at", "id"], name="history_of_followup"),
            models.Index(fields=["actor"], name="history_of_actor", condition=models.Q(actor__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def who(self) -> str:
        return str(self.actor or "Nines")
