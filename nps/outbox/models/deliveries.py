"""One message to the outside. The row is the truth; a Celery message only says "look now"."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> "DeliveryQuerySet":
        """Queued and due at `at`, or in flight under a lease that ran out."""
        return self.filter(
            Q(status=Delivery.Status.QUEUED, due_at__lte=at) | Q(status=Delivery.Status.SENDING, lease_until__lte=at)
        )

    def stuck(self, at: datetime) -> "DeliveryQuerySet":
        """In flight under a lease that ran out before `at`: whoever held it is gone, and nobody has taken it over."""
        return self.filter(status=Delivery.Status.SENDING, lease_until__lt=at)

    def unsent(self) -> "DeliveryQuerySet":
        return self.filter(status__in=(Delivery.Status.QUEUED, Delivery.Status.SENDING))

    def perhaps_gone(self, until: datetime) -> "DeliveryQuerySet":
        """What a restored backup takes for unsent, and may have left by `until`."""
        return self.filter(Q(status=Delivery.Status.QUEUED, due_at__lte=until) | Q(status=Delivery.Status.SENDING))

    def held(self) -> "DeliveryQuerySet":
        return self.filter(status=Delivery.Status.HELD)

    def dead(self) -> "DeliveryQuerySet":
        return self.filter(status=Delivery.Status.DEAD)


class Delivery(models.Model):
    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        BOUNCED = "bounced", "Bounced"
        DEAD = "dead", "Not sent"
        CANCELLED = "cancelled", "No longer wanted"
        HELD = "held", "Held back"

    purpose = models.CharField(max_length=40)
    subject_id = models.BigIntegerField(help_text="The row this message is about; its purpose says of which kind.")
    key = models.CharField(
        max_length=60, default="", blank=True, help_text="Tells repeated messages of one purpose apart."
    )
    recipient = models.EmailField(max_length=254)
    priority = models.SmallIntegerField(default=0, help_text="Higher leaves first.")
    due_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lost_connections = models.PositiveSmallIntegerField(default=0)
    message_id = models.CharField(max_length=120, unique=True)
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    first_tried_at = models.DateTimeField(
        null=True, blank=True, help_text="It is given up three days after this. Sending it again begins anew."
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["purpose", "subject_id", "key"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "sent", "bounced", "dead", "cancelled", "held"]),
                name="delivery_status",
            ),
            models.CheckConstraint(
                condition=~Q(status="sending") | Q(lease_until__isnull=False, lease_token__isnull=False),
                name="delivery_sending_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending"], settled_at__isnull=True)
                | (~Q(status__in=["queued", "sending"]) & Q(settled_at__isnull=False)),
                name="delivery_settled_at",
            ),
        ]
        indexes = [
            models.Index(F("priority").desc(), "due_at", name="delivery_due", condition=Q(status="queued")),
            models.Index("lease_until", name="delivery_leased", condition=Q(status="sending")),
            models.Index("settled_at", name="delivery_dead", condition=Q(status="dead")),
            models.Index("settled_at", name="delivery_held", condition=Q(status="held")),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} to {self.recipient}"
