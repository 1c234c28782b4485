"""The ladder: who hears when, once each; and whom a lead hears of at once."""

from datetime import timedelta

import pytest

from followups.models import FollowUp, Policy
from followups.services import assigning, escalating, reaching_out
from nps.outbox.models import Delivery
from tests import factories
from tests.factories import AT
from tests.outreach import opened

pytestmark = pytest.mark.django_db
Step = FollowUp.Escalation


@pytest.fixture
def lena(billing):
    return factories.agent("lena", billing, starts=None, is_lead=True, role="Leads")


@pytest.fixture
def mona():
    return factories.agent("mona", starts=None, role="Managers")


@pytest.fixture
def follow_up(billing, mara, sanna, lena, mona) -> FollowUp:
    made = opened(billing, mara, 5)
    assigning.hand_over(follow_up=made, to=sanna, by=sanna, at=AT)
    return made


def told() -> list[tuple[str, str]]:
    """Whom the mails since the last look are for."""
    found = [(d.purpose.removeprefix("followups."), d.recipient.split("@")[0]) for d in Delivery.objects.order_by("pk")]
    Delivery.objects.all().delete()
    return [row for row in found if row[0] != "invitation" and not row[0].startswith("survey")]


def test_the_closing_has_a_ladder_of_its_own(follow_up, sanna) -> None:
    told()
    overdue = follow_up.first_contact_due_at + timedelta(minutes=1)
    assert escalating.escalate_overdue(at=overdue) == 1
    assert told() == [("overdue", "lena")]
    follow_up.refresh_from_db()
    reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=sanna, at=overdue)
    due = follow_up.close_due_at
    assert escalating.escalate_overdue(at=due - timedelta(minutes=61)) == 0
    assert escalating.escalate_overdue(at=due - timedelta(minutes=59)) == 1
    assert escalating.escalate_overdue(at=due) == 1
    assert told() == [("due_soon", "sanna"), ("overdue", "lena")]
    sentences = [entry.sentence for entry in follow_up.history.filter(verb="escalate").order_by("pk")]
    assert sentences == [
        "The first contact is overdue; told Lena Berg.",
        "The closing is due soon; told Sanna Berg.",
        "The closing is overdue; told Lena Berg.",
    ]


def test_a_reached_that_was_taken_back_leaves_the_ladder_where_it_stood(follow_up, sanna) -> None:
    overdue = follow_up.first_contact_due_at + timedelta(minutes=1)
    escalating.escalate_overdue(at=overdue)
    follow_up.refresh_from_db()
    attempt = reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=sanna, at=overdue)
    assert FollowUp.objects.get().escalation == Step.NONE
    reaching_out.undo_attempt(attempt=attempt, by=sanna, at=overdue)
    assert FollowUp.objects.get().escalation == Step.LEAD
    assert escalating.escalate_overdue(at=overdue) == 0


def test_after_a_pause_of_the_sweep_nobody_is_left_out(follow_up) -> None:
    told()
    assert escalating.escalate_overdue(at=follow_up.first_contact_due_at + timedelta(days=3)) == 2
    assert told() == [("overdue", "lena"), ("escalated", "mona")]
    assert escalating.escalate_overdue(at=follow_up.first_contact_due_at + timedelta(days=3)) == 0


def test_those_who_wait_for_their_second_clock_keep_nobody_waiting(billing, mara, sanna, lena, mona) -> None:
    """The team is closed at the weekend: its working hours do not pass, and the sweep has a limit."""
    Policy.objects.update(second_clock_hours=40)
    for _ in range(3):
        opened(billing, mara, 2)
    late = FollowUp.objects.order_by("-first_contact_due_at")[0].first_contact_due_at
    assert escalating.escalate_overdue(at=late, limit=3) == 3
    fresh = opened(billing, mara, 2)
    FollowUp.objects.filter(pk=fresh.pk).update(first_contact_due_at=late, due_at=late + timedelta(days=9))
    assert escalating.escalate_overdue(at=late, limit=3) == 1
    fresh.refresh_from_db()
    assert fresh.escalation == Step.LEAD


# ---- at once --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", ["assigned", "claimed", "given by hand", "nobody eligible"])
def test_a_score_of_0_to_3_is_told_to_a_lead_at_once_however_it_goes_on(billing, mara, lena, way) -> None:
    follow_up = opened(billing, mara, 2)
    if way == "nobody eligible":
        assigning.assign_waiting(at=AT)
    else:
        sanna = factories.agent("sanna", billing)
        acts = {
            "assigned": lambda: assigning.assign_waiting(at=AT),
            "claimed": lambda: assigning.claim(follow_up=follow_up, by=sanna, at=AT),
            "given by hand": lambda: assigning.hand_over(follow_up=follow_up, to=sanna, by=lena, at=AT),
        }
        acts[way]()
    assert [row for row in told() if row[0] == "told_at_once"] == [("told_at_once", "lena")]
    assert follow_up.history.get(verb="tell_lead").sentence == "Told Lena Berg, as the policy asks."


def test_it_is_told_once_whoever_has_it_later(billing, mara, sanna, lena) -> None:
    follow_up = opened(billing, mara, 2)
    assigning.claim(follow_up=follow_up, by=sanna, at=AT)
    assigning.release(follow_up=follow_up, by=sanna, at=AT)
    assert assigning.assign_waiting(at=AT) == 1
    assert follow_up.history.filter(verb="tell_lead").count() == 1


def test_a_key_account_counts_like_the_lowest_scores(billing, mara, sanna, lena) -> None:
    opened(billing, mara, 8, account=factories.account(is_key=True))
    opened(billing, mara, 8)
    assigning.assign_waiting(at=AT)
    assert [row[1] for row in told() if row[0] == "told_at_once"] == ["lena"]


def test_a_repeat_detractor_who_is_claimed_by_hand_is_told_too(billing, mara, sanna, lena) -> None:
    first = opened(billing, mara, 6)
    second = opened(billing, mara, 6)
    FollowUp.objects.filter(pk=second.pk).update(customer=first.customer, opened_at=AT + timedelta(days=100))
    second.refresh_from_db()
    assigning.claim(follow_up=second, by=sanna, at=AT + timedelta(days=100))
    assert FollowUp.objects.get(pk=second.pk).is_repeat_detractor
    assert "180 days" in second.history.get(verb="tell_lead").sentence
