"""“Ask again on …”: on that day the customer really is asked again, once; the answer stands beside the closing."""

from datetime import UTC, datetime, timedelta

import pytest

from followups.models import FollowUp
from followups.services import asking_again, closing
from nps.outbox.models import Delivery
from nps.survey.mails import load
from nps.survey.models import Invitation, Suppression
from nps.survey.rendering import render
from nps.survey.services import answering, opting_out
from tests.staff import NOW, Office, cause, to

pytestmark = pytest.mark.django_db

DAY = NOW.date() + timedelta(days=30)
#: nine in the morning of that day in Oslo, where Ingrid lives
MORNING = datetime(DAY.year, DAY.month, DAY.day, 8, tzinfo=UTC)


def agreed(office: Office, **given) -> FollowUp:
    made = office.follow_up(3, to=office.sanna)
    facts = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "nothing_new", "ask_again_on": DAY, **given}
    return closing.close(follow_up=made, by=office.sanna, at=NOW, **facts)


def test_on_the_day_at_nine_where_the_customer_lives_and_once(office: Office) -> None:
    follow_up = agreed(office)
    assert asking_again.ask_due(at=MORNING - timedelta(minutes=1)) == 0
    assert asking_again.ask_due(at=MORNING) == 1
    assert asking_again.ask_due(at=MORNING) == 0
    follow_up.refresh_from_db()
    asked = follow_up.asked_again
    assert (asked.resolution, asked.customer, asked.via) == (None, follow_up.customer, "email")
    assert Delivery.objects.filter(purpose="survey.invitation", subject_id=asked.pk).count() == 1
    assert follow_up.history.order_by("-pk")[0].sentence == "Asked the customer again, by e-mail."
    mail = render(load([asked.pk])[asked.pk], is_reminder=False)
    assert "#" not in mail.subject, "it is about no ticket"


def test_the_answer_stands_beside_the_closing(office: Office) -> None:
    follow_up = agreed(office)
    page = to("followup", follow_up.pk)
    sanna = office.as_(office.sanna)
    assert "on 18 Dec 2026, by e-mail" in sanna.get(page).content.decode()
    asking_again.ask_due(at=MORNING)
    assert "no answer yet" in sanna.get(page).content.decode()
    again = Invitation.objects.select_related("customer").get(resolution=None)
    answering.record_answer(invitation=again, score=9, at=MORNING)
    words = sanna.get(page).content.decode()
    assert "answered <b>9</b>" in words
    assert "(3 before)" in words


@pytest.mark.parametrize("why", ["opted_out", "no_address", "internal"])
def test_who_may_not_be_asked_is_not_and_the_reason_is_kept(office: Office, why: str) -> None:
    follow_up = agreed(office)
    customer = follow_up.customer
    match why:
        case "opted_out":
            opting_out.opt_out(address=customer.email, at=NOW, reason=Suppression.Reason.UNSUBSCRIBED)
        case "no_address":
            customer.email = ""
        case "internal":
            customer.is_internal = True
    customer.save()
    assert asking_again.ask_due(at=MORNING) == 0
    follow_up.refresh_from_db()
    assert (follow_up.not_asked_again, follow_up.asked_again) == (why, None)
    assert not Invitation.objects.filter(resolution=None).exists()
    assert "not asked" in office.as_(office.sanna).get(to("followup", follow_up.pk)).content.decode()


def test_one_that_was_opened_again_is_not_asked_about_until_it_is_closed_again(office: Office) -> None:
    follow_up = agreed(office)
    closing.reopen(follow_up=follow_up, by=office.lena, at=NOW)
    assert asking_again.ask_due(at=MORNING) == 0
    facts = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "nothing_new"}
    closing.close(follow_up=follow_up, by=office.sanna, at=NOW, **facts)
    assert asking_again.ask_due(at=MORNING + timedelta(days=9)) == 0, "the second closing agreed on no day"


def test_a_second_closing_may_agree_on_another_day(office: Office) -> None:
    follow_up = agreed(office)
    asking_again.ask_due(at=MORNING)
    follow_up.refresh_from_db()
    closing.reopen(follow_up=follow_up, by=office.lena, at=MORNING)
    facts = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "nothing_new"}
    again = MORNING + timedelta(days=20)
    closing.close(follow_up=follow_up, by=office.sanna, at=MORNING, ask_again_on=again.date(), **facts)
    assert asking_again.ask_due(at=again) == 1
    assert Invitation.objects.filter(resolution=None).count() == 2
