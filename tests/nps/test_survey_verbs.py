"""Deciding, inviting, answering, changing one's mind, opting out: by their verbs, with real commits."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from nps.desk.models import Resolution
from nps.desk.services import reopening, resolving
from nps.errors import Conflict, InvalidInput
from nps.outbox.models import Delivery
from nps.outbox.services import delivering
from nps.remembered import Remembered
from nps.survey.models import Click, Invitation, Response, ResponseRevision, Suppression, Survey, SurveyDecision
from nps.survey.services import answering, clicking, deciding, inviting, opting_out
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def billing():
    return factories.team()


@pytest.fixture
def mara(billing):
    return factories.agent("mara", billing)


def resolved(billing, mara, *, at=AT, **customer) -> Resolution:
    ticket = factories.ticket(factories.customer(**customer), billing, assignee=mara)
    return resolving.resolve(ticket=ticket, by=mara, at=at)


def invitation_of(resolution: Resolution) -> Invitation:
    return Invitation.objects.select_related("resolution__account", "customer").get(resolution=resolution)


def change_survey(**fields) -> None:
    Survey.objects.update(**fields)
    Remembered.forget_all()


# ---- deciding -------------------------------------------------------------------------------------------------
def test_every_reason_to_skip_is_recorded(billing, mara) -> None:
    opting_out.opt_out(address="Gone@Example.org", at=AT)
    reasons = {
        "no_address": resolved(billing, mara, email=""),
        "internal": resolved(billing, mara, is_internal=True),
        "opted_out": resolved(billing, mara, email="gone@example.org"),
    }
    ticket = factories.ticket(factories.customer(), billing, assignee=mara, is_duplicate=True)
    reasons["duplicate"] = resolving.resolve(ticket=ticket, by=mara, at=AT)
    change_survey(sample_percent=0)
    reasons["sampled_out"] = resolved(billing, mara)
    change_survey(sample_percent=100, quiet_days=30)
    first = resolved(billing, mara, name="Asked Before")
    ticket = factories.ticket(first.customer, billing, assignee=mara)
    reasons["quiet_period"] = resolving.resolve(ticket=ticket, by=mara, at=AT + timedelta(days=29))
    change_survey(is_active=False)
    reasons["inactive"] = resolved(billing, mara)
    for reason, resolution in reasons.items():
        assert (resolution.decision.outcome, resolution.decision.reason) == ("skipped", reason)
        assert not Invitation.objects.filter(resolution=resolution).exists()
    assert SurveyDecision.objects.count() == Resolution.objects.count() == 8


def test_a_sample_is_drawn_once_and_holds_its_share(billing, mara) -> None:
    change_survey(sample_percent=40)
    resolutions = [resolved(billing, mara) for _ in range(100)]
    invited = {r.pk for r in resolutions if r.decision.outcome == "invited"}
    assert 25 <= len(invited) <= 55
    survey = Survey.objects.get()
    assert invited == {r.pk for r in resolutions if deciding._draw(r, survey) < 40}


def test_a_decision_lost_with_its_receiver_is_made_good_by_the_sweep(billing, mara, settings, monkeypatch) -> None:
    settings.STRICT_WIRES = False
    monkeypatch.setattr(deciding, "decide", lambda **_: 1 / 0)
    resolution = resolved(billing, mara)
    monkeypatch.undo()
    settings.NUDGES_ENABLED = False
    assert not SurveyDecision.objects.exists()
    assert deciding.decide_missing(at=AT + timedelta(minutes=1)) == 1
    assert SurveyDecision.objects.get().resolution == resolution
    assert deciding.decide_missing(at=AT + timedelta(minutes=1)) == 0


def test_resolved_again_is_asked_again_and_an_unsent_question_is_withdrawn(billing, mara) -> None:
    change_survey(delay_minutes=30)
    first = resolved(billing, mara)
    ticket = first.ticket
    reopening.reopen(ticket=ticket, at=AT + timedelta(minutes=5), reason="Still wrong")
    second = resolving.resolve(ticket=ticket, by=mara, at=AT + timedelta(minutes=10))
    assert second.number == 2
    assert invitation_of(first).cancelled_at == AT + timedelta(minutes=5)
    assert list(Delivery.objects.order_by("pk").values_list("status", flat=True)) == ["cancelled", "queued"]


def test_a_reminder_goes_out_once_to_who_did_not_answer(billing, mara) -> None:
    change_survey(reminder_days=3)
    silent, answered = resolved(billing, mara), resolved(billing, mara)
    Invitation.objects.update(delivered_at=AT)
    answering.record_answer(invitation=invitation_of(answered), score=9, at=AT)
    assert inviting.remind_due(at=AT + timedelta(days=2)) == 0
    assert inviting.remind_due(at=AT + timedelta(days=3)) == 1
    assert inviting.remind_due(at=AT + timedelta(days=4)) == 0
    assert Delivery.objects.get(purpose="survey.reminder").subject_id == invitation_of(silent).pk


# ---- delivering -----------------------------------------------------------------------------------------------
def test_the_verdict_is_written_on_the_invitation(billing, mara, smtp_sink) -> None:
    smtp_sink.refuse["dead@example.org"] = "550 no such user"
    alive, dead = resolved(billing, mara, email="alive@example.org"), resolved(billing, mara, email="dead@example.org")
    delivering.deliver_due(clock=lambda: AT)
    assert invitation_of(alive).delivered_at == AT
    assert invitation_of(dead).bounced_at == AT
    assert Suppression.objects.get().address == "dead@example.org"
    again = factories.ticket(dead.customer, billing, assignee=mara)
    assert resolving.resolve(ticket=again, by=mara, at=AT).decision.reason == "opted_out"


def test_opting_out_meanwhile_stops_the_mail(billing, mara, smtp_sink) -> None:
    resolution = resolved(billing, mara, email="tired@example.org")
    opting_out.opt_out(address="Tired@example.org", at=AT)
    delivering.deliver_due(clock=lambda: AT)
    assert smtp_sink.accepted == []
    assert invitation_of(resolution).cancelled_at == AT


# ---- answering ------------------------------------------------------------------------------------------------
def test_an_answer_carries_the_snapshot_of_who_was_responsible(billing, mara) -> None:
    account = factories.account()
    resolution = resolved(billing, mara, account=account)
    response, is_new = answering.record_answer(invitation=invitation_of(resolution), score="7", at=AT)
    assert is_new
    assert (response.team, response.agent, response.account) == (billing, mara, account)
    assert (response.channel, response.shift_name) == ("email", "Day")
    assert response.editable_until == AT + timedelta(hours=72)


@pytest.mark.parametrize("score", ["11", "-1", "１０", "1_0", " 8 ", "", None, True, 8.0, "8.0", "x" * 100])
def test_what_is_no_score_writes_nothing(billing, mara, score) -> None:
    invitation = invitation_of(resolved(billing, mara))
    with pytest.raises(InvalidInput, match="whole number from 0 to 10") as caught:
        answering.record_answer(invitation=invitation, score=score, at=AT)
    assert caught.value.field == "score"
    assert not Response.objects.exists()


def test_the_same_nonce_is_the_same_answer_and_another_changes_nothing(billing, mara) -> None:
    invitation = invitation_of(resolved(billing, mara))
    first, _ = answering.record_answer(invitation=invitation, score=6, at=AT, nonce="a")
    assert answering.record_answer(invitation=invitation, score=6, at=AT, nonce="a") == (first, False)
    with pytest.raises(answering.AlreadyAnswered):  # the same page with another number: not dropped without a word
        answering.record_answer(invitation=invitation, score=3, at=AT, nonce="a")
    with pytest.raises(answering.AlreadyAnswered) as caught:
        answering.record_answer(invitation=invitation, score=9, at=AT, nonce="b")
    assert caught.value.response == first
    assert Response.objects.get().score == 6


def test_a_hundred_posts_at_once_are_one_answer(billing, mara) -> None:
    invitation = invitation_of(resolved(billing, mara))
    barrier = Barrier(20)
    outcomes: list[str] = []

    def post(number: int) -> None:
        barrier.wait()
        try:
            for _ in range(5):
                answering.record_answer(invitation=invitation, score=number % 11, at=AT, nonce=f"n{number}")
                outcomes.append("mine")
        except answering.AlreadyAnswered:
            outcomes.append("theirs")
        finally:
            connection.close()

    threads = [Thread(target=post, args=[n]) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Response.objects.count() == 1
    assert outcomes.count("mine") == 5
    assert outcomes.count("theirs") == 19


def test_a_change_of_mind_is_kept_as_a_revision_until_the_window_closes(billing, mara) -> None:
    response, _ = answering.record_answer(invitation=invitation_of(resolved(billing, mara)), score=9, at=AT)
    answering.change_score(response=response, score=3, at=AT + timedelta(hours=1), nonce="x")
    answering.change_score(response=response, score=3, at=AT + timedelta(hours=1), nonce="x")
    answering.change_score(response=response, score="9", at=AT + timedelta(hours=2), nonce="y")
    steps = list(ResponseRevision.objects.order_by("pk").values_list("old_score", "new_score"))
    assert steps == [(9, 3), (3, 9)]
    with pytest.raises(Conflict, match="no longer be changed"):
        answering.change_score(response=response, score=1, at=AT + timedelta(hours=72))
    response.refresh_from_db()
    assert response.score == 9


def test_the_reason_goes_to_the_same_answer_and_an_earlier_one_is_kept(billing, mara) -> None:
    response, _ = answering.record_answer(invitation=invitation_of(resolved(billing, mara)), score=4, at=AT)
    answering.add_reason(response=response, at=AT, comment="Slow.", contact_choice="phone")
    answering.add_reason(response=response, at=AT, comment="Slow, and twice.", contact_choice="no")
    response.refresh_from_db()
    assert (response.comment, response.contact_choice) == ("Slow, and twice.", "no")
    assert ResponseRevision.objects.get().old_comment == "Slow."
    with pytest.raises(InvalidInput, match="phone, email or no"):
        answering.add_reason(response=response, at=AT, contact_choice="pigeon")


def test_a_reason_that_hung_in_a_frozen_database_does_not_undo_a_later_one(billing, mara) -> None:
    response, _ = answering.record_answer(invitation=invitation_of(resolved(billing, mara)), score=4, at=AT)
    answering.add_reason(response=response, at=AT + timedelta(seconds=8), comment="Slow, and twice.")
    standing = answering.add_reason(response=response, at=AT, comment="Slow.", contact_choice="phone")
    assert (standing.comment, standing.contact_choice) == ("Slow, and twice.", "")
    response.refresh_from_db()
    assert response.comment == "Slow, and twice."
    assert not ResponseRevision.objects.exists()


# ---- clicks ---------------------------------------------------------------------------------------------------
def test_three_scores_within_a_minute_are_a_scanner_and_two_are_a_person(billing, mara) -> None:
    person, machine = invitation_of(resolved(billing, mara)), invitation_of(resolved(billing, mara))
    for seconds, score in enumerate((3, 9)):
        clicking.note_click(invitation=person, at=AT + timedelta(seconds=seconds), score=score)
    for score in range(11):
        clicking.note_click(invitation=machine, at=AT, score=score, user_agent="SafeLinks")
    assert not Click.objects.filter(invitation=person, is_scanner=True).exists()
    assert Click.objects.filter(invitation=machine, is_scanner=True).count() == 11
    assert not Response.objects.exists()


def test_what_is_clicked_after_the_hidden_link_is_the_scanners_too(billing, mara) -> None:
    invitation = invitation_of(resolved(billing, mara))
    clicking.note_click(invitation=invitation, at=AT, score=None, is_hidden_link=True)
    clicking.note_click(invitation=invitation, at=AT + timedelta(seconds=5), score=3)
    clicking.note_click(invitation=invitation, at=AT + timedelta(minutes=3), score=8)
    assert list(Click.objects.order_by("at").values_list("score", "is_scanner")) == [
        (None, True),
        (3, True),
        (8, False),
    ]


def test_the_hidden_link_marks_the_clicks_as_a_scanners(billing, mara) -> None:
    invitation = invitation_of(resolved(billing, mara))
    clicking.note_click(invitation=invitation, at=AT, score=3)
    clicking.note_click(invitation=invitation, at=AT, score=None, is_hidden_link=True, user_agent="bot\x00\ud800")
    assert Click.objects.filter(is_scanner=True).count() == 2
