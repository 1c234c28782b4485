"""/healthz: this process answers (for load balancers). /readyz: is the whole product well (for monitors and the
supervisor)? It never hangs: each question is asked in a thread of its own and given up after a second or two."""

import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.heartbeats import BEAT, BEAT_FRESH_SECONDS, WORKER, WORKER_FRESH_SECONDS

OK, ATTENTION, FAILING = "ok", "attention", "failing"
DATABASE_SECONDS, COUNTS_SECONDS, BROKER_SECONDS = 1.0, 1.5, 1.0
LATE_SECONDS = 300.0  # a message this late is not merely waiting its turn

Check = dict[str, Any]


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if nothing is failing, else 503. `attention` alone (a person should look) stays 200."""
    checks = all_checks(timezone.now())
    found = {check["status"] for check in checks.values()}
    status = next((grade for grade in (FAILING, ATTENTION) if grade in found), OK)
    response = JsonResponse({"status": status, "checks": checks}, status=503 if status == FAILING else 200)
    # Monitors ask every few seconds; django.request need not write an ERROR line for each.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def all_checks(at: datetime) -> dict[str, Check]:
    """Each check as {"status": …, and its figure or a "detail"}; no secrets, no names of customers."""
    broker = Questions("broker", {"broker": check_broker})
    rows = Questions("database", {name: partial(ask, at) for name, ask in DATABASE_QUESTIONS.items()})
    answers = broker.answers(BROKER_SECONDS)
    answers |= rows.answers(DATABASE_SECONDS, until_first=True)
    if answers["database"]["status"] == OK:
        answers |= rows.answers(COUNTS_SECONDS)
    return {name: answers[name] for name in ("database", "broker", *list(DATABASE_QUESTIONS)[1:])}


class Questions:
    """Named questions asked one after the other in a daemon thread; those unanswered in time count as failing.

    A thread that hangs (a frozen server ignores every timeout of its client) is not joined by a second one."""

    _asking: dict[str, threading.Thread] = {}
    _lock = threading.Lock()

    def __init__(self, kind: str, questions: dict[str, Callable[[], Check]]) -> None:
        self._questions = questions
        self._answers: dict[str, Check] = {}
        self._is_answered = {name: threading.Event() for name in questions}
        with Questions._lock:
            before = Questions._asking.get(kind)
            # Several monitors may ask at once; only one that is stuck from an earlier time is in the way.
            self._is_blocked = before is not None and before.is_alive() and before.name.endswith("stuck")
            if not self._is_blocked:
                self._thread = threading.Thread(target=self._ask_all, name=kind, daemon=True)
                Questions._asking[kind] = self._thread
                self._thread.start()

    def answers(self, seconds: float, *, until_first: bool = False) -> dict[str, Check]:
        """What is known after at most `seconds` (of the first question only, if so asked)."""
        if not self._is_blocked:
            deadline = time.monotonic() + seconds
            for event in list(self._is_answered.values())[: 1 if until_first else None]:
                if not event.wait(max(0.0, deadline - time.monotonic())):
                    self._thread.name = f"{self._thread.name.removesuffix(' stuck')} stuck"
                    break
        silent = {"status": FAILING, "detail": "no answer in time"}
        return {name: self._answers.get(name, silent) for name in self._questions}

    def _ask_all(self) -> None:
        try:
            for name, question in self._questions.items():
                try:
                    self._answers[name] = question()
                except Exception as error:  # noqa: BLE001 - what failed is the answer
                    # The kind only: messages of drivers hold addresses and user names.
                    self._answers[name] = {"status": FAILING, "detail": type(error).__name__}
                self._is_answered[name].set()
        finally:
            connection.close()  # this thread's own


# ---- the questions -------------------------------------------------------------------------------------------
def check_broker() -> Check:
    if settings.REDIS_URL:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        ) as client:
            client.ping()
    elif not os.access(settings.BROKER_DIR / "queue", os.R_OK | os.W_OK | os.X_OK):
        return {"status": FAILING, "detail": "the queue's folder is missing or not writable"}
    return {"status": OK}


def check_database(at: datetime) -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"status": OK}


def check_heartbeat(name: str, fresh_seconds: float, at: datetime) -> Check:
    from nps.outbox.models import Heartbeat

    row = Heartbeat.objects.filter(name=name).first()
    if row is None:
        return {"status": FAILING, "age_seconds": None, "detail": "no sign of life yet"}
    age = max(0.0, (at - row.at).total_seconds())
    return {"status": OK if age <= fresh_seconds else FAILING, "age_seconds": round(age, 1)}


def check_oldest_due(at: datetime) -> Check:
    from nps.outbox.reports import oldest_due_age

    age = oldest_due_age(at)
    return {"status": OK if age <= LATE_SECONDS else FAILING, "age_seconds": round(age, 1)}


def check_stuck(at: datetime) -> Check:
    from nps.outbox.reports import stuck_count

    return counted(FAILING, stuck_count(at))


def check_dead(at: datetime) -> Check:
    from nps.outbox.reports import dead_count

    return counted(ATTENTION, dead_count())


def check_held(at: datetime) -> Check:
    from nps.outbox.reports import held_count

    return counted(ATTENTION, held_count())


def check_unassigned(at: datetime) -> Check:
    """Nobody eligible at all is a matter for a lead, not for an operator: attention, not failure."""
    from followups.audits import unassigned

    found = unassigned()
    return counted(ATTENTION, found.count) | {"nobody_eligible": found.nobody_eligible}


def check_missing(at: datetime) -> Check:
    from followups.audits import missing_count

    return counted(FAILING, missing_count())


def check_undecided(at: datetime) -> Check:
    from nps.survey.services.deciding import undecided

    return counted(FAILING, undecided(at).count())


def check_receivers(at: datetime) -> Check:
    from nps.outbox.reports import failed_receiver_count

    return counted(ATTENTION, failed_receiver_count())


def counted(status: str, count: int) -> Check:
    """`status` if there is any, else ok."""
    return {"status": status if count else OK, "count": count}


DATABASE_QUESTIONS: dict[str, Callable[[datetime], Check]] = {
    "database": check_database,
    "worker": lambda at: check_heartbeat(WORKER, WORKER_FRESH_SECONDS, at),
    "beat": lambda at: check_heartbeat(BEAT, BEAT_FRESH_SECONDS, at),
    "oldest_due_delivery": check_oldest_due,
    "stuck_leases": check_stuck,
    "dead_deliveries": check_dead,
    "held_deliveries": check_held,
    "unassigned_follow_ups": check_unassigned,
    "low_scores_without_follow_up": check_missing,
    "undecided_resolutions": check_undecided,
    "failed_receivers": check_receivers,
}
