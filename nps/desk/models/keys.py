"""Keys of programs: scoped, hashed, expiring. The secret is shown once and stored nowhere."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

USE_GRAIN = timedelta(minutes=1)

if TYPE_CHECKING:
    from nps.desk.models.users import User


def validate_scopes(value: object) -> None:
    if not (isinstance(value, list) and value and all(scope in settings.API_SCOPES for scope in value)):
        raise ValidationError(f"Scopes must be a list out of: {', '.join(settings.API_SCOPES)}.")


def digest(secret: str) -> str:
    # The secret is 256 random bits, so a plain hash is as strong as a slow one and costs a request nothing.
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, at: datetime) -> "ApiKeyQuerySet":
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at), revoked_at__isnull=True)


class ApiKey(models.Model):
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, editable=False)
    hashed = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, validators=[validate_scopes])
    created_by = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def note_use(self, at: datetime) -> None:
        """Keep when it was last used, to the minute: one write a minute, whatever the number of requests."""
        stale = at - USE_GRAIN
        if self.last_used_at is None or self.last_used_at <= stale:
            is_stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=stale)
            ApiKey.objects.filter(is_stale, pk=self.pk).update(last_used_at=at)

    @classmethod
    def issue(
        cls, *, name: str, scopes: list[str], at: datetime, by: "User | None" = None, days: int | None = 365
    ) -> "tuple[ApiKey, str]":
        """A new key and its secret. The secret cannot be read again; ValidationError if a scope is unknown."""
        validate_scopes(scopes)
        secret = f"nines_{secrets.token_urlsafe(32)}"
        key = cls.objects.create(
            name=name,
            prefix=secret[:12],
            hashed=digest(secret),
            scopes=scopes,
            created_by=by,
            created_at=at,
            expires_at=at + timedelta(days=days) if days else None,
        )
        return key, secret
