"""Two doors at the same moment: what one of them writes must not turn the other away."""

import threading
from collections.abc import Callable
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


def test_a_customer_who_changes_the_score_while_they_are_reached_stops_nobody() -> None:
    billing = factories.team()
    rated, caller = factories.agent("mara", billing), factories.agent("sanna", billing)

    def low_answer() -> Response:
        ticket = factories.ticket(factories.customer(), billing, assignee=rated)
        resolution = resolving.resolve(ticket=ticket, by=rated, at=AT)
        invitation = Invitation.objects.select_related("resolution__account").get(resolution=resolution)
        return answering.record_answer(invitation=invitation, score=3, at=AT)[0]

    answers = [low_answer() for _ in range(ROUNDS)]
    assigning.assign_waiting(at=AT)
    for answer in answers:
        follow_up = FollowUp.objects.select_related("policy").get(response=answer)

        def change(answer: Response = answer) -> None:
            answering.change_score(response=answer, score=9, at=AT)

        def reach(follow_up: FollowUp = follow_up) -> None:
            reaching_out.log_attempt(
                follow_up=follow_up, via=Attempt.Via.PHONE, result=Attempt.Result.REACHED, by=caller, at=AT
            )

        # Whoever is second may be told that it has changed meanwhile; nobody is left waiting for the other's row.
        assert [error for error in at_once(change, reach) if not isinstance(error, Conflict)] == []
        follow_up.refresh_from_db()
        answer.refresh_from_db()
        assert follow_up.score == answer.score
