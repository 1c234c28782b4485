"""The whole loop by its verbs, with real commits: resolved → asked → 6 → follow-up → assigned → closed → lesson."""

from datetime import timedelta

import pytest

from followups.models import Attempt, FollowUp, Lesson, Outcome, RootCause
from followups.services import assigning, closing, reaching_out
from nps.desk.services import resolving
from nps.outbox.models import Delivery
from nps.survey.models import Invitation, SurveyDecision
from nps.survey.services import answering
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_resolved_ticket_comes_back_as_a_lesson() -> None:
    billing = factories.team()
    rated = factories.agent("mara", billing)
    other = factories.agent("sanna", billing)
    customer = factories.customer(account=factories.account())
    ticket = factories.ticket(customer, billing, assignee=rated)

    resolution = resolving.resolve(ticket=ticket, by=rated, at=AT)
    decision = SurveyDecision.objects.get(resolution=resolution)
    assert decision.outcome == "invited"
    assert Delivery.objects.filter(purpose="survey.invitation", status="queued").count() == 1

    invitation = Invitation.objects.select_related("resolution__account").get(resolution=resolution)
    response, is_new = answering.record_answer(invitation=invitation, score="6", at=AT + timedelta(minutes=5))
    assert is_new
    follow_up = FollowUp.objects.get(response=response)
    assert follow_up.status == "open"

    assert assigning.assign_waiting(at=AT + timedelta(minutes=5)) == 1
    follow_up.refresh_from_db()
    assert follow_up.assignee == other, "the rated agent must not call"
    assert follow_up.policy.slug == "middle"

    later = AT + timedelta(hours=1)
    reaching_out.log_attempt(
        follow_up=follow_up, via=Attempt.Via.PHONE, result=Attempt.Result.REACHED, by=other, at=later
    )
    closing.close(
        follow_up=follow_up,
        by=other,
        at=later,
        outcome=Outcome.SOLVED,
        root_cause=RootCause.objects.get(name="Invoice wrong"),
        lesson_kind="new",
        lesson_text="Check the VAT number against the register before the first invoice.",
    )
    follow_up.refresh_from_db()
    assert follow_up.status == "closed"
    assert Lesson.objects.get().followups.get() == follow_up
    assert [entry.verb for entry in follow_up.history.order_by("pk")] == ["open", "assign", "log_attempt", "close"]
    response.refresh_from_db()
    assert not response.is_editable(later)
