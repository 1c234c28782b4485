"""A database that is frozen ignores every timeout of its client: only a deadline in this process helps.

Customers' pages and REST run in a thread of a pool that is given up after a few seconds; meanwhile a breaker answers at
once. What the given-up thread commits later is no second answer: the page's retry carries the same nonce."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse

from config.errors import PROBLEM
from nps.survey.views import pages
from nps.survey.views.doors import HEADERS

logger = logging.getLogger("nines.deadline")

PREFIXES = ("/s/", "/api/v1/")
POOL = 16
PROBE_EVERY = 1.0  # seconds between two looks at a database that did not answer
RETRY_AFTER = "5"


class Breaker:
    """Open after a deadline was missed: then one request a second tries, the others are told at once. Closed again by
    the first answer that comes in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = False
        self._next_probe = 0.0

    def lets_through(self) -> bool:
        with self._lock:
            if not self._is_open:
                return True
            if time.monotonic() < self._next_probe:
                return False
            self._next_probe = time.monotonic() + PROBE_EVERY
            return True

    def missed(self) -> None:
        with self._lock:
            if not self._is_open:
                logger.error("the database did not answer within the deadline; answering 503 until it does")
            self._is_open, self._next_probe = True, time.monotonic() + PROBE_EVERY

    def answered(self) -> None:
        with self._lock:
            if self._is_open:
                logger.warning("the database answers again")
            self._is_open = False


def close_old() -> None:
    """What Django does around a request, for this thread's own connections."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


class DatabaseDeadlineMiddleware:
    """503 in time, with what was typed kept in the page, instead of a request that hangs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._breaker = Breaker()
        self._pool: ThreadPoolExecutor | None = None
        self._given_up = 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seconds = settings.DATABASE_DEADLINE_SECONDS
        if not seconds or not request.path.startswith(PREFIXES):
            return self.get_response(request)
        if request.method == "POST" and request.path.startswith("/s/"):
            request.POST  # noqa: B018 - read here: the other thread must not hold the socket when it is given up
        else:
            request.body  # noqa: B018
        if self._given_up >= POOL // 2 or not self._breaker.lets_through():
            return self._away(request)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(POOL, thread_name_prefix="deadline")
        future = self._pool.submit(self._work, request)
        try:
            response = future.result(timeout=seconds)
        except TimeoutError:
            self._breaker.missed()
            self._given_up += 1
            future.add_done_callback(self._come_back)
            return self._away(request)
        self._breaker.answered()
        return response

    def _work(self, request: HttpRequest) -> HttpResponse:
        close_old()
        try:
            return self.get_response(request)
        finally:
            close_old()

    def _come_back(self, future: "Future[HttpResponse]") -> None:
        self._given_up -= 1

    def _away(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/s/"):
            response = pages.trouble(request)
            for name, value in HEADERS.items():
                response[name] = value
            return response
        body = {
            "type": "about:blank",
            "title": "Not available for the moment",
            "status": 503,
            "detail": "The database does not answer; try again.",
            "code": "unavailable",
        }
        return JsonResponse(body, status=503, content_type=PROBLEM, headers={"Retry-After": RETRY_AFTER})
