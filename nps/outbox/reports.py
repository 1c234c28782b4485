"""How the outbox is doing, for /readyz and the operators' page. Each function is one statement."""

from datetime import datetime, timedelta

from django.db.models import F

from nps.outbox.models import Delivery, Heartbeat, ReceiverFailure

#: A sweep takes over every few seconds whatever a lost sender held; later than this, no sweep is running.
STUCK_AFTER = timedelta(seconds=60)


def oldest_due_age(at: datetime) -> float:
    """Seconds since the oldest due message became due; 0 when nothing waits."""
    oldest = Delivery.objects.due(at).order_by("due_at").values_list("due_at", flat=True).first()
    return max(0.0, (at - oldest).total_seconds()) if oldest else 0.0


def stuck_count(at: datetime) -> int:
    """Messages under a lease that ran out over a minute before `at`."""
    return Delivery.objects.stuck(at - STUCK_AFTER).count()


def dead_count() -> int:
    return Delivery.objects.dead().count()


def held_count() -> int:
    """Messages held back since a backup was restored."""
    return Delivery.objects.held().count()


def dead(limit: int) -> list[Delivery]:
    """Messages that were given up, the latest first."""
    return list(Delivery.objects.dead().order_by("-settled_at", "-pk")[:limit])


def stuck(at: datetime, limit: int) -> list[Delivery]:
    """The messages of `stuck_count`, the longest stuck first."""
    return list(Delivery.objects.stuck(at - STUCK_AFTER).order_by("lease_until", "pk")[:limit])


def signs_of_life(names: tuple[str, ...]) -> dict[str, Heartbeat]:
    return {row.name: row for row in Heartbeat.objects.filter(name__in=names)}


def failed_receiver_count() -> int:
    """Receivers that failed since somebody looked."""
    return ReceiverFailure.objects.unseen().count()


def failed_receivers(limit: int) -> list[ReceiverFailure]:
    """Those not looked at first, then the latest."""
    return list(ReceiverFailure.objects.order_by(F("seen_at").asc(nulls_first=True), "-last_at")[:limit])
