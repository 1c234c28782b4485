"""Root causes, what was learned, and what was promised."""

from django.db import models
from django.db.models import F, Q


class RootCause(models.Model):
    """A two-level list that a manager edits."""

    class AttributableTo(models.TextChoices):
        AGENT = "agent", "Agent"
        HANDOVER = "handover", "Hand-over"
        PROCESS = "process", "Process"
        PRODUCT = "product", "Product"
        PRICE = "price", "Price"
        CUSTOMER = "customer", "Customer"

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    attributable_to = models.CharField(max_length=8, choices=AttributableTo)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="rootcause_not_its_own_parent",
                violation_error_message="A cause cannot stand below itself.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Lesson(models.Model):
    class Status(models.TextChoices):
        NEW = "new", "New"
        ACCEPTED = "accepted", "Accepted"
        IN_PROGRESS = "in_progress", "In progress"
        IN_PLACE = "in_place", "In place"
        NO_EFFECT = "no_effect", "No effect"
        REJECTED = "rejected", "Rejected"

    class Effect(models.TextChoices):
        NOT_MEASURED = "", "Not measured"
        TOO_EARLY = "too_early", "Too early to tell"
        NONE_SEEN = "none_seen", "No effect seen"
        PROVEN = "proven", "Proven"

    text = models.TextField()
    root_cause = models.ForeignKey(RootCause, on_delete=models.PROTECT, related_name="lessons", db_index=False)
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    change = models.TextField("change to make", blank=True, default="")
    owner = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="lessons")
    team = models.ForeignKey(
        "nps.Team",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Scope; empty means all.",
    )
    product = models.ForeignKey(
        "nps.Product",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Scope; empty means all.",
    )
    in_place_on = models.DateField("in place since", null=True, blank=True)
    effect = models.CharField(max_length=10, choices=Effect, blank=True, default=Effect.NOT_MEASURED)
    times_seen = models.PositiveIntegerField(default=0, help_text="Closed follow-ups that carry it.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="in_place") | Q(in_place_on__isnull=False), name="lesson_in_place_on"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="lesson_text"),
        ]
        indexes = [models.Index(fields=["root_cause", "-times_seen"], name="lesson_by_cause")]

    def __str__(self) -> str:
        return self.text if len(self.text) <= 80 else f"{self.text[:79]}…"


class Promise(models.Model):
    follow_up = models.ForeignKey("followups.FollowUp", on_delete=models.PROTECT, related_name="promises")
    text = models.TextField()
    due_on = models.DateField()
    owner = models.ForeignKey("nps.User", on_delete=models.PROTECT, related_name="promises")
    made_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True, blank=True)
    broken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kept_at__isnull=True) | Q(broken_at__isnull=True), name="promise_kept_or_broken"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="promise_text"),
        ]

    def __str__(self) -> str:
        return self.text if len(self.text) <= 80 else f"{self.text[:79]}…"
