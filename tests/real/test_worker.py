"""A real worker process: hints reach it, beat reaches it, and what a killed one had in hand is done by the next."""

import signal
from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from nps.desk.services import resolving
from nps.outbox.models import Delivery, Heartbeat
from tests import factories
from tests.live import LiveStack, wait_for

MANY = 12


def resolve_one(name: str) -> Any:
    team = factories.team(name)
    agent = factories.agent(f"agent-{name}".lower(), team)
    customer = factories.customer(name)
    ticket = factories.ticket(customer, team, assignee=agent)
    return resolving.resolve(ticket=ticket, by=agent, at=timezone.now())


def test_a_hint_sends_the_mail_without_beat(live_stack: LiveStack) -> None:
    resolve_one("Hinted")
    wait_for(lambda: live_stack.sink.accepted, seconds=10, about=live_stack.worker.said)
    wait_for(lambda: Delivery.objects.filter(status="sent").count() == 1)
    assert len(live_stack.sink.accepted) == 1


def test_beat_finds_what_no_hint_told_of_and_shows_that_it_lives(live_stack: LiveStack, settings: Any) -> None:
    settings.NUDGES_ENABLED = False
    resolve_one("Swept")
    live_stack.start_beat()
    wait_for(lambda: live_stack.sink.accepted, seconds=30, about=live_stack.worker.said)
    names = wait_for(lambda: {"worker", "beat"} <= set(Heartbeat.objects.values_list("name", flat=True)), seconds=20)
    assert names
    row = Heartbeat.objects.get(name="worker")
    assert row.pid == live_stack.worker.pid


def test_the_next_worker_does_what_a_killed_one_left(live_stack: LiveStack) -> None:
    live_stack.worker.kill(signal.SIGKILL)
    resolve_one("Left")
    assert not live_stack.sink.accepted
    live_stack.start_worker()
    live_stack.start_beat()
    wait_for(lambda: live_stack.sink.accepted, seconds=30, about=live_stack.worker.said)
    wait_for(lambda: Delivery.objects.filter(status="sent").count() == 1)
    assert len(live_stack.sink.accepted) == 1


def resolve_some(count: int) -> None:
    team = factories.team("Many")
    agent = factories.agent("agent-many", team)
    for _ in range(count):
        ticket = factories.ticket(factories.customer(), team, assignee=agent)
        resolving.resolve(ticket=ticket, by=agent, at=timezone.now())


@pytest.fixture
def in_mid_queue(live_stack: LiveStack, settings: Any) -> LiveStack:
    """A worker that has sent a few mails of many, and is sending."""
    live_stack.sink.pace = 0.15
    settings.NUDGES_ENABLED = False
    resolve_some(MANY - 1)
    settings.NUDGES_ENABLED = True
    resolve_one("Last")
    wait_for(lambda: len(live_stack.sink.accepted) >= 3, seconds=20, about=live_stack.worker.said)
    return live_stack


def copies(stack: LiveStack) -> Counter[str]:
    return Counter(one.message_id for one in stack.sink.accepted)


def test_term_in_mid_queue_forgets_and_doubles_nothing(in_mid_queue: LiveStack) -> None:
    in_mid_queue.worker.kill(signal.SIGTERM)
    in_mid_queue.start_worker()
    in_mid_queue.start_beat()
    wait_for(lambda: Delivery.objects.filter(status="sent").count() == MANY, seconds=30, about=in_mid_queue.worker.said)
    assert sorted(copies(in_mid_queue).values()) == [1] * MANY


def test_kill_in_mid_queue_forgets_nothing_and_doubles_the_mail_in_hand_at_most(in_mid_queue: LiveStack) -> None:
    in_mid_queue.worker.kill(signal.SIGKILL)
    assert Delivery.objects.filter(status="sending").exists()
    Delivery.objects.filter(status="sending").update(lease_until=timezone.now())  # as if its time were over
    in_mid_queue.start_worker()
    in_mid_queue.start_beat()
    wait_for(lambda: Delivery.objects.filter(status="sent").count() == MANY, seconds=30, about=in_mid_queue.worker.said)
    assert len(copies(in_mid_queue)) == MANY
    assert sum(copies(in_mid_queue).values()) <= MANY + 1


def test_a_killed_beat_is_made_good_by_the_next(live_stack: LiveStack, settings: Any) -> None:
    settings.NUDGES_ENABLED = False
    live_stack.start_beat()
    assert live_stack.beat is not None
    wait_for(lambda: Heartbeat.objects.filter(name="beat").exists(), seconds=20, about=live_stack.beat.said)
    live_stack.beat.kill(signal.SIGKILL)
    resolve_one("Between")
    live_stack.start_beat()
    wait_for(lambda: live_stack.sink.accepted, seconds=30, about=live_stack.beat.said)
    wait_for(lambda: Delivery.objects.filter(status="sent").count() == 1)
    assert len(live_stack.sink.accepted) == 1


def test_term_ends_it_cleanly(live_stack: LiveStack) -> None:
    live_stack.worker.kill(signal.SIGTERM)
    assert live_stack.worker.popen is not None
    assert live_stack.worker.popen.returncode == 0
