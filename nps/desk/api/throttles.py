"""The desk's REST door: how often one key or person may ask. Off unless API_THROTTLE is set."""

import logging
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # the framework reads its settings, and so this module, while it is still being imported
    from rest_framework.views import APIView

logger = logging.getLogger("nines.api")


class KeyThrottle(BaseThrottle):
    """A count per key (or person) and window in the shared cache; 429 with Retry-After beyond settings.API_THROTTLE,
    which is (requests, seconds) or None. Without the cache nobody is throttled."""

    def __init__(self) -> None:
        self._left = 0.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if settings.API_THROTTLE is None:
            return True
        most, seconds = settings.API_THROTTLE
        now = time.time()
        window = int(now // seconds)
        self._left = (window + 1) * seconds - now
        who = f"key{request.auth.pk}" if request.auth is not None else f"user{request.user.pk}"
        name = f"api-throttle-{who}-{window}"
        try:
            cache.add(name, 0, timeout=seconds + 1)
            return cache.incr(name) <= most
        except Exception as error:  # noqa: BLE001 - whatever the cache does, the API answers
            logger.warning("throttling is off, the cache does not answer: %r", error)
            return True

    def wait(self) -> float:
        return self._left
