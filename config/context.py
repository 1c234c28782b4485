"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def organisation(request: HttpRequest) -> dict[str, Any]:
    return {"organisation": settings.ORGANISATION, "has_mailbox": bool(settings.MAILBOX_DIR)}
