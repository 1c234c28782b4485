"""Figures of the closed loop. Doors ask these functions; they write nothing."""

from datetime import datetime

from followups.models import FollowUp
from followups.services.opening import missing


def unassigned_count(at: datetime) -> int:
    """Follow-ups that nobody has at `at`."""
    return FollowUp.objects.waiting().count()


def missing_count() -> int:
    """Scores of 8 or below given to this product that have no follow-up: 0, or a wire is broken."""
    return missing().count()
