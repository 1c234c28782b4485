"""A real worker process: hints reach it, beat reaches it, and what a killed one had in hand is done by the next."""

import signal
from typing import Any

from django.utils import timezone

from nps.desk.services import resolving
from nps.outbox.models import Delivery, Heartbeat
from tests import factories
from tests.live import LiveStack, wait_for


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


def test_term_ends_it_cleanly(live_stack: LiveStack) -> None:
    live_stack.worker.kill(signal.SIGTERM)
    assert live_stack.worker.popen is not None
    assert live_stack.worker.popen.returncode == 0
