"""E-mails to the customer: the templates they begin from, and each one as it was written."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from followups.models.attempts import Attempt
from followups.models.guides import SLOT, CallGuide
from nps.survey.models import Topic

#: What may stand in braces in a template, and what it is filled in with.
SLOTS = {
    "name": "the customer’s first name",
    "full_name": "the customer’s whole name",
    "company": "their account, or nothing",
    "agent": "whoever writes",
    "organisation": "the name of the house",
    "about": "the request the answer was about, or the support in general",
    "number": "the number of that request, or nothing",
}
LONGEST_SUBJECT, LONGEST_BODY = 150, 10_000


class LetterTemplate(models.Model):
    """What an e-mail begins with. Among those in the customer's language the one for a ticked topic comes first, then
    the one for the score, then the general one."""

    name = models.CharField(max_length=80, help_text="For colleagues; customers never see it.")
    language = models.CharField(max_length=10, help_text="A code such as en; English stands in for what is not there.")
    band = models.CharField(
        "score", max_length=4, choices=CallGuide.Band, blank=True, default="", help_text="Empty is for every score."
    )
    driver = models.CharField(
        "topic",
        max_length=12,
        choices=Topic.Driver,
        blank=True,
        default="",
        help_text="Of a topic the customer ticked; empty is for every topic.",
    )
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    body = models.TextField("text", max_length=LONGEST_BODY)

    class Meta:
        verbose_name = "e-mail template"
        constraints = [
            models.UniqueConstraint(
                fields=["language", "band", "driver"],
                name="lettertemplate_once",
                violation_error_message="There is such a template already; change that one.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    def clean(self) -> None:
        wrong = {}
        for field in ("subject", "body"):
            unknown = [name for name in SLOT.findall(getattr(self, field)) if name not in SLOTS]
            if unknown:
                known = ", ".join(f"{{{name}}}" for name in SLOTS)
                wrong[field] = f"{{{unknown[0]}}} is nothing that can be filled in; known are {known}."
        if wrong:
            raise ValidationError(wrong)


class Letter(models.Model):
    """The e-mail of one attempt. The outbox sends it; what became of it is written here."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits to be sent"
        SENT = "sent", "Sent"
        NOT_SENT = "not_sent", "Not sent"
        TAKEN_BACK = "taken_back", "Taken back"

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="letter")
    recipient = models.EmailField(max_length=254)
    language = models.CharField(max_length=10, default="en")
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    body = models.TextField("text")
    leaves_at = models.DateTimeField(help_text="Until then it can be taken back.")
    sent_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField("not sent at", null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField("why not", max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "e-mail to a customer"
        verbose_name_plural = "e-mails to customers"
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True)
                | Q(bounced_at__isnull=True, failed_at__isnull=True, cancelled_at__isnull=True),
                name="letter_sent_or_not",
            )
        ]

    def __str__(self) -> str:
        return self.subject

    @staticmethod
    def unsent(prefix: str = "") -> Q:
        """Those that will not leave; `prefix` leads to the letter."""
        stopped = Q()
        for field in ("bounced_at", "failed_at", "cancelled_at"):
            stopped |= Q(**{f"{prefix}{field}__isnull": False})
        return stopped

    @property
    def state(self) -> str:
        if self.sent_at is not None:
            return self.State.SENT
        if self.attempt.undone_at is not None:
            return self.State.TAKEN_BACK
        is_stopped = self.bounced_at or self.failed_at or self.cancelled_at
        return self.State.NOT_SENT if is_stopped else self.State.WAITING

    @property
    def state_words(self) -> str:
        return str(self.State(self.state).label)

    def may_be_taken_back(self, at: datetime) -> bool:
        """Whether an undo at `at` is worth offering: nothing of it has left."""
        return self.state == self.State.NOT_SENT or (self.state == self.State.WAITING and at < self.leaves_at)
