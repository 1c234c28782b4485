"""Take an API key back."""

from datetime import datetime

from nps.desk.models import ApiKey


def revoke(*, key: ApiKey, at: datetime) -> bool:
    """From now on the key opens nothing. False if it was revoked already."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at))
