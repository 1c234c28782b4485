"""Two doors at the same moment: what one of them writes must not turn the other away."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from followups.models import Attempt, FollowUp, RootCause
from followups.services import assigning, attributing, closing, confirming, reaching_out, rescoring
from nps.desk.models import Customer
from nps.desk.models.users import Role
from nps.desk.services import resolving, taking_in
from nps.desk.services.enrolling import NewCustomer
from nps.errors import Conflict
from nps.survey.models import Invitation, Response
from nps.survey.services import answering
from tests import factories
from tests.at_once import at_once
from tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 15


def test_tickets_of_one_new_customer_make_them_known_once() -> None:
    team = factories.team()

    def ticket(round_: int, number: int) -> Callable[[], Any]:
        known_as = NewCustomer(external_id=f"C-{round_}", email=f"c{round_}@fjordvik.example", name="Ingrid Solheim")
        fields = {"subject": "Help", "team": team, "external_id": f"T-{round_}-{number}"}
        return lambda: taking_in.take_in(customer=known_as, at=AT, **fields)

    raised = [error for round_ in range(ROUNDS) for error in at_once(*(ticket(round_, n) for n in range(4)))]
    assert raised == []
    assert Customer.objects.count() == ROUNDS
    assert {customer.tickets.count() for customer in Customer.objects.all()} == {4}


@pytest.fixture
def low_answers() -> list[Response]:
    """Answers of 3, each of a customer of their own who gave a 3 before; somebody other than the rated one may call."""
    billing = factories.team()
    rated, _ = factories.agent("mara", billing), factories.agent("sanna", billing)

    def answer(customer: Customer, at: datetime) -> Response:
        ticket = factories.ticket(customer, billing, assignee=rated, at=at)
        resolution = resolving.resolve(ticket=ticket, by=rated, at=at)
        invitation = Invitation.objects.select_related("resolution__account").get(resolution=resolution)
        return answering.record_answer(invitation=invitation, score=3, at=at)[0]

    customers = [factories.customer() for _ in range(ROUNDS)]
    for customer in customers:
        answer(customer, AT - timedelta(days=9))
    return [answer(customer, AT) for customer in customers]


def test_a_customer_who_changes_the_score_while_they_are_reached_stops_nobody(low_answers: list[Response]) -> None:
    assigning.assign_waiting(at=AT)
    for answer in low_answers:
        follow_up = FollowUp.objects.select_related("policy", "assignee").get(response=answer)

        def change(answer: Response = answer) -> None:
            answering.change_score(response=answer, score=9, at=AT)

        def reach(follow_up: FollowUp = follow_up) -> None:
            reached = {"via": Attempt.Via.PHONE, "result": Attempt.Result.REACHED, "by": follow_up.assignee}
            reaching_out.log_attempt(follow_up=follow_up, at=AT, **reached)

        # Whoever is second may be told that it has changed meanwhile; nobody is left waiting for the other's row.
        assert [error for error in at_once(change, reach) if not isinstance(error, Conflict)] == []
        follow_up.refresh_from_db()
        answer.refresh_from_db()
        assert follow_up.score == answer.score


def test_a_customer_who_changes_the_score_while_it_is_assigned_stops_nobody(
    low_answers: list[Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell, told = assigning.tell_assignee, threading.Event()

    def tell_slowly(*args: Any) -> None:
        tell(*args)
        told.set()
        time.sleep(0.05)  # the customer's change begins between the two writes of an assignment

    monkeypatch.setattr(assigning, "tell_assignee", tell_slowly)
    for answer in low_answers:
        told.clear()
        follow_up = FollowUp.objects.select_related("policy", "customer").get(response=answer)

        def change(answer: Response = answer) -> None:
            told.wait(timeout=20)
            answering.change_score(response=answer, score=9, at=AT)

        def assign(follow_up: FollowUp = follow_up) -> None:
            assigning.assign(follow_up=follow_up, at=AT)

        assert at_once(change, assign) == []
        follow_up.refresh_from_db()
        assert (follow_up.score, follow_up.status, follow_up.is_repeat_detractor) == (9, "assigned", True)


def slow_settling(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What an answer was about is written a while after its follow-up; set once the follow-up's row was written."""
    settle, settling = attributing.settle, threading.Event()

    def settle_slowly(follow_up: FollowUp) -> None:
        settling.set()
        time.sleep(0.05)  # the customer's change begins between the follow-up's row and the answer's
        settle(follow_up)

    monkeypatch.setattr(attributing, "settle", settle_slowly)
    return settling


def ending(act: str, row: FollowUp) -> Callable[[], object]:
    """An act that writes to a follow-up and then says on its answer what it was about; what has to be there is made."""
    by, cause = row.assignee, RootCause.objects.get(name="Invoice wrong")
    why: dict[str, Any] = {"root_cause": cause, "lesson_kind": FollowUp.LessonKind.NOTHING_NEW}
    closed = {"follow_up": row, "by": by, "at": AT, "outcome": "solved", **why}
    match act:
        case "close":
            return lambda: closing.close(**closed)
        case "reopen":
            closing.close(**closed)
            return lambda: closing.reopen(follow_up=row, by=by, at=AT, reason="They called again.")
        case "confirm":
            mira = factories.agent(f"mira{row.pk}", role=Role.MANAGER, starts=None)
            asked = confirming.ask(follow_up=row, by=by, at=AT, reason="A scanner pressed it.", **why)
            return lambda: confirming.confirm(confirmation=asked, by=mira, at=AT)
        case "say_about":
            return lambda: attributing.say_about(follow_up=row, about="price", by=by, at=AT)
        case _:
            raise AssertionError(act)


@pytest.mark.parametrize("act", ["close", "reopen", "confirm", "say_about"])
def test_a_customer_who_changes_the_score_while_it_ends_stops_nobody(
    low_answers: list[Response], monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    assigning.assign_waiting(at=AT)
    for answer in low_answers[:4]:
        row = FollowUp.objects.select_related("policy", "assignee", "account").get(response=answer)
        end = ending(act, row)
        with monkeypatch.context() as patched:
            settling = slow_settling(patched)

            def change(answer: Response = answer, settling: threading.Event = settling) -> None:
                settling.wait(timeout=20)
                answering.change_score(response=answer, score=2, at=AT)

            assert at_once(change, end) == []
        row.refresh_from_db()
        assert row.score == 2


def test_a_customer_who_changes_the_score_again_while_the_sweep_opens_it_stops_nobody(
    low_answers: list[Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    assigning.assign_waiting(at=AT)
    answer = low_answers[0]
    ending("close", FollowUp.objects.select_related("policy", "assignee").get(response=answer))()
    Response.objects.filter(pk=answer.pk).update(score=2)  # the change was stored and its follow-up never told
    settling = slow_settling(monkeypatch)

    def change() -> None:
        settling.wait(timeout=20)
        answering.change_score(response=answer, score=1, at=AT)

    assert at_once(change, lambda: rescoring.note_missed_changes(at=AT)) == []
    row = FollowUp.objects.get(response=answer)
    assert (row.score, row.status) == (1, FollowUp.Status.OPEN)
