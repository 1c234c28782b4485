"""The end of a shift: what goes to the next one, how often, and what is said about it."""

from datetime import UTC, datetime, time, timedelta

import pytest

from followups import tasks
from followups.models import FollowUp, Policy
from followups.services import assigning, changing_shifts, closing, escalating, reaching_out, snoozing
from nps.desk.models import Absence, Membership
from nps.errors import NotAllowed
from nps.outbox.models import Delivery
from tests import factories
from tests.factories import AT
from tests.outreach import close, opened

pytestmark = pytest.mark.django_db(transaction=True)
#: in Oslo; Sanna and Mara work from 8 to 16, Eve from 16 to midnight, Nina from midnight to 8
FIVE_IN_THE_EVENING = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
AT_NIGHT = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
IN_THE_MORNING = datetime(2026, 11, 19, 7, 30, tzinfo=UTC)


@pytest.fixture
def eve(billing):
    return factories.agent("eve", billing, starts=time(16), ends=time(0))


@pytest.fixture
def nina(billing):
    return factories.agent("nina", billing, starts=time(0), ends=time(8))


@pytest.fixture
def lena(billing):
    return factories.agent("lena", billing, starts=None, is_lead=True, role="Leads")


@pytest.fixture
def urgent(billing, mara, sanna) -> FollowUp:
    """Sanna's, untouched, and due before she is back."""
    return given_to(sanna, billing, mara, due_at=datetime(2026, 11, 18, 20, 0, tzinfo=UTC))


def given_to(agent, billing, mara, *, due_at: datetime) -> FollowUp:
    follow_up = opened(billing, mara, 5, at=AT)
    assigning.hand_over(follow_up=follow_up, to=agent, at=AT)
    FollowUp.objects.filter(pk=follow_up.pk).update(due_at=due_at)
    follow_up.refresh_from_db()
    return follow_up


def test_the_untouched_and_urgent_go_to_the_shift_that_is_on(billing, mara, sanna, eve, urgent) -> None:
    touched = given_to(sanna, billing, mara, due_at=urgent.due_at)
    reaching_out.log_attempt(follow_up=touched, via="phone", result="no_answer", by=sanna, at=AT)
    FollowUp.objects.filter(pk=touched.pk).update(due_at=urgent.due_at)
    in_time = given_to(sanna, billing, mara, due_at=datetime(2026, 11, 19, 8, 0, tzinfo=UTC))
    asleep = given_to(sanna, billing, mara, due_at=urgent.due_at)
    snoozing.snooze(follow_up=asleep, until=IN_THE_MORNING, by=sanna, at=AT)
    Delivery.objects.all().delete()
    assert changing_shifts.hand_over_at_shift_end(at=AT) == 0, "she is still there"
    assert changing_shifts.hand_over_at_shift_end(at=FIVE_IN_THE_EVENING) == 1
    urgent.refresh_from_db()
    assert (urgent.assignee, urgent.acknowledged_at, urgent.hand_overs) == (eve, None, 1)
    assert urgent.history.order_by("-pk")[0].sentence == (
        "Passed to Eve Berg: Sanna Berg went off shift and would be back too late. Hand-over 1 of at most 2."
    )
    for kept in (touched, in_time, asleep):
        kept.refresh_from_db()
        assert kept.assignee == sanna
    assert list(Delivery.objects.values_list("purpose", "recipient")) == [("followups.handed_over", eve.email)]
    with pytest.raises(NotAllowed):
        assigning.acknowledge(follow_up=urgent, by=sanna, at=FIVE_IN_THE_EVENING)
    assert assigning.acknowledge(follow_up=urgent, by=eve, at=FIVE_IN_THE_EVENING)


def test_nobody_on_shift_and_it_stays_where_it_is(mara, sanna, urgent) -> None:
    assert changing_shifts.hand_over_at_shift_end(at=FIVE_IN_THE_EVENING) == 0
    urgent.refresh_from_db()
    assert (urgent.assignee, urgent.hand_overs) == (sanna, 0)


def test_never_to_the_one_who_was_rated(mara, sanna, urgent) -> None:
    mara.shifts.update(starts=time(16), ends=time(23))
    assert changing_shifts.hand_over_at_shift_end(at=FIVE_IN_THE_EVENING) == 0


@pytest.mark.parametrize("why", ["absent", "left", "no calls any more"])
def test_an_agent_who_is_not_coming_back_is_no_reason_to_wait(mara, sanna, eve, urgent, why) -> None:
    far = AT + timedelta(days=20)
    FollowUp.objects.filter(pk=urgent.pk).update(due_at=AT + timedelta(days=6))
    if why == "absent":
        Absence.objects.create(user=sanna, starts_at=AT, ends_at=far)
    elif why == "left":
        type(sanna).objects.filter(pk=sanna.pk).update(is_active=False)
    else:
        Membership.objects.filter(user=sanna).update(takes_outreach=False)
    assert changing_shifts.hand_over_at_shift_end(at=FIVE_IN_THE_EVENING) == 1


def test_passed_on_twice_it_stays_and_a_lead_is_told_once(mara, sanna, eve, nina, lena, urgent) -> None:
    assert changing_shifts.hand_over_at_shift_end(at=FIVE_IN_THE_EVENING) == 1
    assert changing_shifts.hand_over_at_shift_end(at=AT_NIGHT) == 1
    Delivery.objects.all().delete()
    for _ in range(3):
        assert changing_shifts.hand_over_at_shift_end(at=IN_THE_MORNING) == 0
    urgent.refresh_from_db()
    assert (urgent.assignee, urgent.hand_overs, urgent.escalation) == (nina, 3, FollowUp.Escalation.LEAD)
    assert list(Delivery.objects.values_list("purpose", "recipient")) == [("followups.stuck", lena.email)]
    [entry] = urgent.history.filter(verb="escalate")
    assert entry.sentence == (
        "Stays with Nina Berg although the shift ended: it was passed on 2 times and nobody tried. Told Lena Berg."
    )
    # A person decides, and the count begins anew.
    assigning.hand_over(follow_up=urgent, to=sanna, by=lena, at=IN_THE_MORNING)
    assert changing_shifts.hand_over_at_shift_end(at=FIVE_IN_THE_EVENING + timedelta(days=1)) == 1


def test_a_policy_may_forbid_passing_on(mara, sanna, eve, lena, urgent) -> None:
    Policy.objects.update(most_hand_overs=0)
    assert changing_shifts.hand_over_at_shift_end(at=FIVE_IN_THE_EVENING) == 0
    [entry] = urgent.history.filter(verb="escalate")
    assert "it is not passed on at the end of a shift. Told Lena Berg." in entry.sentence


def test_what_is_not_urgent_does_not_stand_before_what_is(billing, mara, sanna, eve) -> None:
    """Sanna holds more than one look takes, all due after she is back, and one that is due before."""
    for _ in range(4):
        given_to(eve, billing, mara, due_at=AT)  # Eve is at work: overdue or not, they are hers
    urgent = given_to(sanna, billing, mara, due_at=datetime(2026, 11, 18, 20, 0, tzinfo=UTC))
    assert changing_shifts.hand_over_at_shift_end(at=FIVE_IN_THE_EVENING, limit=2) == 1
    urgent.refresh_from_db()
    assert urgent.assignee == eve


def test_a_reopened_one_gets_new_clocks_by_its_policy_and_a_ladder_of_its_own(billing, mara, sanna, eve, lena) -> None:
    follow_up = opened(billing, mara, 5)
    assigning.hand_over(follow_up=follow_up, to=sanna, at=AT)
    reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=sanna, at=AT)
    close(follow_up, sanna)
    was_due = follow_up.close_due_at
    weeks_later = AT + timedelta(days=21)
    closing.reopen(follow_up=follow_up, by=lena, at=weeks_later, reason="It came back.")
    follow_up.refresh_from_db()
    # Five working days after a Wednesday: the end of work on the next Wednesday.
    assert follow_up.close_due_at == follow_up.due_at == datetime(2026, 12, 16, 15, 0, tzinfo=UTC)
    assert (follow_up.assignee, follow_up.acknowledged_at, follow_up.reached_at) == (sanna, None, AT)
    entry = follow_up.history.order_by("-pk")[0]
    assert entry.sentence == "Reopened, to be closed within 5 working days. It came back."
    assert entry.detail["close_due_at"] == was_due.isoformat()
    assert Delivery.objects.filter(purpose="followups.reopened").get().recipient == sanna.email
    assert escalating.escalate_overdue(at=weeks_later) == 0
    assert escalating.escalate_overdue(at=follow_up.close_due_at) == 1


def test_reopened_without_ever_having_reached_anybody_the_first_contact_is_due_anew(billing, mara, sanna) -> None:
    follow_up = opened(billing, mara, 5)
    close(follow_up, sanna, outcome="no_contact")
    closing.reopen(follow_up=follow_up, by=sanna, at=AT + timedelta(days=21))
    follow_up.refresh_from_db()
    assert follow_up.due_at == follow_up.first_contact_due_at == datetime(2026, 12, 10, 9, 0, tzinfo=UTC)
    assert follow_up.acknowledged_at == AT + timedelta(days=21), "by and for the same person"


@pytest.mark.clock(AT)
def test_what_somebody_who_left_had_begun_goes_back_to_the_queue(billing, mara, sanna, eve, urgent) -> None:
    tried = given_to(sanna, billing, mara, due_at=urgent.due_at)
    reaching_out.log_attempt(follow_up=tried, via="phone", result="no_answer", by=sanna, at=AT)
    asleep = given_to(sanna, billing, mara, due_at=urgent.due_at)
    snoozing.snooze(follow_up=asleep, until=IN_THE_MORNING, by=sanna, at=AT)
    assert changing_shifts.give_back_what_was_left(at=AT) == 0
    type(sanna).objects.filter(pk=sanna.pk).update(is_active=False)
    tasks.hand_over_at_shift_end()
    for left in (tried, asleep):
        left.refresh_from_db()
        assert (left.status, left.assignee) == ("open", None)
        assert left.history.order_by("-pk")[0].sentence == "Given back: Sanna Berg does not work here any more."
    assigning.assign_waiting(at=FIVE_IN_THE_EVENING)
    tried.refresh_from_db()
    assert (tried.assignee, tried.attempts_made) == (eve, 1)
    assert changing_shifts.give_back_what_was_left(at=FIVE_IN_THE_EVENING) == 0


def test_what_somebody_who_left_had_closed_is_opened_again_for_who_asks(billing, mara, sanna, eve, urgent) -> None:
    close(urgent, by=sanna, at=AT)
    type(sanna).objects.filter(pk=sanna.pk).update(is_active=False)
    urgent.refresh_from_db()
    assert closing.reopen(follow_up=urgent, by=eve, at=FIVE_IN_THE_EVENING).assignee == eve
