"""Each try to reach the customer."""

from django.db import models
from django.db.models import Q


class Attempt(models.Model):
    class Via(models.TextChoices):
        PHONE = "phone", "Phone"
        EMAIL = "email", "E-mail"
        CHAT = "chat", "Chat"
        MEETING = "meeting", "Meeting"

    class Result(models.TextChoices):
        NO_ANSWER = "no_answer", "No answer"
        VOICEMAIL = "voicemail", "Voicemail"
        EMAILED = "emailed", "E-mailed"
        REACHED = "reached", "Reached"

    follow_up = models.ForeignKey(
        "followups.FollowUp", on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    via = models.CharField("channel", max_length=8, choices=Via)
    result = models.CharField("outcome", max_length=10, choices=Result)
    at = models.DateTimeField()
    by = models.ForeignKey("nps.User", on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True, default="")
    undone_at = models.DateTimeField(null=True, blank=True)
    # What an undo puts back.
    previous_due_at = models.DateTimeField()
    previous_status = models.CharField(max_length=12)

    class Meta:
        indexes = [models.Index(fields=["follow_up", "at"], name="attempt_of_followup")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(result="emailed") | Q(via__in=["email", "chat"]), name="attempt_emailed_by_mail"
            ),
            models.CheckConstraint(
                condition=~Q(result="voicemail") | Q(via="phone"), name="attempt_voicemail_by_phone"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display()} by {self.get_via_display().lower()}"
