"""How an answer came to be, told from what really happened: mails, clicks, machines, people, corrections."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from nps.desk.services import reopening, resolving
from nps.outbox.models import Delivery
from nps.outbox.services import delivering, enqueueing
from nps.survey.models import Invitation, Response, Survey
from nps.survey.services import answering, clicking, inviting, taking_down
from nps.survey.stories import Story, stories_of, story_of, story_of_response
from tests import factories
from tests.factories import AT
from tests.managed import NOW, House, browser_of
from tests.smtp_sink import Sink
from tests.survey_visits import Visitor, invited, nonce_in

MINUTE = timedelta(minutes=1)


def deliver(at: Any = AT) -> None:
    delivering.deliver_due(clock=lambda: at)


def words(story: Story) -> list[str]:
    return [step.words for step in story.steps]


def told(invitation: Invitation) -> Story:
    """By the resolution, which must say the same as by the invitation and, where there is one, by the answer."""
    story = stories_of([invitation.resolution_id])[invitation.resolution_id]
    alone = story_of(invitation.pk)
    assert words(alone) == words(story)[1:]
    assert alone.summary == story.summary
    if (response := Response.objects.filter(invitation=invitation).first()) is not None:
        assert story_of_response(response) == alone
    return story


# ---- mails ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_from_the_mail_to_the_changed_answer(smtp_sink: Sink) -> None:
    with time_machine.travel(AT + 5 * MINUTE, tick=False) as clock:
        ingrid = Visitor(invited())
        assert words(told(ingrid.invitation)) == ["Invited", "Survey mail leaves then"]
        deliver(AT + MINUTE)
        assert told(ingrid.invitation).summary == "Mailed, no answer yet"
        ingrid.get(score=3)
        assert told(ingrid.invitation).summary == "Opened with 3, not sent"
        clock.shift(MINUTE)
        ingrid.answer("6", score=6)
        clock.shift(MINUTE)
        ingrid.post(score="9", change="1", nonce=nonce_in(ingrid.get(change=1)))
        clock.shift(MINUTE)
        ingrid.post("survey-why", nonce=nonce_in(ingrid.get("survey-why")), comment="Quick.")
    story = told(ingrid.invitation)
    assert story.summary == "Answered 9"
    assert words(story) == [
        "Invited",
        f"Mailed to {ingrid.invitation.address}",
        "Opened with 3, not sent",
        "Opened with 6",
        "Answered 6 on the survey page",
        "Changed 6 to 9",
        "Said why",
    ]
    assert [step.at for step in story.steps][1] == AT + MINUTE
    assert story.steps[5].at == AT + 7 * MINUTE


@pytest.mark.django_db(transaction=True)
def test_what_kept_a_mail_from_leaving_is_said(smtp_sink: Sink) -> None:
    gone, refused, slow = (invited(email=f"{name}@fjordvik.example") for name in ("gone", "refused", "slow"))
    smtp_sink.refuse = {
        gone.address: "550 no such user",
        slow.address: "451 try later",
    }
    (claimed,) = [one for one in delivering.claim(at=AT, limit=9) if one.subject_id == refused.pk]
    delivering.write_verdict(claimed, delivering.Verdict(delivering.VerdictKind.REFUSED, "554 no"), AT)
    deliver(AT + delivering.LEASE)
    assert words(told(gone))[-1].startswith("Bounced: the address took no mail: mail server said 550 no such user")
    assert told(gone).summary.startswith("Bounced")
    assert words(told(slow))[-1].startswith("Survey mail tried once, next then: mail server said 451 try later")
    assert "Not sent: 554 no" in words(told(refused))


@pytest.mark.django_db
def test_reopened_withdrawn_or_answered_elsewhere_before_it_left() -> None:
    house = House.open()
    reopened = resolving.resolve(ticket=factories.ticket(factories.customer(), house.billing), by=house.mara, at=AT)
    reopening.reopen(ticket=reopened.ticket, by=house.mara, at=AT, reason="It came back.")
    assert words(told(reopened.invitation))[-1] == "Not sent: reopened before sending"

    withdrawn = resolving.resolve(ticket=factories.ticket(factories.customer(), house.billing), by=house.mara, at=AT)
    mail = Delivery.objects.get(subject_id=withdrawn.invitation.pk, purpose=inviting.PURPOSE)
    enqueueing.withdraw(delivery=mail, at=AT, reason="wrong person (mira)")
    assert words(told(withdrawn.invitation))[-1] == "Not sent: wrong person (mira)"

    called = resolving.resolve(ticket=factories.ticket(factories.customer(), house.billing), by=house.mara, at=AT)
    response = taking_down.take_down(
        customer=called.customer,
        resolution=called,
        score="4",
        at=AT + MINUTE,
        origin="phone",
        taken_by=house.sanna,
        by=house.sanna,
    )
    mail = Delivery.objects.get(subject_id=called.invitation.pk, purpose=inviting.PURPOSE)
    verdict = delivering.Verdict(delivering.VerdictKind.UNWANTED, "no longer wanted")
    delivering.write_verdict(mail, verdict, AT + 2 * MINUTE)
    assert words(told(response.invitation)) == [
        "Invited",
        f"Answered 4 by phone, taken down by {house.sanna}",
        "Not sent: it was answered already",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_reminder_is_told_apart(smtp_sink: Sink) -> None:
    Survey.objects.update(reminder_days=3)
    invitation = invited()
    deliver()
    later = AT + timedelta(days=4)
    inviting.remind_due(at=later)
    assert words(told(invitation))[-1] == "Reminder leaves then"
    deliver(later)
    assert words(told(invitation))[-1] == f"Reminded at {invitation.address}"


# ---- clicks ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_machines_are_told_from_people_and_the_hidden_link_is_named() -> None:
    invitation = invited()
    for score in range(11):
        clicking.note_click(invitation=invitation, at=AT, score=score, user_agent="SafeLinks")
    clicking.note_click(invitation=invitation, at=AT, score=None, is_hidden_link=True)
    clicking.note_click(invitation=invitation, at=AT + 5 * MINUTE, score=3)
    story = told(invitation)
    assert [(step.kind, step.words) for step in story.steps if step.kind in ("opened", "scanner")] == [
        (
            "scanner",
            "A mail scanner followed the links (12 times, with 11 different scores); it counts for nothing",
        ),
        ("scanner", "It followed the hidden link, which no person can see"),
        ("opened", "Opened with 3, not sent"),
    ]


@pytest.mark.django_db
def test_by_a_program_and_without_a_ticket() -> None:
    house = House.open()
    customer = factories.customer()
    response = taking_down.take_down(customer=customer, resolution=None, score=10, at=AT, origin="api")
    answering.change_score(response=response, score=7, at=AT + MINUTE, by=house.manager)
    assert words(story_of_response(response)) == [
        "Answered 10 through the API",
        f"Changed 10 to 7, by {house.manager}",
    ]


# ---- where it is shown ----------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_admin_shows_it_beside_answer_invitation_and_what_was_opened_from_them() -> None:
    with time_machine.travel(NOW, tick=False):
        house = House.open()
        response = house.answered(6)
        clicking.note_click(invitation=response.invitation, at=AT, score=3)
        silent = resolving.resolve(ticket=factories.ticket(factories.customer(), house.billing), by=house.mara, at=AT)
        clicking.note_click(invitation=silent.invitation, at=AT, score=2)
        client = browser_of(house.manager)
        pages = {
            reverse("admin:nps_response_change", args=[response.pk]): "Answered 6 on the survey page",
            reverse("admin:nps_invitation_change", args=[response.invitation_id]): "Opened with 3, not sent",
            reverse("admin:nps_invitation_change", args=[silent.invitation.pk]): "Opened with 2, not sent",
            reverse("admin:nps_invitation_changelist"): "Opened with 2, not sent",
        }
        for address, said in pages.items():
            assert said in client.get(address).content.decode(), address


@pytest.mark.django_db
def test_many_stories_cost_as_many_statements_as_one(django_assert_num_queries: Any) -> None:
    house = House.open()
    answers = [house.answered(score) for score in (3, 6, 9)]
    for response in answers:
        for minute in range(3):
            clicking.note_click(invitation=response.invitation, at=AT + minute * MINUTE, score=minute)
        answering.change_score(response=response, score=5, at=AT + MINUTE)
    with django_assert_num_queries(3):
        stories_of([answers[0].resolution_id])
    with django_assert_num_queries(3):
        assert len(stories_of(response.resolution_id for response in answers)) == 3
    with django_assert_num_queries(3):
        story_of_response(answers[0])
    assert timezone.is_aware(story_of_response(answers[0]).steps[0].at)
