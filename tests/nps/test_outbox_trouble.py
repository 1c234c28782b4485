"""What goes wrong around one message stays with that message: it is visible, and the others leave."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError

from nps.outbox import purposes
from nps.outbox.models import Delivery, ReceiverFailure
from nps.outbox.purposes import Mail, Purpose
from nps.outbox.sender import Verdict, VerdictKind
from nps.outbox.services import delivering, enqueueing
from nps.statements import Stamp
from tests.factories import AT
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

UNREADABLE, UNTOLD, AWAY = 66, 77, 88
LATER = AT + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def settled() -> Iterator[list[tuple[int, str]]]:
    """What the purpose “test” was told; 66 cannot be loaded, nothing can be told of 77, and 88 meets a database that is
    away."""
    told: list[tuple[int, str]] = []

    def load(ids: Iterable[int]) -> dict[int, int]:
        found = {pk: pk for pk in ids}
        if UNREADABLE in found:
            raise LookupError("a row this purpose cannot read")
        if AWAY in found:
            raise OperationalError("server closed the connection")
        return found

    def tell(delivery: Delivery, at: object) -> None:
        if delivery.subject_id == UNTOLD:
            raise LookupError("nobody to tell")
        told.append((delivery.subject_id, delivery.status))

    def build(subject: int, delivery: Delivery, at: object) -> Mail:
        return Mail(subject=f"Hello {subject}", text="text")

    purposes.register("test", Purpose(load=load, build=build, settled=tell))
    yield told
    purposes._purposes.pop("test")


def queue(*subjects: int, due_at: object = AT) -> None:
    for subject in subjects:
        enqueueing.enqueue(
            purpose="test", subject_id=subject, recipient=f"c{subject}@example.org", at=AT, due_at=due_at
        )


def deliver(at: object = LATER) -> delivering.Tally:
    return delivering.deliver_due(clock=lambda: at)


def row(subject: int) -> Delivery:
    return Delivery.objects.get(subject_id=subject)


def test_what_cannot_be_loaded_waits_alone(smtp_sink: Sink, settled: list) -> None:
    queue(1, UNREADABLE, 2)
    tally = deliver()
    assert (tally.sent, tally.failed) == (2, 1)
    assert row(UNREADABLE).status == "queued"
    assert "could not be read: LookupError: a row this purpose cannot read" in row(UNREADABLE).last_error
    assert row(UNREADABLE).due_at > LATER
    assert sorted(settled) == [(1, "sent"), (2, "sent")]


def test_what_can_never_be_loaded_ends_visibly(smtp_sink: Sink) -> None:
    queue(UNREADABLE)
    now = LATER
    while row(UNREADABLE).status == "queued":
        now = max(now, row(UNREADABLE).due_at)
        deliver(now)
    assert row(UNREADABLE).status == "dead"
    assert now - AT > delivering.GIVE_UP_AFTER


def test_a_database_that_is_away_is_no_fault_of_the_message(smtp_sink: Sink) -> None:
    queue(AWAY)
    with pytest.raises(OperationalError):
        deliver()
    assert row(AWAY).last_error == ""


def test_whom_nobody_can_tell_is_mailed_once_and_shown_to_operators(smtp_sink: Sink, settled: list) -> None:
    queue(UNTOLD, 1)
    assert deliver().sent == 2
    assert row(UNTOLD).status == "sent"
    assert "could not be told: LookupError: nobody to tell" in row(UNTOLD).last_error
    assert settled == [(1, "sent")]
    failure = ReceiverFailure.objects.get()
    assert failure.receiver == "outbox purpose test"
    assert failure.error == "LookupError: nobody to tell"
    deliver(LATER + 2 * delivering.LEASE)
    assert sorted(one.recipient for one in smtp_sink.accepted) == ["c1@example.org", f"c{UNTOLD}@example.org"]


def test_the_same_where_telling_is_part_of_the_mark(smtp_sink: Sink) -> None:
    def sent(delivery: Delivery, at: object) -> Stamp:
        raise LookupError("nobody to tell")

    known = purposes.purpose("test")
    assert known is not None
    purposes.register("test", Purpose(load=known.load, build=known.build, settled=known.settled, sent=sent))
    queue(1)
    assert deliver().sent == 1
    assert row(1).status == "sent"
    assert ReceiverFailure.objects.get().times == 1
    deliver(LATER + 2 * delivering.LEASE)
    assert len(smtp_sink.accepted) == 1


def test_a_reply_no_database_can_keep_is_kept_without_the_sign(smtp_sink: Sink) -> None:
    queue(1)
    (claimed,) = delivering.claim(at=LATER, limit=1)
    verdict = Verdict(VerdictKind.REFUSED, "554 no\x00 and \ud800 no")
    assert delivering.write_verdict(claimed, verdict, LATER) == 1
    assert row(1).status == "dead"
    assert row(1).last_error.startswith("554 no")


# ---- when to give up ------------------------------------------------------------------------------------------
def test_three_days_count_from_the_first_try(smtp_sink: Sink) -> None:
    due_at = AT + timedelta(days=5)
    queue(1, due_at=due_at)
    smtp_sink.refuse["c1@example.org"] = "451 try later"
    assert deliver(due_at).failed == 1
    assert row(1).status == "queued", "asked for with a delay of five days, and tried once"
    deliver(due_at + delivering.GIVE_UP_AFTER)
    assert row(1).status == "queued"
    deliver(due_at + delivering.GIVE_UP_AFTER + timedelta(hours=2))
    assert row(1).status == "dead"
    assert row(1).created_at == AT


def test_sending_again_begins_three_new_days(smtp_sink: Sink) -> None:
    queue(1)
    smtp_sink.refuse["c1@example.org"] = "451 try later"
    deliver()
    deliver(AT + timedelta(hours=73))
    assert row(1).status == "dead"
    again = AT + timedelta(days=9)
    assert enqueueing.send_again(delivery=row(1), at=again)
    deliver(again)
    assert row(1).status == "queued"
    assert row(1).created_at == AT, "when it was asked for stays what it was"
    assert row(1).first_tried_at == again


def test_the_first_try_is_the_first_whoever_takes_over(smtp_sink: Sink) -> None:
    queue(1)
    delivering.claim(at=LATER, limit=1)
    (taken,) = delivering.claim(at=LATER + 2 * delivering.LEASE, limit=1)
    assert taken.first_tried_at == row(1).first_tried_at == LATER
