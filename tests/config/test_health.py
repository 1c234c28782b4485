"""The two health pages: one that asks nothing, one that asks everything and never hangs."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from config import health, heartbeats
from nps.outbox.models import Delivery, Heartbeat


@pytest.fixture
def alive(transactional_db: None) -> None:
    for name in (heartbeats.WORKER, heartbeats.BEAT):
        Heartbeat.beat(name=name, at=timezone.now(), pid=1)


def test_healthz_asks_no_database(client: Any) -> None:
    # No django_db mark: any query would raise.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert client.head("/healthz").status_code == 200
    assert client.post("/healthz").status_code == 405


def test_all_is_well(client: Any, alive: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["status"] == "ok"
    assert list(answer.json()["checks"]) == [
        "database",
        "broker",
        "worker",
        "beat",
        "oldest_due_delivery",
        "stuck_leases",
        "dead_deliveries",
        "held_deliveries",
        "unassigned_follow_ups",
        "low_scores_without_follow_up",
        "undecided_resolutions",
        "failed_receivers",
    ]
    assert answer.headers["Cache-Control"].startswith("max-age=0")


@pytest.mark.parametrize(("name", "age"), [(heartbeats.WORKER, 31), (heartbeats.BEAT, 61)])
def test_an_old_sign_of_life_is_no_sign(client: Any, alive: None, name: str, age: int) -> None:
    Heartbeat.objects.filter(name=name).update(at=timezone.now() - timedelta(seconds=age))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    failing = {key for key, check in answer.json()["checks"].items() if check["status"] == "failing"}
    assert failing == {name}
    assert answer.json()["checks"][name]["age_seconds"] >= age


def test_nobody_ever_lived(client: Any, transactional_db: None) -> None:
    checks = client.get("/readyz").json()["checks"]
    assert checks["worker"] == {"status": "failing", "age_seconds": None, "detail": "no sign of life yet"}


def test_a_message_that_waits_too_long_is_shown(client: Any, alive: None) -> None:
    at = timezone.now()
    for minutes in (1, 6):
        Delivery.objects.create(
            purpose="test",
            subject_id=minutes,
            recipient="kim@example.org",
            due_at=at - timedelta(minutes=minutes),
            created_at=at,
            message_id=f"<{minutes}@example.org>",
        )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert 360 <= answer.json()["checks"]["oldest_due_delivery"]["age_seconds"] < 370


def test_a_broken_question_hides_no_other(client: Any, alive: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(at: object) -> dict[str, Any]:
        raise RuntimeError("postgres://nines:secret@db/nines")

    monkeypatch.setitem(health.DATABASE_QUESTIONS, "unassigned_follow_ups", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["unassigned_follow_ups"] == {"status": "failing", "detail": "RuntimeError"}
    assert answer.json()["checks"]["low_scores_without_follow_up"]["status"] == "ok"
    assert b"secret" not in answer.content


def test_a_database_that_is_down(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(at: object) -> dict[str, Any]:
        raise OperationalError("connection refused")

    for name in health.DATABASE_QUESTIONS:
        monkeypatch.setitem(health.DATABASE_QUESTIONS, name, refused)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == {"status": "failing", "detail": "OperationalError"}


def test_a_database_that_is_frozen_costs_a_second_and_one_thread(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    thaw = threading.Event()
    for name in health.DATABASE_QUESTIONS:
        monkeypatch.setitem(health.DATABASE_QUESTIONS, name, lambda at: {"status": "ok"} if thaw.wait(30) else {})
    try:
        before, began = threading.active_count(), time.monotonic()
        answers = [client.get("/readyz") for _ in range(3)]
        assert time.monotonic() - began < 3, "only the first may wait"
        assert threading.active_count() <= before + 1
        assert {answer.status_code for answer in answers} == {503}
        assert answers[0].json()["checks"]["database"]["detail"] == "no answer in time"
    finally:
        thaw.set()
    time.sleep(0.1)
    assert client.get("/readyz").json()["checks"]["database"]["status"] == "ok"


def test_a_broker_that_is_gone(client: Any, alive: None, settings: Any, tmp_path: Any) -> None:
    if settings.REDIS_URL:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
    else:
        settings.BROKER_DIR = tmp_path / "nowhere"
    began = time.monotonic()
    answer = client.get("/readyz")
    assert time.monotonic() - began < 3
    assert answer.json()["checks"]["broker"]["status"] == "failing"
    assert answer.status_code == 503
