"""Whether a resolution was asked about, the promise to ask, and what happened to the link."""

from django.db import models
from django.db.models import Q


class SurveyDecision(models.Model):
    """Exactly one per resolution: every resolved ticket is accounted for."""

    class Outcome(models.TextChoices):
        INVITED = "invited", "Invited"
        SKIPPED = "skipped", "Skipped"

    class Reason(models.TextChoices):
        NONE = "", "—"
        OPTED_OUT = "opted_out", "Opted out"
        NO_ADDRESS = "no_address", "No address"
        QUIET_PERIOD = "quiet_period", "Quiet period"
        SAMPLED_OUT = "sampled_out", "Sampled out"
        INTERNAL = "internal", "Internal"
        DUPLICATE = "duplicate", "Merged or duplicate ticket"
        INACTIVE = "inactive", "Survey inactive"
        HISTORY = "history", "History import"

    resolution = models.OneToOneField("nps.Resolution", on_delete=models.PROTECT, related_name="decision")
    survey = models.ForeignKey("nps.Survey", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=20, choices=Reason, blank=True, default="")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="invited", reason="", survey__isnull=False)
                | (Q(outcome="skipped") & ~Q(reason="")),
                name="decision_reason",
            )
        ]
        indexes = [
            # A decision never changes: all that figures ask of it is beside its time.
            models.Index(fields=["-decided_at"], include=["resolution", "outcome", "reason"], name="decision_by_time")
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.get_reason_display() if self.reason else ''}".strip()


class Invitation(models.Model):
    """The promise to ask one customer once. Its link is a signed token, made when needed and stored nowhere."""

    class Via(models.TextChoices):
        EMAIL = "email", "E-mail"
        LINK = "link", "Link"
        SITE = "site", "Support site"
        CHAT = "chat", "Chat"
        PHONE = "phone", "Phone"
        API = "api", "API"
        IMPORTED = "import", "Import"

    survey = models.ForeignKey("nps.Survey", on_delete=models.PROTECT, related_name="invitations")
    customer = models.ForeignKey("nps.Customer", on_delete=models.PROTECT, related_name="invitations", db_index=False)
    resolution = models.OneToOneField(
        "nps.Resolution", on_delete=models.PROTECT, null=True, blank=True, related_name="invitation"
    )
    via = models.CharField(max_length=6, choices=Via, default=Via.EMAIL)
    language = models.CharField(max_length=10, default="en")
    address = models.EmailField(max_length=254, blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField("not sent at", null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(
        max_length=40, blank=True, default="", help_text="The system in which it was answered, if not in this one."
    )
    external_id = models.CharField(max_length=120, blank=True, default="", help_text="The answer's id there.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(external_id=""), name="invitation_external_id_once"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="invitation_of_customer"),
            models.Index(fields=["-created_at"], name="invitation_by_time"),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"


class Click(models.Model):
    """An opened link. A diagnostic: never an answer, never the cause of anything."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="clicks", db_index=False)
    at = models.DateTimeField()
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    is_hidden_link = models.BooleanField(default=False, help_text="The link no person can see was followed.")
    is_scanner = models.BooleanField(default=False, help_text="Judged to be a mail scanner's.")
    user_agent = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(score__isnull=True) | Q(score__lte=10), name="click_score")]
        indexes = [models.Index(fields=["invitation", "at"], name="click_of_invitation")]

    def __str__(self) -> str:
        return f"Opened with {self.score}, not sent" if self.score is not None else "Opened"


class Suppression(models.Model):
    """An address that is not to be asked any more."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Asked not to be asked"
        BOUNCED = "bounced", "Address does not exist"
        COMPLAINT = "complaint", "Complaint"
        STAFF = "staff", "Set by staff"

    address = models.EmailField(max_length=254, help_text="Lower case.")
    reason = models.CharField(max_length=12, choices=Reason)
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address"], condition=Q(lifted_at__isnull=True), name="suppression_once")
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_reason_display()}"
