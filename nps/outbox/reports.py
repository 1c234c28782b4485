"""How the outbox is doing, for /readyz and the operators' page."""

from datetime import datetime

from nps.outbox.models import Delivery


def oldest_due_age(at: datetime) -> float:
    """Seconds since the oldest due message became due; 0 when nothing waits."""
    oldest = Delivery.objects.due(at).order_by("due_at").values_list("due_at", flat=True).first()
    return max(0.0, (at - oldest).total_seconds()) if oldest else 0.0


def dead_count() -> int:
    return Delivery.objects.dead().count()
