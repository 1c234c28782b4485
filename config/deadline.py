"""A database that is frozen ignores every timeout of its client: only a deadline in this process helps.

Every request runs in a thread of a pool that is given up after a few seconds (staff pages after more: their figures
may take a while); meanwhile a breaker answers at once. What the given-up thread commits later is no second answer: the
page's retry carries the same nonce. Staff have a lane of their own, so that neither side waits for the other."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import connections
from django.http import HttpRequest, HttpResponse

from config import outage

logger = logging.getLogger("nines.deadline")

CUSTOMERS = ("/s/", "/api/v1/")
ASK_NOTHING = ("/healthz", "/readyz", "/static/", "/mailbox/")
POOL = 16
PROBE_EVERY = 1.0  # seconds between two looks at a database that did not answer


class Breaker:
    """Open after a deadline was missed while nobody else was answered: then one request a second tries, the others are
    told at once. Closed again by the first answer that comes in time. Where others are answered meanwhile, the database
    is there and only slow: to refuse everybody would turn one late page into thirty."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = False
        self._next_probe = 0.0
        self._answered_at = 0.0

    def lets_through(self) -> bool:
        with self._lock:
            if not self._is_open:
                return True
            if time.monotonic() < self._next_probe:
                return False
            self._next_probe = time.monotonic() + PROBE_EVERY
            return True

    def missed(self, since: float) -> None:
        """A request that began at `since` (monotonic) was given up."""
        with self._lock:
            if self._answered_at > since:
                return
            if not self._is_open:
                logger.error("the database did not answer within the deadline; answering 503 until it does")
            self._is_open, self._next_probe = True, time.monotonic() + PROBE_EVERY

    def answered(self) -> None:
        with self._lock:
            if self._is_open:
                logger.warning("the database answers again")
            self._is_open, self._answered_at = False, time.monotonic()


def close_old() -> None:
    """What Django does around a request, for this thread's own connections."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


class Lane:
    """Requests of one kind: their pool, their breaker, and how many of their threads were given up and hang."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._breaker = Breaker()
        self._pool: ThreadPoolExecutor | None = None
        self._given_up = 0

    def run(self, work: Callable[[], HttpResponse], seconds: float) -> HttpResponse | None:
        """What `work` answers, or None if it is not answered within `seconds` or not even tried."""
        if self._given_up >= POOL // 2 or not self._breaker.lets_through():
            return None
        if self._pool is None:
            self._pool = ThreadPoolExecutor(POOL, thread_name_prefix=f"deadline-{self._name}")
        began = time.monotonic()
        future = self._pool.submit(work)
        try:
            response = future.result(timeout=seconds)
        except TimeoutError:
            self._breaker.missed(began)
            self._given_up += 1
            future.add_done_callback(self._come_back)
            return None
        self._breaker.answered()
        return response

    def _come_back(self, future: "Future[HttpResponse]") -> None:
        self._given_up -= 1


class DatabaseDeadlineMiddleware:
    """503 in time, with what was typed kept in the page, instead of a request that hangs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._customers, self._staff = Lane("customers"), Lane("staff")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_customers = request.path.startswith(CUSTOMERS)
        seconds = settings.DATABASE_DEADLINE_SECONDS if is_customers else settings.STAFF_DEADLINE_SECONDS
        if not seconds or request.path.startswith(ASK_NOTHING):
            return self.get_response(request)
        try:
            if request.path.startswith("/api/"):
                request.body  # noqa: B018 - read here: the other thread must not hold the socket when it is given up
            elif request.method == "POST":
                request.POST  # noqa: B018
        except (RequestDataTooBig, TooManyFieldsSent) as error:
            return outage.too_much(request, error)
        lane = self._customers if is_customers else self._staff
        return lane.run(lambda: self._work(request), seconds) or outage.away(request)

    def _work(self, request: HttpRequest) -> HttpResponse:
        close_old()
        try:
            return self.get_response(request)
        finally:
            close_old()
