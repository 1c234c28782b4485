"""The outbox against a real SMTP server: every verdict, leases, cancelling, two senders at once."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import OperationalError

from nps.outbox import nudges, purposes
from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail, Purpose
from nps.outbox.reports import oldest_due_age
from nps.outbox.sender import Verdict, VerdictKind
from nps.outbox.services import delivering, enqueueing, settling
from tests.at_once import at_once
from tests.factories import AT
from tests.smtp_sink import Sink, start

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def purpose():
    """A purpose whose subjects are any number; 13 is no longer wanted, 99 cannot be written."""

    def build(subject: int, delivery: Delivery, at) -> Mail | None:
        if subject == 99:
            raise RuntimeError("broken template")
        return None if subject == 13 else Mail(subject=f"Hello {subject}", text="text", html="<p>html</p>")

    def load(ids: Iterable[int]) -> dict[int, int]:
        return {pk: pk for pk in ids if pk != 404}

    purposes.register("test", Purpose(load=load, build=build))
    yield
    purposes._purposes.pop("test")


def queue(subject: int, *, recipient: str = "", **fields) -> None:
    enqueueing.enqueue(
        purpose="test", subject_id=subject, recipient=recipient or f"c{subject}@example.org", at=AT, **fields
    )


def deliver(at=LATER) -> delivering.Tally:
    return delivering.deliver_due(clock=lambda: at)


def test_what_is_due_is_sent_once_on_one_connection(smtp_sink: Sink) -> None:
    for subject in range(1, 8):
        queue(subject)
    queue(8, due_at=AT + timedelta(hours=1))
    assert deliver().sent == 7
    assert deliver().total == 0
    assert smtp_sink.connections == 1
    assert sorted(one.recipient for one in smtp_sink.accepted) == [f"c{n}@example.org" for n in range(1, 8)]
    stored = dict(Delivery.objects.values_list("recipient", "message_id"))
    assert all(one.message_id == stored[one.recipient] for one in smtp_sink.accepted)
    assert all(one.message["Auto-Submitted"] == "auto-generated" for one in smtp_sink.accepted)


def test_the_same_message_twice_is_one_message(smtp_sink: Sink) -> None:
    queue(1)
    queue(1)
    queue(1, key="again")
    assert deliver().sent == 2


def test_urgent_mail_leaves_first(smtp_sink: Sink) -> None:
    queue(1, priority=0)
    queue(2, priority=5)
    deliver()
    assert [one.recipient for one in smtp_sink.accepted] == ["c2@example.org", "c1@example.org"]


def test_what_is_no_longer_wanted_or_gone_never_leaves(smtp_sink: Sink) -> None:
    queue(13)
    queue(404)
    assert deliver().unwanted == 2
    assert set(Delivery.objects.values_list("status", flat=True)) == {"cancelled"}
    assert smtp_sink.accepted == []


def test_cancelled_before_it_was_claimed_never_leaves(smtp_sink: Sink) -> None:
    queue(1, due_at=AT + timedelta(minutes=10))
    assert enqueueing.cancel(purpose="test", subject_id=1, at=AT, reason="reopened before sending")
    assert deliver(AT + timedelta(hours=1)).total == 0
    assert not enqueueing.cancel(purpose="test", subject_id=1, at=AT, reason="again")


def test_a_refused_recipient_bounces_and_is_not_tried_again(smtp_sink: Sink) -> None:
    smtp_sink.refuse["c1@example.org"] = "550 no such user"
    queue(1)
    queue(2)
    tally = deliver()
    assert (tally.sent, tally.failed) == (1, 1)
    bounced = Delivery.objects.get(subject_id=1)
    assert bounced.status == "bounced"
    assert "550 no such user" in bounced.last_error
    assert deliver(AT + timedelta(days=1)).total == 0


def test_a_temporary_refusal_backs_off_and_arrives_later(smtp_sink: Sink) -> None:
    smtp_sink.refuse["c1@example.org"] = "451 try later"
    queue(1)
    assert deliver().failed == 1
    waiting = Delivery.objects.get()
    assert waiting.status == "queued"
    assert timedelta(seconds=8) <= waiting.due_at - LATER <= timedelta(seconds=12)
    smtp_sink.refuse.clear()
    assert deliver(AT + timedelta(minutes=1)).sent == 1


def test_after_three_days_of_refusals_it_is_visible_as_not_sent(smtp_sink: Sink) -> None:
    smtp_sink.refuse["c1@example.org"] = "451 try later"
    queue(1)
    deliver()
    deliver(AT + timedelta(hours=73))
    dead = Delivery.objects.get()
    assert (dead.status, dead.get_status_display()) == ("dead", "Not sent")
    smtp_sink.refuse.clear()
    again = AT + timedelta(hours=74)
    assert enqueueing.send_again(delivery=dead, at=again)
    assert deliver(again).sent == 1
    assert smtp_sink.accepted[0].message_id == dead.message_id


def test_a_server_that_is_away_costs_each_mail_one_try(settings) -> None:
    controller = start(sink := Sink())
    controller.stop()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    for subject in range(1, 4):
        queue(subject)
    assert deliver().failed == 3
    assert list(Delivery.objects.values_list("status", "attempts")) == [("queued", 1)] * 3
    assert oldest_due_age(AT + timedelta(minutes=1)) > 0
    controller = start(sink, sink.port)
    try:
        assert deliver(AT + timedelta(minutes=1)).sent == 3
    finally:
        controller.stop()


def test_a_connection_lost_before_the_250_is_tried_exactly_once_more(smtp_sink: Sink) -> None:
    queue(1)
    smtp_sink.drop_next = 1
    tally = deliver()
    assert (tally.failed, tally.sent) == (1, 1)
    assert [one.message_id for one in smtp_sink.accepted] == smtp_sink.dropped

    queue(2)
    smtp_sink.drop_next = 2
    deliver()
    assert Delivery.objects.get(subject_id=2).status == "dead"
    assert len(set(smtp_sink.dropped[1:])) == 1
    assert len(smtp_sink.dropped) == 3


def test_a_message_that_cannot_be_written_waits_and_does_not_stop_the_others(smtp_sink: Sink) -> None:
    queue(99)
    queue(1)
    tally = deliver()
    assert (tally.sent, tally.failed) == (1, 1)
    assert "broken template" in Delivery.objects.get(subject_id=99).last_error


def test_a_message_that_can_never_be_written_ends_visibly_as_not_sent(smtp_sink: Sink) -> None:
    queue(99)
    now, tries = LATER, 0
    while (row := Delivery.objects.get()).status == "queued":
        now = max(now, row.due_at)
        assert deliver(now).failed == 1
        tries += 1
    assert row.status == "dead"
    assert row.settled_at == now
    assert delivering.GIVE_UP_AFTER < now - AT < delivering.GIVE_UP_AFTER + timedelta(hours=2)
    assert 50 < tries < 120, "backed off"
    assert "broken template" in row.last_error
    assert deliver(now + timedelta(days=1)).total == 0


def test_a_log_names_no_address(smtp_sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    queue(99)
    deliver()
    assert f"building delivery {Delivery.objects.get().pk} (test) failed" in caplog.text
    assert "broken template" in caplog.text
    assert "@example.org" not in caplog.text


def test_a_lease_that_ran_out_is_taken_over_and_the_late_verdict_is_void(smtp_sink: Sink) -> None:
    queue(1)
    (lost,) = delivering.claim(at=LATER, limit=50)
    assert delivering.claim(at=LATER, limit=50) == []
    after = LATER + delivering.LEASE + timedelta(seconds=1)
    assert deliver(after).sent == 1
    verdict = delivering.Verdict(delivering.VerdictKind.SENT)
    assert delivering.write_verdict(lost, verdict, after) == 0


def test_a_killed_sender_is_no_refusal_that_a_mail_has_to_wait_for(smtp_sink: Sink) -> None:
    queue(1)
    for killed in range(4):
        delivering.claim(at=LATER + killed * delivering.LEASE, limit=50)
    now = LATER + 4 * delivering.LEASE
    smtp_sink.refuse_data = "451 try again later"
    deliver(at=now)
    row = Delivery.objects.get()
    assert row.attempts == 1
    assert timedelta(seconds=8) <= row.due_at - now <= timedelta(seconds=12)


def test_a_sent_mail_is_marked_although_the_database_was_away_for_longer_than_the_lease(
    smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(1)
    now = [0.0]
    write = delivering.write_verdict

    def away_for_two_leases(*args):
        if now[0] < 2 * delivering.LEASE.total_seconds():
            raise OperationalError("the database is away")
        return write(*args)

    monkeypatch.setattr(delivering, "write_verdict", away_for_two_leases)
    monkeypatch.setattr(delivering.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(delivering.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    assert deliver().sent == 1
    assert Delivery.objects.get().status == Delivery.Status.SENT
    assert delivering.claim(at=LATER + 3 * delivering.LEASE, limit=50) == []
    assert len(smtp_sink.accepted) == 1


def test_two_senders_at_once_never_hold_the_same_row(smtp_sink: Sink) -> None:
    for subject in range(1001, 1121):
        queue(subject, recipient=f"r{subject}@example.org")
    assert at_once(deliver, deliver, deliver) == []
    assert len(smtp_sink.accepted) == 120
    assert len({one.message_id for one in smtp_sink.accepted}) == 120


def test_what_left_by_another_road_is_settled_without_a_send(smtp_sink: Sink) -> None:
    for subject in (1, 2, 3):
        queue(subject)
    queue(4, due_at=AT + timedelta(hours=1))
    (claimed,) = delivering.claim(at=LATER, limit=1)

    def verdict_of(delivery: Delivery) -> Verdict:
        return Verdict(VerdictKind.BOUNCED if delivery.subject_id == 3 else VerdictKind.SENT)

    assert settling.settle_due(at=LATER, verdict_of=verdict_of) == 2
    statuses = dict(Delivery.objects.exclude(pk=claimed.pk).values_list("subject_id", "status"))
    assert statuses == {2: "sent", 3: "bounced", 4: "queued"}
    assert deliver().total == 0
    assert smtp_sink.accepted == []


def test_an_act_in_bulk_gives_no_hints(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.NUDGES_ENABLED = True
    wanted: list[str] = []
    monkeypatch.setattr(nudges._nudger, "want", wanted.append)
    with nudges.quiet():
        queue(1)
    assert wanted == []
    queue(2)
    assert wanted == ["outbox.deliver_due"]
