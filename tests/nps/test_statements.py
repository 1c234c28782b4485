"""insert_once and update_row against the ORM's own statements, and against constraints."""

import uuid

import pytest
from django.db import IntegrityError, connection, models, transaction

from followups.models import FollowUp, HistoryEntry
from nps.desk.models import Team, Ticket, User
from nps.desk.services import resolving
from nps.outbox.models import Delivery
from nps.statements import Stamp, ask_one, insert_once, insert_together, update_both, update_row
from nps.survey.models import Invitation, Response, ResponseRevision
from nps.survey.services import answering
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invitation() -> Invitation:
    billing = factories.team()
    mara = factories.agent("mara", billing)
    ticket = factories.ticket(factories.customer(account=factories.account()), billing, assignee=mara)
    return Invitation.objects.get(resolution=resolving.resolve(ticket=ticket, by=mara, at=AT))


def all_but_key(row: models.Model) -> dict[str, object]:
    stored = type(row).objects.filter(pk=row.pk).values().get()
    return {name: value for name, value in stored.items() if name != "id"}


def response_to(invitation: Invitation, **fields) -> Response:
    facts = {"survey_id": invitation.survey_id, "customer_id": invitation.customer_id, "answered_at": AT}
    return Response(invitation=invitation, origin="human", editable_until=AT, **{**facts, "score": 6, **fields})


def test_it_stores_what_save_stores(invitation: Invitation) -> None:
    response, _ = answering.record_answer(
        invitation=invitation, score=6, at=AT, nonce="a", comment="Slow — 遅い\n'\"%s"
    )
    follow_up = FollowUp.objects.get(response=response)
    entry = HistoryEntry.objects.get(follow_up=follow_up)
    stored = [all_but_key(row) for row in (response, follow_up, entry)]
    HistoryEntry.objects.all()._raw_delete("default")
    FollowUp.objects.all().delete()
    Response.objects.all().delete()
    for row in (response, follow_up, entry):
        row.pk = None
        if isinstance(row, FollowUp):
            row.response_id = response.pk
        if isinstance(row, HistoryEntry):
            row.follow_up_id = follow_up.pk
        row.save(force_insert=True)
    again = [all_but_key(row) for row in (response, follow_up, entry)]
    assert stored[0] == again[0]
    assert stored[1] == {**again[1], "response_id": stored[1]["response_id"]}
    assert stored[2] == {**again[2], "follow_up_id": stored[2]["follow_up_id"]}


def test_a_row_that_is_there_is_left_alone_and_the_transaction_goes_on(invitation: Invitation) -> None:
    assert insert_once(response_to(invitation, score=3))
    with transaction.atomic():
        second = response_to(invitation, score=9)
        assert not insert_once(second)
        assert second.pk is None
        Ticket.objects.update(subject="Still usable")
    assert Response.objects.get().score == 3
    assert Ticket.objects.get().subject == "Still usable"


def test_other_constraints_are_raised(invitation: Invitation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_once(response_to(invitation, score=11))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_once(response_to(invitation, survey_id=None))
    assert not Response.objects.exists()


def test_a_row_is_changed_only_while_it_holds_what_is_said(invitation: Invitation) -> None:
    before = all_but_key(invitation)
    held = {"address": invitation.address, "opened_at": None}
    assert update_row(Invitation, invitation.pk, held=held, opened_at=AT, reminded_at=None)
    assert not update_row(Invitation, invitation.pk, held=held, language="nb")
    assert not update_row(Invitation, invitation.pk + 1, language="nb")
    assert all_but_key(invitation) == {**before, "opened_at": AT}
    token = uuid.uuid4()
    delivery = Delivery.objects.get()
    lease = {"status": "sending", "lease_until": AT, "lease_token": token}
    assert update_row(Delivery, delivery.pk, held={"lease_token": None}, **lease)
    assert update_row(Delivery, delivery.pk, held={"lease_token": token}, last_error="100 % – it's")
    assert not update_row(Delivery, delivery.pk, held={"lease_token": uuid.uuid4()}, last_error="")
    assert Delivery.objects.get().last_error == "100 % – it's"


def test_two_rows_are_changed_together_or_not_at_all(invitation: Invitation) -> None:
    delivery, token = Delivery.objects.get(), uuid.uuid4()
    invitation_before = all_but_key(invitation)
    update_row(Delivery, delivery.pk, status="sending", lease_until=AT, lease_token=token)
    before = all_but_key(delivery)
    sent = {"status": "sent", "settled_at": AT, "lease_until": None, "lease_token": None}
    first, second = Stamp(Delivery, delivery.pk, sent), Stamp(Invitation, invitation.pk, {"delivered_at": AT})
    assert not update_both(first, second, held={"lease_token": uuid.uuid4()})
    assert (all_but_key(delivery), all_but_key(invitation)) == (before, invitation_before)

    broken = Stamp(Invitation, invitation.pk, {"delivered_at": AT, "customer_id": None})
    with pytest.raises(IntegrityError):
        update_both(first, broken, held={"lease_token": token})
    assert (all_but_key(delivery), all_but_key(invitation)) == (before, invitation_before)

    assert update_both(first, second, held={"lease_token": token})
    assert all_but_key(delivery) == {**before, **sent}
    assert all_but_key(invitation) == {**invitation_before, "delivered_at": AT}
    assert not update_both(first, second, held={"lease_token": token})


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes row by row")
def test_rows_that_belong_together_are_written_together_or_not_at_all(invitation: Invitation) -> None:
    ticket = factories.ticket(factories.customer(), Team.objects.get(), assignee=User.objects.get())
    lone = Invitation.objects.get(resolution=resolving.resolve(ticket=ticket, by=User.objects.get(), at=AT))
    known, _ = answering.record_answer(invitation=lone, score=5, at=AT)
    lines = HistoryEntry.objects.count()
    response = response_to(invitation)
    # A line of another one: what belongs together need not refer to each other.
    line = HistoryEntry(follow_up=FollowUp.objects.get(response=known), at=AT, verb="note", sentence="Said.")
    revision = ResponseRevision(response=response, at=AT, old_score=5, new_score=6)
    assert insert_together([response, line, revision])
    assert (line.pk, revision.response_id) == (HistoryEntry.objects.latest("pk").pk, response.pk)
    assert response.revisions.get().pk == revision.pk
    assert HistoryEntry.objects.count() == lines + 1

    again = HistoryEntry(follow_up=line.follow_up, at=AT, verb="note", sentence="Never said.")
    assert not insert_together([response_to(invitation), again]), "the first is there already"
    broken = HistoryEntry(follow_up=line.follow_up, at=None, verb="note", sentence="Never said.")
    ResponseRevision.objects.all()._raw_delete("default")
    Response.objects.filter(pk=response.pk)._raw_delete("default")
    with pytest.raises(IntegrityError):
        insert_together([response_to(invitation), broken])
    assert HistoryEntry.objects.count() == lines + 1
    assert not Response.objects.filter(invitation=invitation).exists()


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [text for (text,) in cursor.fetchall()]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps its own statements prepared")
def test_what_comes_often_is_prepared_once_whatever_the_size_of_its_numbers(invitation: Invitation) -> None:
    connection.close()  # whoever was here before has prepared its own
    for score in (1, 40_000, 3_000_000_000, 1, 40_000, 3_000_000_000, 1, 40_000):
        assert ask_one('SELECT "id", "score" FROM "nps_response" WHERE "id" = %s', [score]) is None
    assert prepared() == ['SELECT "id", "score" FROM "nps_response" WHERE "id" = $1']


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps its own statements prepared")
def test_nothing_is_prepared_where_the_driver_is_told_not_to(
    invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "prepare_threshold", None)
    connection.close()
    for _ in range(9):
        ask_one('SELECT "id" FROM "nps_response" WHERE "id" = %s', [1])
    assert prepared() == []
    connection.close()
