"""Say that somebody has looked at what failed."""

from datetime import datetime

from nps.outbox.models import ReceiverFailure


def seen(*, failure: ReceiverFailure, at: datetime) -> bool:
    """Take it off the list of what needs somebody, until it fails again. False if it was seen already or failed again
    since `failure` was read."""
    same = ReceiverFailure.objects.unseen().filter(pk=failure.pk, last_at=failure.last_at)
    return bool(same.update(seen_at=at))
