"""What each act of the loop asks of the database, statement by statement: a new one has to be meant. Acts on a batch
say what each item costs."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups.models import Attempt, FollowUp, Outcome, RootCause
from followups.services import assigning, closing, reaching_out
from nps.desk.models import Team, Ticket, User
from nps.desk.services import resolving
from nps.outbox.models import Delivery
from nps.outbox.services import delivering
from nps.survey import reading
from nps.survey.models import Invitation
from nps.survey.services import answering
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)

LATER = AT + timedelta(minutes=5)
BATCH = 20


class Office:
    """A team, the one who is rated and those who call, with what the acts remember read once."""

    def __init__(self) -> None:
        self.billing: Team = factories.team()
        self.mara: User = factories.agent("mara", self.billing)
        self.callers = [factories.agent(f"caller{n}", self.billing) for n in range(3)]
        self.account = factories.account()
        self.follow_up(6)
        assigning.assign_waiting(at=AT)

    def ticket(self) -> Ticket:
        made = factories.ticket(factories.customer(account=self.account), self.billing, assignee=self.mara)
        return Ticket.objects.select_related("customer__account", "team", "assignee", "product").get(pk=made.pk)

    def invitation(self) -> Invitation:
        resolution = resolving.resolve(ticket=self.ticket(), by=self.mara, at=AT)
        return reading.for_intake(Invitation.objects.get(resolution=resolution).pk)

    def follow_up(self, score: int) -> FollowUp:
        response, _ = answering.record_answer(invitation=self.invitation(), score=score, at=AT)
        return FollowUp.objects.select_related("policy").get(response=response)

    def assigned(self) -> tuple[FollowUp, User]:
        follow_up = self.follow_up(6)
        assigning.assign_waiting(at=LATER)
        follow_up = FollowUp.objects.select_related("policy", "assignee").get(pk=follow_up.pk)
        assert follow_up.assignee is not None
        return follow_up, follow_up.assignee


@pytest.fixture
def office() -> Office:
    return Office()


def cost(act: Callable[[], Any]) -> dict[str, int]:
    """How many statements of each kind `act` sends, BEGIN and COMMIT among them."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return dict(Counter(query["sql"].split()[0].upper() for query in captured.captured_queries))


def test_resolve_with_decision_invitation_and_mail(office: Office) -> None:
    ticket = office.ticket()
    act = cost(lambda: resolving.resolve(ticket=ticket, by=office.mara, at=LATER))
    # Read: the ticket as changed, shifts, absences, answers so far, whether the address is suppressed. Written: ticket;
    # resolution, decision, invitation, delivery. Savepoints: of the receiver, and of a decision that may stand already.
    assert act == {"BEGIN": 1, "UPDATE": 1, "SELECT": 5, "INSERT": 4, "SAVEPOINT": 2, "RELEASE": 2, "COMMIT": 1}
    assert Delivery.objects.filter(recipient=ticket.customer.email).count() == 1


def test_an_answer_of_6_with_its_follow_up_and_history(office: Office) -> None:
    invitation = office.invitation()
    act = cost(lambda: answering.record_answer(invitation=invitation, score="6", at=LATER))
    assert act == ({"WITH": 1} if connection.vendor == "postgresql" else {"BEGIN": 1, "INSERT": 3, "COMMIT": 1})


def test_an_answer_of_10(office: Office) -> None:
    invitation = office.invitation()
    act = cost(lambda: answering.record_answer(invitation=invitation, score="10", at=LATER))
    assert act == ({"INSERT": 1} if connection.vendor == "postgresql" else {"BEGIN": 1, "INSERT": 1, "COMMIT": 1})


def test_assigning_costs_the_roster_once_and_the_same_for_each(office: Office) -> None:
    def assign(number: int) -> dict[str, int]:
        for _ in range(number):
            office.follow_up(6)
        before = FollowUp.objects.filter(status="assigned").count()
        act = cost(lambda: assigning.assign_waiting(at=LATER))
        assert FollowUp.objects.filter(status="assigned").count() == before + number
        return act

    assign(1)
    one, many = assign(1), assign(BATCH)
    # What waits; members, shifts, absences, loads, who was last. Held; how agents want to hear of it; whether they are
    # repeat detractors. Status; history, mails to the agents.
    assert one == many == {"BEGIN": 1, "SELECT": 6 + 3, "UPDATE": 1, "INSERT": 2, "COMMIT": 1}


def test_logging_an_attempt(office: Office) -> None:
    follow_up, agent = office.assigned()
    via, result = Attempt.Via.PHONE, Attempt.Result.REACHED
    act = cost(lambda: reaching_out.log_attempt(follow_up=follow_up, via=via, result=result, by=agent, at=LATER))
    # The follow-up, the answer that is now final; the attempt, the history; how many attempts there are.
    assert act == {"BEGIN": 1, "SAVEPOINT": 1, "UPDATE": 2, "INSERT": 2, "RELEASE": 1, "SELECT": 1, "COMMIT": 1}


def test_closing_with_a_lesson(office: Office) -> None:
    follow_up, agent = office.assigned()
    cause = RootCause.objects.get(name="Invoice wrong")
    text = "Check the VAT number against the register before the first invoice."
    act = cost(
        lambda: closing.close(
            follow_up=follow_up, by=agent, at=LATER, outcome=Outcome.SOLVED, root_cause=cause, lesson_kind="new",
            lesson_text=text,
        )
    )  # fmt: skip
    # The answer is held; the lesson; the follow-up; what the answer was about, by the cause; the history.
    assert act == {"BEGIN": 1, "SELECT": 1, "INSERT": 2, "SAVEPOINT": 1, "UPDATE": 2, "RELEASE": 1, "COMMIT": 1}


@pytest.mark.usefixtures("smtp_sink")
def test_delivering_costs_the_batch_once_and_the_same_for_each(office: Office) -> None:
    def deliver(number: int) -> dict[str, int]:
        Delivery.objects.all().delete()
        for _ in range(number):
            office.invitation()
        tallies = []
        act = cost(lambda: tallies.append(delivering.deliver_due(clock=lambda: LATER)))
        assert tallies[0].sent == number
        return act

    deliver(1)
    # The delivery, and the invitation it was about: on PostgreSQL together, in one round trip with their commit.
    each = {"WITH": 1} if connection.vendor == "postgresql" else {"BEGIN": 1, "UPDATE": 2, "COMMIT": 1}
    # Is anything due, which, claim; invitations, wordings; is more due?
    batch = {"SELECT": 5, "BEGIN": 1, "UPDATE": 1, "COMMIT": 1}
    for number in (1, 10):
        assert deliver(number) == {kind: batch.get(kind, 0) + number * each.get(kind, 0) for kind in {*batch, *each}}
