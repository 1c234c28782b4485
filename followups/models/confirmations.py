"""“Not given by the customer” is said by one person and confirmed by another: the request, and what came of it."""

from django.db import models
from django.db.models import F, Q

from followups.models.followups import FollowUp


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    def pending(self) -> "ConfirmationQuerySet":
        return self.filter(state=Confirmation.State.PENDING)

    def decidable_by(self, user) -> "ConfirmationQuerySet":
        """Those that wait for this person: a lead of the owning team or a manager, who neither asked nor was rated."""
        if not user.may_write:
            return self.none()
        mine = self.pending().exclude(asked_by=user).exclude(follow_up__rated_agent=user)
        return mine if user.is_manager else mine.filter(follow_up__team_id__in=user.led_team_ids)


class Confirmation(models.Model):
    """All that the follow-up will be closed with, kept until a second person has said yes. Until then it is not
    closed."""

    class State(models.TextChoices):
        PENDING = "pending", "Waits for a second person"
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    follow_up = models.ForeignKey("followups.FollowUp", on_delete=models.PROTECT, related_name="confirmations")
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    asked_by = models.ForeignKey("nps.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.TextField(help_text="Why the customer did not give this answer.")
    root_cause = models.ForeignKey("followups.RootCause", on_delete=models.PROTECT, related_name="+")
    lesson_kind = models.CharField(max_length=12, choices=FollowUp.LessonKind)
    lesson_text = models.TextField(blank=True, default="", help_text="Of a new lesson; it is kept once confirmed.")
    lesson = models.ForeignKey(
        "followups.Lesson", on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="A known one."
    )
    previous_due_at = models.DateTimeField(help_text="What a refusal puts back.")
    decided_by = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, default="", help_text="Why it was declined.")

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["follow_up"], condition=Q(state="pending"), name="confirmation_one_pending"
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at__isnull=True, decided_by__isnull=True)
                | Q(state__in=["confirmed", "declined"], decided_at__isnull=False, decided_by__isnull=False)
                | Q(state="withdrawn", decided_at__isnull=False),
                name="confirmation_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "declined"]) | ~Q(decided_by=F("asked_by")),
                name="confirmation_by_another",
            ),
            models.CheckConstraint(
                condition=(Q(lesson_kind="new", lesson__isnull=True) & ~Q(lesson_text=""))
                | Q(lesson_kind="known", lesson__isnull=False)
                | Q(lesson_kind="nothing_new", lesson__isnull=True),
                name="confirmation_lesson",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="confirmation_reason"),
        ]
        indexes = [models.Index(fields=["asked_at"], name="confirmation_pending", condition=Q(state="pending"))]

    def __str__(self) -> str:
        return f"Follow-up {self.follow_up_id}: {self.get_state_display().lower()}"
