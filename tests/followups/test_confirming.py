"""“Not given by the customer”: one person asks, another decides, and until then the follow-up is not closed."""

from typing import Any

import pytest

from followups.models import Confirmation, FollowUp, Lesson
from followups.services import assigning, closing, confirming, reaching_out
from nps.desk.models import User
from nps.errors import Conflict, InvalidInput, NotAllowed
from nps.outbox.models import Delivery
from nps.survey.models import Response
from tests import factories
from tests.staff import NOW, SENTENCE, Office, cause, close_form, to

pytestmark = pytest.mark.django_db

WHY = "She never opened the mail; a colleague pressed it."


def asked(office: Office, *, by: User | None = None, **given: Any) -> Confirmation:
    made = office.follow_up(3, to=by or office.sanna, due_in=-10)
    facts = {"lesson_kind": "new", "lesson_text": SENTENCE, "note": WHY, **given}
    closing.close(follow_up=made, by=by or office.sanna, at=NOW, outcome="not_given", root_cause=cause(), **facts)
    return Confirmation.objects.select_related("follow_up__policy", "follow_up__team", "asked_by").get()


def told(purpose: str) -> set[str]:
    return set(Delivery.objects.filter(purpose=purpose).values_list("recipient", flat=True))


# ---- the verbs ------------------------------------------------------------------------------------------------
def test_asking_closes_nothing_and_teaches_nothing_and_tells_who_could_decide(office: Office) -> None:
    one = asked(office)
    follow_up = FollowUp.objects.get()
    assert (follow_up.status, follow_up.outcome, follow_up.closed_at) == ("in_progress", "", None)
    assert follow_up.due_at == follow_up.close_due_at, "there is nobody to call; the closing is what is due"
    assert not Lesson.objects.exists()
    assert told("followups.to_confirm") == {office.lena.email, office.mira.email}
    assert follow_up.history.order_by("-pk")[0].verb == "ask_second"
    assert str(one) == f"Follow-up {follow_up.pk}: waits for a second person"


def test_a_yes_closes_it_as_it_was_asked_and_keeps_the_answer(office: Office) -> None:
    confirming.confirm(confirmation=asked(office), by=office.lena, at=NOW)
    closed = FollowUp.objects.get()
    assert (closed.status, closed.outcome, closed.outcome_note) == ("closed", "not_given", WHY)
    assert (closed.closed_by, closed.confirmed_by, closed.lesson.text) == (office.sanna, office.lena, SENTENCE)
    assert closed.lesson.created_by == office.sanna
    assert Response.objects.get().score == 3
    assert "Confirmed what Sanna Berg asked." in closed.history.order_by("-pk")[0].sentence


def test_a_no_leaves_it_open_and_due_as_before_and_says_why(office: Office) -> None:
    one = asked(office)
    was_due = one.previous_due_at
    with pytest.raises(InvalidInput, match="why it stays open"):
        confirming.decline(confirmation=one, by=office.lena, at=NOW, answer="  ")
    confirming.decline(confirmation=one, by=office.lena, at=NOW, answer="She told me on the phone that she did.")
    follow_up = FollowUp.objects.get()
    assert (follow_up.status, follow_up.due_at) == ("in_progress", was_due)
    assert told("followups.declined") == {office.sanna.email}
    again = asked_again(follow_up, office)
    assert again.state == "pending", "it can be asked once more"


def asked_again(follow_up: FollowUp, office: Office) -> Confirmation:
    facts = {"outcome": "not_given", "root_cause": cause(), "lesson_kind": "nothing_new", "note": WHY}
    closing.close(follow_up=follow_up, by=office.sanna, at=NOW, **facts)
    return Confirmation.objects.order_by("-pk")[0]


@pytest.mark.parametrize("who", ["sanna", "tomas", "mara", "karl", "otto"])
@pytest.mark.parametrize("act", ["confirm", "decline"])
def test_only_a_lead_or_a_manager_decides_who_neither_asked_nor_was_rated(office: Office, who: str, act: str) -> None:
    one = asked(office)
    more = {"answer": "No."} if act == "decline" else {}
    with pytest.raises(NotAllowed):
        getattr(confirming, act)(confirmation=one, by=getattr(office, who), at=NOW, **more)
    one.refresh_from_db()
    assert one.state == "pending"


def test_a_lead_who_asked_and_a_lead_who_was_rated_do_not_decide(office: Office) -> None:
    one = asked(office, by=office.lena)
    assert told("followups.to_confirm") == {office.mira.email}
    with pytest.raises(NotAllowed, match="You asked for this yourself"):
        confirming.confirm(confirmation=one, by=office.lena, at=NOW)
    rated = factories.agent("petra", office.billing, role="Leads", is_lead=True)
    FollowUp.objects.update(rated_agent=rated)
    one.refresh_from_db()
    with pytest.raises(NotAllowed, match="the person this score was about"):
        confirming.confirm(confirmation=one, by=rated, at=NOW)


def test_where_nobody_else_could_say_yes_it_is_said_at_once(office: Office) -> None:
    User.objects.filter(pk=office.mira.pk).update(is_active=False)
    with pytest.raises(InvalidInput, match="Nobody could confirm this") as caught:
        asked(office, by=office.lena)
    assert caught.value.field == "outcome"
    assert FollowUp.objects.get().status == "assigned"


def test_deciding_twice_is_a_conflict_that_names_who_was_first(office: Office) -> None:
    one = asked(office)
    same = Confirmation.objects.select_related("follow_up", "asked_by").get()
    confirming.confirm(confirmation=one, by=office.lena, at=NOW)
    with pytest.raises(Conflict, match="confirmed by Lena Berg already"):
        confirming.decline(confirmation=same, by=office.mira, at=NOW, answer="No.")
    with pytest.raises(Conflict, match="confirmed by Lena Berg already"):
        confirming.withdraw(confirmation=same, by=office.sanna, at=NOW)


def test_asking_twice_is_a_conflict_and_another_ending_drops_the_question(office: Office) -> None:
    follow_up = asked(office).follow_up
    with pytest.raises(Conflict, match="asked already"):
        asked_again(follow_up, office)
    reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=office.sanna, at=NOW)
    facts = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "nothing_new"}
    closing.close(follow_up=follow_up, by=office.sanna, at=NOW, **facts)
    assert Confirmation.objects.get().state == "withdrawn"
    assert FollowUp.objects.get().confirmed_by is None


def test_it_is_taken_back_by_whoever_asked_or_has_it_now(office: Office) -> None:
    one = asked(office)
    with pytest.raises(NotAllowed):
        confirming.withdraw(confirmation=one, by=office.tomas, at=NOW)
    assigning.hand_over(follow_up=one.follow_up, to=office.tomas, by=office.lena, at=NOW)
    confirming.withdraw(confirmation=one, by=office.tomas, at=NOW)
    assert FollowUp.objects.get().due_at == one.previous_due_at


# ---- the pages ------------------------------------------------------------------------------------------------
def test_closing_so_says_that_it_is_not_closed_yet_and_twice_is_once(office: Office) -> None:
    made = office.follow_up(3, to=office.sanna)
    browser, sent = office.as_(office.sanna), close_form(outcome="not_given", note=WHY)
    for words in ("Not closed yet: a second person is asked", "Asked once"):
        page = browser.post(to("followup-close", made.pk), sent, follow=True)
        assert words in page.content.decode()
    assert Confirmation.objects.count() == 1
    assert "Take the question back" in page.content.decode()
    assert "Confirm and close" not in page.content.decode()


def test_the_lead_finds_it_in_the_rail_and_on_the_list_and_confirms_there(office: Office) -> None:
    follow_up = asked(office).follow_up
    for who, is_shown in ((office.lena, True), (office.mira, True), (office.sanna, False), (office.otto, False)):
        page = office.as_(who).get(to("confirmations"))
        assert (follow_up in [one.follow_up for one in page.context["mine"]]) is is_shown, who
        assert ("To confirm<span" in page.content.decode()) is is_shown, who
    assert WHY in office.as_(office.sanna).get(to("confirmations")).content.decode(), "among what she asked"
    lena = office.as_(office.lena)
    assert "Confirm and close" in lena.get(to("followup", follow_up.pk)).content.decode()
    for _ in range(2):
        answer = lena.post(to("followup-confirm", follow_up.pk), {"list": "1"})
        assert answer.headers["Location"] == to("confirmations"), "twice is harmless"
    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.confirmed_by) == ("closed", office.lena)
    late = office.as_(office.mira).post(to("followup-decline", follow_up.pk), {"decline-answer": "No."})
    assert late.status_code == 409
    assert "This was confirmed by Lena Berg already." in late.content.decode()


def test_declining_needs_words_and_keeps_the_page(office: Office) -> None:
    follow_up = asked(office).follow_up
    lena = office.as_(office.lena)
    page = lena.post(to("followup-decline", follow_up.pk), {"decline-answer": " "})
    assert page.status_code == 422
    assert 'aria-describedby="id_decline-answer_error"' in page.content.decode()
    page = lena.post(to("followup-decline", follow_up.pk), {"decline-answer": "She did."}, follow=True)
    assert "Sanna Berg is told why." in page.content.decode()
    assert "She did." in page.content.decode(), "in the history"


@pytest.mark.parametrize("name", ["followup-confirm", "followup-decline", "followup-withdraw"])
def test_who_may_not_see_it_finds_nothing_and_who_may_not_decide_is_refused(office: Office, name: str) -> None:
    follow_up = asked(office).follow_up
    sent = {"decline-answer": "No."}
    assert office.as_(office.karl).post(to(name, follow_up.pk), sent).status_code == 404
    assert office.as_(office.otto).post(to(name, follow_up.pk), sent).status_code == 403
    assert office.as_(office.lena).post(to(name, 999_999), sent).status_code == 404
    without = office.follow_up(5, to=office.sanna)
    assert office.as_(office.lena).post(to(name, without.pk), sent).status_code == 404
    if name != "followup-withdraw":
        assert office.as_(office.sanna).post(to(name, follow_up.pk), sent).status_code == 403
    else:
        assert office.as_(office.lena).post(to(name, follow_up.pk), sent).status_code == 403
        assert office.as_(office.sanna).post(to(name, follow_up.pk), sent).status_code == 302
