"""What one district does in the other's transaction: together when all goes well, and never at the answer's cost."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext

from nps.desk.models import Tag
from nps.outbox.models import ReceiverFailure
from nps.wires import in_savepoint, say, write_and_say
from tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)

said = Signal()


@pytest.fixture(autouse=True)
def as_in_production(settings) -> Iterator[None]:
    settings.STRICT_WIRES = False
    yield
    said.receivers.clear()
    said.sender_receivers_cache.clear()


def listen(receiver: Callable) -> None:
    said.connect(receiver, weak=False)


@in_savepoint
def note(sender: object, *, name: str, **kwargs: object) -> None:
    tag(f"{name} noted")


@in_savepoint
def break_down(sender: object, **kwargs: object) -> None:
    tag("half written")
    raise RuntimeError("a later room is broken")


def tag(name: str) -> bool:
    Tag.objects.create(name=name)
    return True


def tags() -> set[str]:
    return set(Tag.objects.values_list("name", flat=True))


def test_without_a_failure_there_is_no_savepoint() -> None:
    listen(note)
    with CaptureQueriesContext(connection) as captured:
        assert write_and_say(lambda: tag("answer"), said, sender=None, name="it")
    assert [query["sql"].split()[0] for query in captured][1:] == ["INSERT", "INSERT", "COMMIT"]
    assert tags() == {"answer", "it noted"}


def test_a_failing_receiver_loses_its_own_writes_and_nothing_else() -> None:
    listen(break_down)
    listen(note)
    hints: list[str] = []

    def write() -> bool:
        transaction.on_commit(lambda: hints.append("look now"))
        return tag("answer")

    assert write_and_say(write, said, sender=None, name="it")
    assert tags() == {"answer", "it noted"}
    assert hints == ["look now"], "what was rolled back gives no hint"


def test_a_failing_receiver_is_counted_for_those_who_mend_it() -> None:
    listen(break_down)
    for minutes in (0, 5):
        assert write_and_say(lambda: tag("answer"), said, sender=None, at=AT + timedelta(minutes=minutes))
        Tag.objects.filter(name="answer").delete()
    failure = ReceiverFailure.objects.get()
    assert failure.receiver.endswith("test_wires.break_down")
    assert (failure.times, failure.error) == (2, "RuntimeError: a later room is broken")
    assert (failure.first_at, failure.last_at) == (AT, AT + timedelta(minutes=5))


def test_a_failure_that_cannot_be_noted_costs_nothing(monkeypatch) -> None:
    listen(break_down)

    def refuse(**kwargs: object) -> None:
        raise ProgrammingError("no such table")

    monkeypatch.setattr(ReceiverFailure, "note", refuse)
    assert write_and_say(lambda: tag("answer"), said, sender=None, at=AT)
    assert tags() == {"answer"}


def test_inside_a_larger_transaction_only_its_own_part_is_done_again() -> None:
    listen(break_down)
    with transaction.atomic():
        tag("before")
        assert write_and_say(lambda: tag("answer"), said, sender=None)
        tag("after")
    assert tags() == {"before", "answer", "after"}


def test_nothing_is_said_of_what_was_not_written() -> None:
    listen(note)
    assert not write_and_say(lambda: False, said, sender=None, name="it")
    assert tags() == set()


def test_a_failure_of_the_writing_itself_is_raised_and_not_tried_again() -> None:
    calls: list[int] = []

    def write() -> bool:
        calls.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_say(write, said, sender=None)
    assert len(calls) == 1


def test_strict_wires_raise(settings) -> None:
    settings.STRICT_WIRES = True
    listen(break_down)
    with pytest.raises(RuntimeError):
        write_and_say(lambda: tag("answer"), said, sender=None)
    with pytest.raises(RuntimeError):
        say(said, sender=None)
    assert tags() == set()
