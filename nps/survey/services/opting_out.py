"""Stop asking an address, or begin again."""

from datetime import datetime

from nps.survey.models import Suppression


def opt_out(*, address: str, at: datetime, reason: str = Suppression.Reason.UNSUBSCRIBED) -> None:
    """Never ask this address again. Asking twice to be left alone is the same as once."""
    Suppression.objects.bulk_create([Suppression(address=address.lower(), reason=reason, at=at)], ignore_conflicts=True)


def lift(*, suppression: Suppression, at: datetime) -> bool:
    """Ask again, because the person wants it. False if it was lifted already."""
    return bool(Suppression.objects.filter(pk=suppression.pk, lifted_at__isnull=True).update(lifted_at=at))
