"""What one district does in the other's transaction: together when all goes well, and never at the answer's cost."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext

from nps import gathering
from nps.desk.models import Tag
from nps.outbox.models import ReceiverFailure
from nps.statements import insert_once
from nps.survey.models import SurveyDecision
from nps.wires import in_savepoint, insert_and_say, say
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


def tag(name: str) -> None:
    Tag.objects.create(name=name)


def answer() -> Tag:
    return Tag(name="answer")


def tags() -> set[str]:
    return set(Tag.objects.values_list("name", flat=True))


@in_savepoint
def note_in_a_row(sender: object, *, name: str, **kwargs: object) -> None:
    insert_once(Tag(name=f"{name} noted"))
    gathering.after_commit(lambda: seen.append(tags()))


seen: list[set[str]] = []


def test_without_a_failure_there_is_one_statement_or_no_savepoint() -> None:
    seen.clear()
    listen(note_in_a_row)
    with CaptureQueriesContext(connection) as captured:
        row = answer()
        assert insert_and_say(row, said, sender=None, name="it")
    kinds = [query["sql"].split()[0] for query in captured]
    assert kinds == (
        ["WITH", "SELECT"] if connection.vendor == "postgresql" else ["BEGIN", "INSERT", "INSERT", "COMMIT", "SELECT"]
    )
    assert tags() == {"answer", "it noted"}
    assert seen == [tags()], "what is done afterwards finds all of it"
    assert Tag.objects.get(name="answer").pk == row.pk


def test_a_receiver_that_writes_by_the_orm_has_the_transaction_it_needs() -> None:
    listen(note)
    with CaptureQueriesContext(connection) as captured:
        assert insert_and_say(answer(), said, sender=None, name="it")
    sent = [query["sql"].split()[0] for query in captured if query["sql"]]
    assert sent == ["BEGIN", "INSERT", "INSERT", "COMMIT"]
    assert tags() == {"answer", "it noted"}


def test_a_failing_receiver_loses_its_own_writes_and_nothing_else() -> None:
    seen.clear()
    listen(break_down)
    listen(note)
    listen(note_in_a_row)
    assert insert_and_say(answer(), said, sender=None, name="it")
    assert tags() == {"answer", "it noted"}
    assert seen == [tags()], "what was rolled back gives no hint"


def test_it_is_told_that_the_row_is_there_already() -> None:
    seen.clear()
    listen(note_in_a_row)
    tag("answer")
    assert not insert_and_say(answer(), said, sender=None, name="it")
    assert (tags(), seen) == ({"answer"}, [])


def test_a_failing_receiver_is_counted_for_those_who_mend_it() -> None:
    listen(break_down)
    for minutes in (0, 5):
        assert insert_and_say(answer(), said, sender=None, at=AT + timedelta(minutes=minutes))
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
    assert insert_and_say(answer(), said, sender=None, at=AT)
    assert tags() == {"answer"}


def test_inside_a_larger_transaction_only_its_own_part_is_done_again() -> None:
    listen(break_down)
    with transaction.atomic():
        tag("before")
        assert insert_and_say(answer(), said, sender=None)
        tag("after")
    assert tags() == {"before", "answer", "after"}


def test_a_failure_of_the_writing_itself_is_raised() -> None:
    listen(note)
    with pytest.raises(IntegrityError):
        insert_and_say(SurveyDecision(survey_id=None, decided_at=AT), said, sender=None, name="it")
    assert tags() == set()


def test_strict_wires_raise(settings) -> None:
    settings.STRICT_WIRES = True
    listen(break_down)
    with pytest.raises(RuntimeError):
        insert_and_say(answer(), said, sender=None)
    with pytest.raises(RuntimeError):
        say(said, sender=None)
    assert tags() == set()
