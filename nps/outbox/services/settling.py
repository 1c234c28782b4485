"""Write what became of messages that left by another road, or whose time has passed, without sending them here."""

from collections.abc import Callable
from datetime import datetime

from nps.outbox.models import Delivery
from nps.outbox.sender import Verdict
from nps.outbox.services.delivering import write_verdict


def settle_due(*, at: datetime, verdict_of: Callable[[Delivery], Verdict]) -> int:
    """Settle what waits and is due at `at` as `verdict_of` says; how many. What a sender has claimed is left alone."""
    waiting = Delivery.objects.filter(status=Delivery.Status.QUEUED, due_at__lte=at).order_by("-priority", "due_at")
    return sum(write_verdict(delivery, verdict_of(delivery), at) for delivery in waiting)
