"""Two doors at the same moment: what one of them writes must not turn the other away."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from followups.models import Attempt, FollowUp
from followups.services import assigning, reaching_out
from nps.desk.models import Customer
from nps.desk.services import resolving, taking_in
from nps.desk.services.enrolling import NewCustomer
from nps.errors import Conflict
from nps.survey.models import Invitation, Response
from nps.survey.services import answering
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 15


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Run the acts in a thread each, let go together; what they raised."""
    gate, raised = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        gate.wait(timeout=20)
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the test judges it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


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
