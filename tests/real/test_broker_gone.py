"""The embedded broker's folder goes, or becomes something nobody can write to: nobody notices but the clock."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from followups.models import FollowUp
from nps.desk.services import resolving
from nps.outbox.models import Delivery, Heartbeat
from nps.survey import links
from nps.survey.models import Invitation
from tests import factories
from tests.live import LiveStack, wait_for
from tests.survey_visits import nonce_in

pytestmark = pytest.mark.skipif(bool(django_settings.REDIS_URL), reason="is about the folder that stands in for Redis")


@pytest.fixture
def queue(settings: Any) -> Path:
    return Path(settings.BROKER_DIR) / "queue"


def resolve_one() -> Invitation:
    team = factories.team("Harbour", follows_sun=True)
    rated, other = factories.agent("mara", team), factories.agent("sanna", team)
    assert rated != other
    ticket = factories.ticket(factories.customer(), team, assignee=rated, at=timezone.now())
    resolution = resolving.resolve(ticket=ticket, by=rated, at=timezone.now())
    return Invitation.objects.get(resolution=resolution)


def answer(invitation: Invitation) -> None:
    page, client = f"/s/{links.token_of(invitation)}/", Client()
    began = time.monotonic()
    assert client.post(page, {"score": "6", "nonce": nonce_in(client.get(page))}).status_code == 303
    assert time.monotonic() - began < 3


def test_nobody_notices_but_the_clock(live_stack: LiveStack, queue: Path) -> None:
    live_stack.start_beat()
    assert live_stack.beat is not None
    assert live_stack.beat.popen is not None
    assert live_stack.worker.popen is not None
    wait_for(lambda: Heartbeat.objects.filter(name="beat").exists(), seconds=20)

    shutil.rmtree(queue)
    invitation = resolve_one()
    wait_for(lambda: live_stack.sink.accepted, seconds=20, about=live_stack.worker.said)

    # A file in its place: permissions would not stop a test that runs as root.
    shutil.rmtree(queue)
    queue.write_text("not a folder")
    try:
        answer(invitation)
        time.sleep(6)  # more than a round of the clock
        assert live_stack.worker.popen.poll() is None, live_stack.worker.said()
        assert live_stack.beat.popen.poll() is None, live_stack.beat.said()
    finally:
        queue.unlink()
    is_assigned = FollowUp.objects.filter(status=FollowUp.Status.ASSIGNED).exists
    wait_for(is_assigned, seconds=40, about=live_stack.worker.said)
    wait_for(lambda: not Delivery.objects.unsent().exists(), seconds=20, about=live_stack.worker.said)
    # The customer's mail and the one to whoever has the follow-up, each once.
    assert len(live_stack.sink.accepted) == len({one.message_id for one in live_stack.sink.accepted}) == 2
    assert live_stack.worker.said().count("cannot be read") == 1
