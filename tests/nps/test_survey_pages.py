"""The question page: GET writes no answer, a POST with its nonce writes one, and only the customer changes it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from followups.models import FollowUp
from nps.survey.models import Click, Invitation, Response, ResponseRevision
from tests.factories import AT
from tests.survey_visits import OPENED_AT, Visitor, checked, invited, nonce_in, text_of

pytestmark = pytest.mark.django_db

NOT_SCORES = ["11", "-1", "x", "", "１０", "1_0", " 8 ", "+7", "07", "8.0", "None", "7\x00"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(OPENED_AT, tick=False) as moved:
        yield moved


@pytest.fixture
def ingrid() -> Visitor:
    return Visitor(invited())


# ---- opening --------------------------------------------------------------------------------------------------
def test_opening_the_link_stores_no_answer(ingrid) -> None:
    for _ in range(10):
        assert ingrid.get(score=7).status_code == 200
    assert ingrid.client.head(ingrid.url() + "?score=7").status_code == 200
    assert Response.objects.count() == FollowUp.objects.count() == 0


def test_opened_links_are_noted_and_looks_are_not(ingrid) -> None:
    ingrid.client.head(ingrid.url() + "?score=7")
    ingrid.get(score=7, lang="de")
    assert not Click.objects.exists()
    ingrid.get(score=7)
    ingrid.get()  # opened before: an address without a score says nothing new
    ingrid.client.get(ingrid.url() + "?score=3", headers={"user-agent": "Preview\x00Bot"})
    assert list(Click.objects.order_by("pk").values_list("score", "is_scanner", "user_agent")) == [
        (7, False, ""),
        (3, False, "PreviewBot"),
    ]
    assert Invitation.objects.get().opened_at == OPENED_AT


def test_a_first_opening_without_a_score_is_noted_once(ingrid) -> None:
    ingrid.get()
    ingrid.get(score="11")
    assert list(Click.objects.values_list("score", flat=True)) == [None]


def test_the_page_names_its_occasion_and_prefills_the_picked_number(ingrid) -> None:
    page = ingrid.get(score=7)
    said = text_of(page)
    assert checked(page) == ["7"]
    assert "“Invoice shows the wrong VAT number”, answered by Mara on 18 November" in said
    assert "You picked 7 in the e-mail. Change it if you like. Nothing is saved until you send." in said
    assert 'aria-label="0, not at all likely"' in page.content.decode()
    assert not re.search(r"detractor|passive|promoter|\bNPS\b", page.content.decode(), re.IGNORECASE)


def test_the_day_is_the_customers_own() -> None:
    # Resolved at 09:00 UTC on the 18th: for Auckland late on the 18th, for Honolulu still the 17th.
    page = Visitor(invited(time_zone="Pacific/Honolulu")).get()
    assert "on 17 November" in text_of(page)


def test_the_page_is_private_small_and_sets_no_cookie(ingrid) -> None:
    page = ingrid.get(score=7)
    assert page["Cache-Control"] == "private, no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"].startswith("noindex")
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert not page.cookies
    assert "Cookie" not in page.get("Vary", "")
    html = page.content.decode()
    assert not re.search(r"<script>|<style|style=|\son\w+=|https?://(?!www\.w3\.org)", html)
    assert len(page.content) < 8_000


def test_a_signed_in_colleague_costs_the_page_no_statement_more(ingrid, django_assert_num_queries) -> None:
    ingrid.get(score=7)
    with django_assert_num_queries(4):  # invitation, wordings; click, the scores of the last minute
        ingrid.get(score=7)
    ingrid.client.force_login(Invitation.objects.get().resolution.agent)
    with django_assert_num_queries(4):
        ingrid.get(score=7)


@pytest.mark.parametrize("score", NOT_SCORES)
def test_what_is_no_score_checks_nothing_and_is_never_stored(ingrid, score) -> None:
    page = ingrid.get(score=score)
    assert page.status_code == 200
    assert checked(page) == []
    refused = ingrid.post(score=score, nonce=nonce_in(page))
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()
    assert 'aria-describedby="error ends"' in refused.content.decode()
    assert not Response.objects.exists()
    # The page that says so still works.
    assert ingrid.post(score="4", nonce=nonce_in(refused)).status_code == 303


def test_a_missing_score_is_refused(ingrid) -> None:
    assert ingrid.post(nonce=nonce_in(ingrid.get())).status_code == 422
    assert not Response.objects.exists()


# ---- answering ------------------------------------------------------------------------------------------------
def test_sending_stores_the_answer_and_asks_why(ingrid) -> None:
    sent = ingrid.answer("8", score=7)
    assert (sent.status_code, sent["Location"]) == (303, ingrid.url("survey-why"))
    assert not sent.cookies
    response = ingrid.response
    assert (response.score, response.origin, response.language) == (8, "human", "en")
    assert (response.answered_at, response.editable_until) == (OPENED_AT, OPENED_AT + timedelta(hours=72))
    assert FollowUp.objects.get().response == response


def test_a_nine_asks_nobody_to_call(ingrid) -> None:
    ingrid.answer("9")
    assert not FollowUp.objects.exists()


def test_the_same_page_sent_twice_is_one_answer(ingrid) -> None:
    nonce = nonce_in(ingrid.get(score=6))
    assert [ingrid.post(score="6", nonce=nonce).status_code for _ in range(3)] == [303, 303, 303]
    # With another number it is no retry: what was acknowledged stands, and the page says so.
    assert ingrid.post(score="9", nonce=nonce).status_code == 409
    assert [response.score for response in ingrid.responses] == [6]


@pytest.mark.parametrize("case", ["missing", "garbage", "tampered", "expired", "other link", "other purpose"])
def test_without_a_fresh_nonce_nothing_is_saved_and_the_choice_is_kept(ingrid, clock, case) -> None:
    right = nonce_in(ingrid.get(score=5))
    other = Visitor(invited())
    other.answer("7")
    data = {
        "missing": {},
        "garbage": {"nonce": "\x00☃" * 200},
        "tampered": {"nonce": right[:-1] + ("A" if right[-1] != "A" else "B")},
        "expired": {"nonce": right},
        "other link": {"nonce": nonce_in(Visitor(invited()).get())},
        "other purpose": {"nonce": nonce_in(other.get("survey-why"))},
    }[case]
    if case == "expired":
        clock.shift(timedelta(days=8))
    refused = ingrid.post(score="5", **data)
    assert refused.status_code == 400
    assert checked(refused) == ["5"]
    assert "nothing has been saved yet" in text_of(refused)
    assert ingrid.responses == []
    assert ingrid.post(score="5", nonce=nonce_in(refused)).status_code == 303
    assert ingrid.response.score == 5


def test_json_and_files_are_no_answer(ingrid) -> None:
    refused = ingrid.client.post(ingrid.url(), '{"score": 5}', content_type="application/json")
    assert refused.status_code == 400
    assert ingrid.client.put(ingrid.url()).status_code == 405
    assert ingrid.responses == []


def test_another_page_cannot_change_an_answer_that_stands(ingrid) -> None:
    first, second = nonce_in(ingrid.get(score=7)), nonce_in(ingrid.get(score=2))
    ingrid.post(score="7", nonce=first)
    refused = ingrid.post(score="2", nonce=second)
    assert refused.status_code == 409
    assert "You answered 7 on 18 November" in text_of(refused)
    assert "nothing has been changed" in text_of(refused)
    assert ingrid.response.score == 7
    assert not ResponseRevision.objects.exists()


def test_a_late_replay_of_the_link_shows_the_answer(ingrid) -> None:
    ingrid.answer("7")
    page = ingrid.get(score=3)
    assert page.status_code == 200
    assert "You answered 7 on 18 November" in text_of(page)
    assert ingrid.response.score == 7


# ---- language -------------------------------------------------------------------------------------------------
def test_the_language_follows_the_invitation_and_can_be_changed(ingrid) -> None:
    norwegian = Visitor(invited(language="nb"))
    assert '<html lang="nb">' in norwegian.get().content.decode()
    page = ingrid.get(score=6, lang="de")
    assert '<html lang="de">' in page.content.decode()
    assert checked(page) == ["6"]
    assert 'href="?score=6&amp;lang=pl" lang="pl" hreflang="pl"' in page.content.decode()
    refused = ingrid.post(score="6", lang="de")
    assert '<html lang="de">' in refused.content.decode()
    sent = ingrid.post(score="6", lang="de", nonce=nonce_in(refused))
    assert ingrid.response.language == "de"
    assert '<html lang="de">' in ingrid.client.get(sent["Location"]).content.decode()


@pytest.mark.parametrize("asked", ["xx", "", "de\x00", "../../etc", "e" * 5000])
def test_a_language_we_do_not_speak_is_english(ingrid, asked) -> None:
    assert '<html lang="en">' in ingrid.get(lang=asked).content.decode()


def test_a_language_nobody_chose_is_stored_as_the_customers_own() -> None:
    french = Visitor(invited(language="fr"))
    french.answer("6")
    assert french.response.language == "fr"


# ---- the link no person sees ----------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "head"])
def test_the_hidden_link_marks_a_machine(ingrid, method) -> None:
    ingrid.get(score=4)
    page = getattr(ingrid.client, method)(ingrid.url("survey-hidden"))
    assert page.status_code == 200
    assert list(Click.objects.order_by("pk").values_list("is_hidden_link", "is_scanner")) == [
        (False, True),
        (True, True),
    ]
    assert ingrid.client.post(ingrid.url("survey-hidden")).status_code == 405
    assert ingrid.responses == []


def test_the_hidden_page_looks_like_the_question(ingrid) -> None:
    page = ingrid.get("survey-hidden")
    assert checked(page) == []
    assert f'action="{ingrid.url()}"' in page.content.decode()


def test_no_ticket_no_occasion() -> None:
    from nps.survey.models import Survey
    from nps.survey.services import inviting
    from tests import factories

    plain = Visitor(
        inviting.invite(survey=Survey.objects.get(), customer=factories.customer(), at=AT, via=Invitation.Via.SITE)
    )
    factories.team()
    page = plain.get(score=8)
    assert "About your request" not in text_of(page)
    assert "You picked 8. Change it if you like." in text_of(page)
    assert plain.answer("8").status_code == 303
    assert Client().get(plain.url("survey-why")).status_code == 200
