"""A database is lost and the backup of the night restored: nobody is mailed twice, nobody is forgotten, and no link of
the lost day opens somebody else's question."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from nps.desk.services import resolving
from nps.outbox.models import Delivery, Heartbeat
from nps.outbox.services import delivering
from nps.remembered import Remembered
from nps.survey import links
from nps.survey.models import Invitation, Survey
from nps.survey.services import inviting
from tests import factories
from tests.backup import backup, restore
from tests.factories import AT
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

NIGHT = AT + timedelta(hours=18)  # the backup is made
LOSS = NIGHT + timedelta(hours=8)
BACK = LOSS + timedelta(hours=2)  # it is restored
HOUR = timedelta(hours=1)


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def deliver(at: Any) -> int:
    return delivering.deliver_due(clock=lambda: at).sent


def counts(sink: Sink) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in sink.accepted:
        found[one.recipient] = found.get(one.recipient, 0) + 1
    return found


def delay(*, minutes: int) -> None:
    Survey.objects.update(delay_minutes=minutes)
    Remembered.forget_all()


@pytest.fixture
def world() -> Any:
    team = factories.team(follows_sun=True)
    mara = factories.agent("mara", team)

    def resolve(name: str, at: Any) -> Invitation:
        customer = factories.customer(name, email=f"{name}@fjordvik.example")
        ticket = factories.ticket(customer, team, assignee=mara, at=at)
        return resolving.resolve(ticket=ticket, by=mara, at=at).invitation

    return resolve


def test_after_a_restore_each_is_mailed_exactly_once(world: Any, smtp_sink: Sink, tmp_path: Path) -> None:
    Survey.objects.update(reminder_days=1)
    world("before", AT)
    assert deliver(AT) == 1

    # ---- the backup finds one mail waiting, one in flight, one refused for now, one that is not due for days
    in_flight = world("inflight", NIGHT)
    delivering.claim(at=NIGHT, limit=1)
    world("waiting", NIGHT)
    refused = world("refused", NIGHT)
    smtp_sink.refuse[refused.address] = "451 try later"
    delay(minutes=3 * 24 * 60)
    world("later", NIGHT)
    kept = backup()

    # ---- the day that is lost: three leave, a reminder leaves, a new customer is asked
    assert deliver(NIGHT + HOUR) == 2
    delay(minutes=0)
    lost = world("lost", NIGHT + 2 * HOUR)
    lost_link = links.token_of(lost)
    inviting.remind_due(at=NIGHT + 7 * HOUR)
    assert deliver(NIGHT + 7 * HOUR) == 2
    before = counts(smtp_sink)
    assert before == {
        "before@fjordvik.example": 2,
        "inflight@fjordvik.example": 1,
        "waiting@fjordvik.example": 1,
        "lost@fjordvik.example": 1,
    }

    # ---- restored
    restore(kept)
    delay(minutes=0)
    with time_machine.travel(BACK, tick=False):
        times = ("--since", NIGHT.isoformat(), "--until", LOSS.isoformat())
        listed = run("hold_deliveries", *times, "--dry-run")
        assert "4 mails may have left" in listed
        for name in ("inflight", "waiting", "refused", "before"):
            assert f"{name}@fjordvik.example" in listed
        assert "later@" not in listed
        assert not Delivery.objects.held().exists()
        assert Invitation.objects.filter(reminded_at__isnull=False).count() == 0, "a dry run changes nothing"

        assert "4 mails are held back" in run("hold_deliveries", *times)
        assert deliver(BACK) == 0
        assert counts(smtp_sink) == before

        # ---- a link of the lost day is nobody's, whatever is asked since
        newer = world("newer", BACK)
        assert newer.pk > lost.pk
        assert Client().get(f"/s/{lost_link}/").status_code == 404
        assert Client().get(f"/s/{links.token_of(newer)}/").status_code == 200
        assert deliver(BACK) == 1

        # ---- the mail server's log says which did leave; the rest is sent
        log = tmp_path / "mail.log"
        log.write_text(
            "".join(f"Nov 19 postfix/cleanup[1]: 4F: message-id={one.message_id}\n" for one in smtp_sink.accepted)
        )
        said = run("release_deliveries", "--accepted", str(log), "--dry-run")
        assert "2 would be marked as sent, 2 would be sent" in said
        assert Delivery.objects.held().count() == 4

        reminder = Delivery.objects.get(purpose=inviting.REMINDER)
        said = run("release_deliveries", "--accepted", str(log), "--keep-others")
        assert "2 marked as sent, 0 queued, 2 still held" in said
        in_flight.refresh_from_db()
        assert in_flight.delivered_at == NIGHT, "as far as anybody knows"

        smtp_sink.refuse.clear()
        refused_mail = Delivery.objects.get(subject_id=refused.pk)
        assert "1 queued, 1 still held" in run("release_deliveries", str(refused_mail.pk))
        assert deliver(BACK) == 1
        # A reminder that was queued anew has a Message-ID of its own, which no log can know: a person decides.
        reminder.refresh_from_db()
        assert reminder.status == "held"
    assert deliver(NIGHT + timedelta(days=3)) == 1
    assert counts(smtp_sink) == before | {
        "newer@fjordvik.example": 1,
        "refused@fjordvik.example": 1,
        "later@fjordvik.example": 1,
    }


def test_without_the_gap_a_lost_link_would_open_anothers_question(world: Any) -> None:
    """Why hold_deliveries leaves a gap: otherwise numbers are given twice."""
    kept = backup()
    lost_link = links.token_of(world("lost", NIGHT))
    restore(kept)
    world("somebodyelse", NIGHT)
    with time_machine.travel(NIGHT + HOUR, tick=False):
        assert Client().get(f"/s/{lost_link}/").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "yesterday"), "--since: 'yesterday' is no time with a zone"),
        (("--since", "2026-11-18T03:00:00"), "no time with a zone"),
        (("--since", "2026-13-45T03:00:00Z"), "no time with a zone"),
        (("--since", "2026-11-18T03:00:00Z", "--until", "2026-11-17T03:00:00Z"), "must not be later"),
        (("--since", "2036-11-18T03:00:00Z"), "neither may lie ahead"),
    ],
)
def test_a_wrong_time_is_refused_in_words(arguments: tuple[str, ...], said: str) -> None:
    with time_machine.travel(BACK, tick=False), pytest.raises(CommandError, match=said):
        run("hold_deliveries", *arguments)


def test_it_refuses_while_a_worker_lives_and_warns_of_what_is_younger(world: Any) -> None:
    world("waiting", NIGHT)
    with time_machine.travel(BACK, tick=False):
        Heartbeat.beat(name="worker", at=BACK - timedelta(seconds=5), pid=1)
        since = ("--since", AT.isoformat())
        with pytest.raises(CommandError, match="Alive a moment ago: worker"):
            run("hold_deliveries", *since)
        assert "Note: 1 mails here were asked for after" in run("hold_deliveries", *since, "--dry-run")
    assert not Delivery.objects.held().exists()


def test_a_log_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="name a file that can be read"):
        run("release_deliveries", "--accepted", str(tmp_path / "none"))
