"""“You told us, we changed”: what customers were told about the change that came of their answers."""

from django.db import models
from django.db.models import Q

from followups.models.followups import FollowUp
from followups.models.lessons import Lesson

LONGEST_TEXT = 1_000


class ReportBack(models.Model):
    """Somebody told the customers of one lesson what was changed, once, in these words."""

    class Whom(models.TextChoices):
        LINKED = "linked", "Those whose answers this lesson came from"
        CAUSE = "cause", "These, and everybody with its root cause in its scope"

    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="report_backs")
    whom = models.CharField(max_length=6, choices=Whom, default=Whom.LINKED)
    texts = models.JSONField(help_text="Language -> what was changed, in the words of whoever told it.")
    by = models.ForeignKey(
        "nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Empty: the product."
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = "report back"
        verbose_name_plural = "reports back"

    def __str__(self) -> str:
        return f"Told on {self.at:%Y-%m-%d} about lesson {self.lesson_id}"


class ReportBackMail(models.Model):
    """The mail to one customer. The outbox sends it; what became of it is written here. One for each lesson and
    customer, ever."""

    report_back = models.ForeignKey(ReportBack, on_delete=models.PROTECT, related_name="mails")
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey("nps.Customer", on_delete=models.PROTECT, related_name="+", db_index=False)
    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.PROTECT, related_name="report_backs", help_text="Of the answer that it speaks of."
    )
    recipient = models.EmailField(max_length=254)
    language = models.CharField(max_length=10)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField("not sent at", null=True, blank=True)
    why = models.CharField("why not", max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "mail about a change"
        verbose_name_plural = "mails about changes"
        constraints = [
            models.UniqueConstraint(fields=["lesson", "customer"], name="reportback_once"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(stopped_at__isnull=True), name="reportback_sent_or_not"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-queued_at"], name="reportback_of_customer")]

    def __str__(self) -> str:
        return f"About lesson {self.lesson_id} to {self.recipient}"

    @property
    def text(self) -> str:
        return str(self.report_back.texts.get(self.language, ""))

    @property
    def state_words(self) -> str:
        if self.sent_at is not None:
            return "Sent"
        return f"Not sent: {self.why}" if self.stopped_at is not None else "Waits to be sent"
