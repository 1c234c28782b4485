"""An e-mail to the customer: begun from a template, sent through a real mail server once it cannot be taken back any
more, in the thread of the survey mail, and noted as an attempt."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from followups.models import Attempt, FollowUp, Letter
from followups.services import closing, reaching_out
from followups.services.writing import PURPOSE, Written
from nps.desk.hours import add_working_time
from nps.errors import Conflict, InvalidInput
from nps.outbox.models import Delivery
from nps.outbox.sender import Verdict, VerdictKind
from nps.outbox.services import delivering, enqueueing
from nps.survey.models import Suppression
from nps.survey.services import opting_out
from tests.followups.letter_cases import LINE_BREAKS, letter_form
from tests.smtp_sink import Sink
from tests.staff import NOW, Office, cause, to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> Office:
    return Office.open()


def seconds(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def deliver(at: datetime) -> delivering.Tally:
    return delivering.deliver_due(clock=lambda: at)


def asked(house: Office, score: int = 5, **given: Any) -> FollowUp:
    """A follow-up of Sanna's, whose survey mail has left."""
    made = house.follow_up(score, to=house.sanna, subject="Refund not received", **given)
    Delivery.objects.filter(purpose__startswith="followups.").delete()  # what staff are told is not of interest here
    Delivery.objects.filter(purpose="survey.invitation", subject_id=made.response.invitation_id).update(
        status="sent", settled_at=NOW - timedelta(minutes=20)
    )
    return made


def post(house: Office, made: FollowUp, *, at: datetime = NOW, by: Any = None, query: str = "", **changes: Any) -> Any:
    with time_machine.travel(at, tick=False):
        made.refresh_from_db()
        browser: Client = house.as_(by or house.sanna)
        return browser.post(to("followup-email", made.pk, query=query), letter_form(made, **changes))


def survey_mail(made: FollowUp) -> str:
    return Delivery.objects.get(purpose="survey.invitation", subject_id=made.response.invitation_id).message_id


def letter_mail(made: FollowUp) -> Delivery:
    letter = Letter.objects.filter(attempt__follow_up=made).latest("pk")
    return Delivery.objects.get(purpose=PURPOSE, subject_id=letter.pk)


def test_it_leaves_after_the_window_in_the_thread_and_is_an_attempt(house: Office, smtp_sink: Sink) -> None:
    made, after = asked(house), asked(house, name="Ola Nilsen")
    FollowUp.objects.filter(pk=after.pk).update(due_at=made.due_at + timedelta(minutes=1))
    answer = post(house, made, query="view=mine", subject="About the refund", body="Hello Ingrid,\r\n\r\nit is paid.")
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"task={after.pk}"), "the next one opens"
    attempt = made.attempts.get()
    assert (attempt.via, attempt.result, attempt.by) == ("email", "emailed", house.sanna)
    made.refresh_from_db()
    hours = float(made.policy.next_try_hours)
    assert made.due_at == add_working_time(house.billing.calendar(), NOW, hours)
    assert made.reached_at is None
    assert made.history.get(verb="log_attempt").sentence == "E-mailed “About the refund”."

    waiting = letter_mail(made)
    assert waiting.due_at >= seconds(10)
    assert deliver(seconds(9.9)).total == 0
    assert deliver(waiting.due_at).sent == 1
    (sent,) = smtp_sink.to(made.customer.email)
    message = sent.message
    assert message["Subject"] == "About the refund"
    assert str(message["From"]) == '"Sanna Berg (Tidewell)" <support@tidewell.example>'
    assert message["Message-ID"] == waiting.message_id
    assert message["In-Reply-To"] == message["References"] == survey_mail(made)
    assert message["Auto-Submitted"] == "no"
    assert message["Content-Language"] == "en"
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text.startswith("Hello Ingrid,\n\nit is paid.\n\n-- \nYou get this e-mail because")
    assert "<p>Hello Ingrid,</p>" in message.get_body(("html",)).get_content()
    assert attempt.letter.state == "sent"
    assert deliver(seconds(3600)).total == 0


def test_a_second_one_goes_on_in_the_same_thread(house: Office, smtp_sink: Sink) -> None:
    made = asked(house)
    other = asked(house, name="Ola Nilsen")
    for which, at in ((made, 0), (other, 1), (made, 3600)):
        post(house, which, at=seconds(at))
        deliver(seconds(at + 12))
    first, second = smtp_sink.to(made.customer.email)
    assert second.message["In-Reply-To"] == first.message_id
    assert second.message["References"].split() == [survey_mail(made), first.message_id]
    assert smtp_sink.to(other.customer.email)[0].message["In-Reply-To"] == survey_mail(other)


def test_an_answer_that_no_mail_asked_for_begins_a_thread(house: Office, smtp_sink: Sink) -> None:
    made = asked(house)
    Delivery.objects.filter(purpose="survey.invitation").update(status="cancelled")
    post(house, made)
    deliver(seconds(12))
    assert smtp_sink.accepted[0].message["In-Reply-To"] is None
    assert smtp_sink.accepted[0].message["References"] is None


# ---- taking it back -------------------------------------------------------------------------------------------
def test_taken_back_within_the_window_it_never_leaves_and_its_text_is_kept(house: Office, smtp_sink: Sink) -> None:
    made = asked(house)
    before = made.due_at
    post(house, made, subject="Too soon", body="I was not done")
    undo = to("followup-undo", made.pk, made.attempts.get().pk)
    with time_machine.travel(seconds(9), tick=False):
        assert house.as_(house.sanna).post(undo).status_code == 302
    made.refresh_from_db()
    assert (made.due_at, made.attempts_made, made.attempts.get().undone_at) == (before, 0, seconds(9))
    assert deliver(seconds(3600)).total == 0
    assert smtp_sink.accepted == []
    assert letter_mail(made).status == "cancelled"
    with time_machine.travel(seconds(30), tick=False):
        page = house.as_(house.sanna).get(to("followup-email", made.pk))
        assert page.context["form"]["subject"].value() == "Too soon"
        assert page.context["form"]["body"].value() == "I was not done"
        fresh = house.as_(house.sanna).get(page.context["fresh"])
        assert "What happened from your side" in fresh.context["form"]["body"].value()


def test_what_has_left_cannot_be_taken_back(house: Office, smtp_sink: Sink) -> None:
    made = asked(house)
    post(house, made)
    attempt = made.attempts.get()
    with time_machine.travel(seconds(5), tick=False):
        assert "Take back “E-mailed”" in house.as_(house.sanna).get(to("followup", made.pk)).content.decode()
    deliver(seconds(12))
    with time_machine.travel(seconds(13), tick=False):
        assert "Take back “E-mailed”" not in house.as_(house.sanna).get(to("followup", made.pk)).content.decode()
    with pytest.raises(Conflict, match="has left already"):
        reaching_out.undo_attempt(attempt=attempt, by=house.sanna, at=seconds(13))
    attempt.refresh_from_db()
    made.refresh_from_db()
    assert (attempt.undone_at, made.attempts_made) == (None, 1)


def test_what_may_have_left_cannot_be_taken_back(house: Office) -> None:
    made = asked(house)
    post(house, made)
    attempt = made.attempts.get()

    def undo() -> None:
        reaching_out.undo_attempt(attempt=attempt, by=house.sanna, at=seconds(13))

    (claimed,) = delivering.claim(at=seconds(12), limit=1)
    with pytest.raises(Conflict):
        undo()
    delivering.write_verdict(claimed, Verdict(VerdictKind.LOST, "connection lost"), seconds(13))
    assert letter_mail(made).status == "queued"
    with pytest.raises(Conflict):
        undo()
    (again,) = delivering.claim(at=seconds(14), limit=1)
    delivering.write_verdict(again, Verdict(VerdictKind.LATER, "mail server said 451"), seconds(15))
    with pytest.raises(Conflict):
        undo()
    attempt.refresh_from_db()
    assert attempt.undone_at is None


def test_undo_and_a_sender_at_the_same_moment(house: Office, smtp_sink: Sink) -> None:
    """Either it left and stands, or it was taken back and nothing left."""
    for number in range(5):
        made = asked(house, name=f"Customer {number}")
        post(house, made)
        attempt, barrier, told = made.attempts.get(), Barrier(2), []

        def send(barrier: Barrier = barrier) -> None:
            barrier.wait()
            deliver(seconds(12))
            connection.close()

        def undo(barrier: Barrier = barrier, attempt: Attempt = attempt, told: list[str] = told) -> None:
            barrier.wait()
            try:
                reaching_out.undo_attempt(attempt=attempt, by=house.sanna, at=seconds(12))
            except Conflict as error:
                told.append(error.code)
            connection.close()

        both = [Thread(target=send), Thread(target=undo)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        attempt.refresh_from_db()
        is_back, left = attempt.undone_at is not None, len(smtp_sink.to(made.customer.email))
        assert (is_back, left, told) in ((True, 0, []), (False, 1, ["sent"]))
        assert letter_mail(made).status == ("cancelled" if is_back else "sent")


# ---- pressed twice, changed meanwhile -------------------------------------------------------------------------
def test_pressed_twice_it_is_sent_once(house: Office, smtp_sink: Sink) -> None:
    made = asked(house)
    form = letter_form(made, body="One\r\ntwo")
    address = to("followup-email", made.pk)
    with time_machine.travel(NOW, tick=False):
        first, second = (house.as_(house.sanna).post(address, form, follow=True) for _ in range(2))
        other = house.as_(house.sanna).post(address, {**form, "body": "Another text"})
    assert "leaves in 10 seconds" in first.content.decode()
    assert "Sent once." in second.content.decode()
    assert other.status_code == 409
    assert "Another text" in other.content.decode()
    assert made.attempts.count() == Letter.objects.count() == 1
    deliver(seconds(12))
    assert len(smtp_sink.accepted) == 1
    with time_machine.travel(NOW, tick=False):
        assert house.as_(house.sanna).post(address, {**form, "version": ""}).status_code == 422


def test_a_change_in_between_is_shown_and_the_text_stays(house: Office) -> None:
    made = asked(house)
    form = letter_form(made, body="Typed for ten minutes")
    reaching_out.log_attempt(follow_up=made, via="phone", result="no_answer", by=house.lena, at=NOW)
    with time_machine.travel(seconds(1), tick=False):
        page = house.as_(house.sanna).post(to("followup-email", made.pk), form)
        assert page.status_code == 409
        said = page.content.decode()
        assert "Lena Berg: Logged no answer by phone." in said
        assert "Typed for ten minutes" in said
        again = {**form, "version": page.context["form"]["version"].value()}
        assert house.as_(house.sanna).post(to("followup-email", made.pk), again).status_code == 302
    assert Letter.objects.get().body == "Typed for ten minutes"


def test_nothing_is_half_written(house: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    made = asked(house)

    def broken(**facts: Any) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(enqueueing, "enqueue", broken)
    with pytest.raises(RuntimeError):
        post(house, made)
    made.refresh_from_db()
    assert made.attempts_made == made.attempts.count() == Letter.objects.count() == 0


# ---- not sent -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("refusal", "state"), [("550 no such user", "bounced"), ("", "dead")], ids=["the address", "the message"]
)
def test_what_the_server_refuses_is_said_on_the_follow_up(
    house: Office, smtp_sink: Sink, refusal: str, state: str
) -> None:
    made = asked(house)
    FollowUp.objects.filter(pk=made.pk).update(due_at=seconds(5))
    post(house, made, subject="<b>Refund</b>")
    if refusal:
        smtp_sink.refuse[made.customer.email] = refusal
    else:
        smtp_sink.refuse_data = "554 looks like spam"
    assert deliver(seconds(12)).failed == 1
    assert letter_mail(made).status == state
    letter = Letter.objects.get()
    assert letter.state == "not_sent"
    assert (refusal or "554 looks like spam") in letter.why
    entry = made.history.get(verb="letter_not_sent")
    assert entry.sentence.startswith("The e-mail “<b>Refund</b>” was not sent: mail server said 55")
    made.refresh_from_db()
    assert made.due_at == seconds(12), "the next try is due now"
    with time_machine.travel(seconds(20), tick=False):
        page = house.as_(house.sanna).get(to("followup", made.pk)).content.decode()
    assert "<b>Not sent:</b> the e-mail “&lt;b&gt;Refund&lt;/b&gt;”" in page
    assert "Take back “E-mailed”" in page
    assert ("E-mail to this address came back" in page) is bool(refusal)
    assert Suppression.objects.filter(address=made.customer.email.lower()).exists() is bool(refusal)
    assert closing.may_say_not_reached(made)[1].startswith("0 of"), "an e-mail that never left is no try"


def test_sent_after_all_is_sent(house: Office, smtp_sink: Sink) -> None:
    made = asked(house)
    post(house, made)
    smtp_sink.refuse_data = "554 looks like spam"
    deliver(seconds(12))
    smtp_sink.refuse_data = ""
    assert enqueueing.send_again(delivery=letter_mail(made), at=seconds(60))
    deliver(seconds(60))
    letter = Letter.objects.get()
    assert (letter.state, letter.why, letter.sent_at) == ("sent", "", seconds(60))
    assert closing.may_say_not_reached(made)[1].startswith("1 of")


def test_who_opts_out_meanwhile_gets_nothing(house: Office, smtp_sink: Sink) -> None:
    made = asked(house)
    post(house, made)
    opting_out.opt_out(address=made.customer.email, at=seconds(5))
    assert deliver(seconds(12)).unwanted == 1
    assert smtp_sink.accepted == []
    letter = Letter.objects.get()
    assert (letter.state, letter.why) == ("not_sent", "Ingrid asked for no more e-mail from us.")


def test_closed_within_the_window_it_still_leaves(house: Office, smtp_sink: Sink) -> None:
    made = asked(house)
    post(house, made)
    made.refresh_from_db()
    closing.close(
        follow_up=made,
        by=house.sanna,
        at=seconds(5),
        outcome="solved",
        root_cause=cause(),
        lesson_kind="nothing_new",
    )
    assert deliver(seconds(12)).sent == 1


# ---- what cannot be written -----------------------------------------------------------------------------------
@pytest.mark.parametrize("sign", LINE_BREAKS)
def test_a_subject_of_two_lines_is_refused(house: Office, smtp_sink: Sink, sign: str) -> None:
    made = asked(house)
    subject = f"Refund{sign}Bcc: everybody@example.org"
    page = post(house, made, subject=subject)
    assert page.status_code == 422
    assert "The subject is one line" in page.content.decode()
    with pytest.raises(InvalidInput) as refused:
        reaching_out.log_attempt(
            follow_up=made, via="email", result="emailed", by=house.sanna, at=NOW, mail=Written(subject, "Text")
        )
    assert refused.value.field == "subject"
    assert Letter.objects.count() == made.attempts.count() == 0
    deliver(seconds(60))
    assert smtp_sink.accepted == []


def test_a_name_with_a_line_break_cannot_add_a_header(house: Office, smtp_sink: Sink) -> None:
    made = asked(house, name="Ingrid\r\nBcc: everybody@example.org Solheim")
    type(house.sanna).objects.filter(pk=house.sanna.pk).update(
        first_name="Sanna\r\nBcc: x@example.org\r\n", last_name='Ł "Berg" <boss@example.org>'
    )
    post(house, made)
    deliver(seconds(12))
    (sent,) = smtp_sink.accepted
    assert sent.message["Bcc"] is None
    assert len(sent.message["From"].addresses) == 1
    assert sent.message["From"].addresses[0].addr_spec == "support@tidewell.example"
    assert "Ł" in sent.message["From"].addresses[0].display_name
