"""What customers answered, and every correction of it."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from nps.append_only import AppendOnly
from nps.desk.models import Channel


class Topic(models.Model):
    """What the customer can tick; carries a driver."""

    class Driver(models.TextChoices):
        COMPETENCE = "competence", "Competence"
        PROMPTNESS = "promptness", "Promptness"
        COURTESY = "courtesy", "Courtesy"
        PRODUCT = "product", "Product"
        PRICE = "price", "Price"
        OTHER = "other", "Other"

    slug = models.SlugField(max_length=60, unique=True)
    labels = models.JSONField(
        default=dict, help_text='By language, such as {"en": "It took too long"}; en is required.'
    )
    driver = models.CharField(max_length=12, choices=Driver)
    position = models.PositiveSmallIntegerField(default=0)
    is_last = models.BooleanField(default=False, help_text="Always shown at the end, such as “Something else”.")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.label("en")

    def label(self, language: str) -> str:
        return self.labels.get(language) or self.labels.get("en") or self.slug


class ResponseQuerySet(models.QuerySet["Response"]):
    def live(self) -> "ResponseQuerySet":
        """Given to this product, not imported as history."""
        return self.filter(is_history=False)


class Response(models.Model):
    class Origin(models.TextChoices):
        HUMAN = "human", "Sent by the customer"
        PHONE = "phone", "Taken by phone"
        API = "api", "API"
        IMPORTED = "imported", "Imported"

    class ContactChoice(models.TextChoices):
        NONE = "", "Not said"
        PHONE = "phone", "Asked to be called"
        EMAIL = "email", "Asked for e-mail"
        NO = "no", "No contact wanted"

    class About(models.TextChoices):
        """To whom or what the score was found to be attributable, once somebody looked."""

        NOT_SAID = "", "Not found yet"
        AGENT = "agent", "The agent"
        HANDOVER = "handover", "Hand-over between agents"
        PROCESS = "process", "How we work"
        PRODUCT = "product", "The product"
        PRICE = "price", "The price"
        CUSTOMER = "customer", "The customer’s side"
        NOT_GIVEN = "not_given", "Not given by the customer"

    invitation = models.OneToOneField("nps.Invitation", on_delete=models.PROTECT, related_name="response")
    survey = models.ForeignKey("nps.Survey", on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("nps.Customer", on_delete=models.PROTECT, related_name="responses", db_index=False)
    score = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True, default="")
    topics = models.ManyToManyField(Topic, blank=True, related_name="responses")
    contact_choice = models.CharField(max_length=5, choices=ContactChoice, blank=True, default="")
    language = models.CharField(max_length=10, default="en")
    origin = models.CharField(max_length=8, choices=Origin)
    taken_by = models.ForeignKey(
        "nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    nonce = models.CharField(max_length=40, blank=True, default="", help_text="Of the page load that sent it.")
    is_history = models.BooleanField(default=False)
    about = models.CharField(
        max_length=9,
        choices=About,
        blank=True,
        default="",
        help_text="What it was found to be about. Figures show it apart; the score counts as it was given.",
    )
    answered_at = models.DateTimeField()
    reasoned_at = models.DateTimeField(null=True, blank=True)
    editable_until = models.DateTimeField()
    # Copied from the resolution's snapshot, so that every figure reads one table.
    resolution = models.ForeignKey("nps.Resolution", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    account = models.ForeignKey("nps.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    team = models.ForeignKey("nps.Team", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    agent = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    product = models.ForeignKey("nps.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel, blank=True, default="")
    shift_name = models.CharField(max_length=40, blank=True, default="")

    objects = ResponseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=10), name="response_score"),
            models.CheckConstraint(
                condition=Q(origin__in=["human", "phone", "api", "imported"]), name="response_origin"
            ),
        ]
        indexes = [
            # With what the figures of a period ask of every answer, so that they need not read the answers themselves.
            models.Index(
                fields=["-answered_at"], include=["id", "score", "team", "about", "customer"], name="response_by_time"
            ),
            # The answer before or after another is read out of the index alone, a hundred thousand times for a report.
            models.Index(fields=["customer", "-answered_at", "-id"], include=["score"], name="response_of_customer"),
            models.Index(fields=["taken_by"], name="response_taken_by", condition=Q(taken_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"Answer {self.pk}: {self.score}"

    def is_editable(self, at: datetime) -> bool:
        return at < self.editable_until


class ResponseRevision(AppendOnly):
    """What an answer said before it was changed. Written once, never altered."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="revisions")
    at = models.DateTimeField()
    by = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    old_score = models.PositiveSmallIntegerField()
    new_score = models.PositiveSmallIntegerField()
    old_comment = models.TextField(blank=True, default="")
    new_comment = models.TextField(blank=True, default="")
    nonce = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(old_score__lte=10, new_score__lte=10), name="revision_score"),
            models.UniqueConstraint(fields=["response", "nonce"], condition=~Q(nonce=""), name="revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.old_score} → {self.new_score}"
