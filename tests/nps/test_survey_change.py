"""A change of mind: the customer's own explicit step, as long as the window is open."""

from datetime import timedelta

import pytest
import time_machine

from followups.models import FollowUp
from nps.survey.models import ResponseRevision
from nps.survey.services import answering
from tests.survey_visits import OPENED_AT, Visitor, checked, invited, nonce_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(OPENED_AT, tick=False) as moved:
        yield moved


@pytest.fixture
def ingrid() -> Visitor:
    return Visitor(invited())


def test_the_customer_changes_the_answer_explicitly(ingrid) -> None:
    ingrid.answer("9")
    page = ingrid.get(change=1, score=3)
    assert checked(page) == ["3"]
    assert "You answered 9 on 18 November" in text_of(page)
    changed = ingrid.post(score="3", change="1", nonce=nonce_in(page))
    assert (changed.status_code, changed["Location"]) == (303, ingrid.url("survey-why"))
    assert ingrid.response.score == 3
    assert ResponseRevision.objects.get().old_score == 9
    assert FollowUp.objects.get().score == 3
    # Sent twice: still one revision.
    ingrid.post(score="3", change="1", nonce=nonce_in(page))
    assert ResponseRevision.objects.count() == 1


def test_the_change_page_shows_the_answer_until_another_is_picked(ingrid) -> None:
    ingrid.answer("9")
    assert checked(ingrid.get(change=1)) == ["9"]


def test_a_change_needs_a_nonce_of_its_own(ingrid) -> None:
    nonce = nonce_in(ingrid.get())
    ingrid.post(score="9", nonce=nonce)
    refused = ingrid.post(score="1", change="1", nonce=nonce)
    assert refused.status_code == 400
    assert checked(refused) == ["1"]
    assert ingrid.response.score == 9
    wrong = ingrid.post(score="eleven", change="1", nonce=nonce_in(ingrid.get(change=1)))
    assert wrong.status_code == 422
    assert ingrid.response.score == 9


def test_a_change_without_an_answer_shows_the_question(ingrid) -> None:
    refused = ingrid.post(score="4", change="1", nonce=nonce_in(ingrid.get()))
    assert refused.status_code == 400
    assert checked(refused) == ["4"]
    assert ingrid.responses == []


@pytest.mark.parametrize("closing", ["window", "contact"])
def test_after_the_window_the_answer_is_shown_with_a_contact(ingrid, clock, closing) -> None:
    ingrid.answer("4")
    open_page = nonce_in(ingrid.get(change=1))
    if closing == "window":
        clock.shift(timedelta(hours=72))
    else:
        answering.freeze(response_id=ingrid.response.pk, at=OPENED_AT)
    for page in (ingrid.get(), ingrid.get(change=1)):
        assert "can no longer be changed" in text_of(page)
        assert "support@tidewell.example" in text_of(page)
        assert "change=1" not in page.content.decode()
    refused = ingrid.post(score="9", change="1", nonce=open_page)
    assert refused.status_code == 409
    assert ingrid.response.score == 4
