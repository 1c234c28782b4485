"""“Why not a 9 or 10?”: optional, on a saved answer, kept exactly as it was written."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.utils.html import escape

from nps.survey.models import Response, ResponseRevision, Survey, SurveyWording, Topic
from nps.survey.services import answering
from tests import factories
from tests.conftest import is_embedded
from tests.survey_visits import OPENED_AT, Visitor, invited, nonce_in, text_of

pytestmark = pytest.mark.django_db

#: A few strings of the kinds that break programs: always run, beside the long list of the shared data.
ROUGH = [
    "",
    " ",
    "\n\n first line empty",
    "trailing line breaks\r\n\r\n",
    "<script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    "{{ 7|add:7 }} {% now 'Y' %} {organisation} %s %(x)s ${x}",
    "'; DROP TABLE nps_response; --",
    "zażółć gęślą jaźń 田中さん שלום 𝒳 👩‍👩‍👧 e\u0301",
    "\u202eright to left\u2066 isolate \ufeff zero\u200bwidth",
    "\x01\x02\x1b[31m\x7f\x85 control",
    "a" * 10_000,
]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(OPENED_AT, tick=False) as moved:
        yield moved


@pytest.fixture
def ingrid() -> Visitor:
    visitor = Visitor(invited())
    visitor.answer("6")
    return visitor


def topics_in(page) -> list[str]:
    return re.findall(r'name="topic" value="([^"]+)"', page.content.decode())


def contacts_in(page) -> list[str]:
    return re.findall(r'name="contact" value="([^"]+)"', page.content.decode())


def tell(visitor: Visitor, **data: object):
    return visitor.post("survey-why", nonce=nonce_in(visitor.get("survey-why")), **data)


# ---- what is asked --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("score", "question"), [(0, "Why not a 9 or 10?"), (8, "Why not a 9 or 10?")])
def test_up_to_eight_the_page_asks_why_not_more(score, question) -> None:
    visitor = Visitor(invited())
    visitor.answer(str(score))
    page = visitor.get("survey-why")
    said = text_of(page)
    assert f"Thank you. Your {score} is saved." in said
    assert question in said
    assert contacts_in(page) == ["phone", "email", "no"]
    assert " checked" not in page.content.decode()
    # Free text first, then topics.
    assert said.index("Does any of this fit?") > said.index(question)
    assert "<textarea" in page.content.decode().split('name="topic"')[0]


@pytest.mark.parametrize("score", [9, 10])
def test_nine_and_ten_are_asked_what_went_well(score) -> None:
    visitor = Visitor(invited())
    visitor.answer(str(score))
    page = visitor.get("survey-why")
    assert "What did we do well?" in text_of(page)
    assert "What happens next" not in text_of(page)
    assert contacts_in(page) == topics_in(page) == []
    assert tell(visitor, comment="Mara was quick.").status_code == 303
    assert visitor.response.comment == "Mara was quick."


def test_the_page_names_no_band(ingrid) -> None:
    for page in (ingrid.get("survey-why"), ingrid.get("survey-why", done=1)):
        assert not re.search(r"detractor|passive|promoter|\bNPS\b", page.content.decode(), re.IGNORECASE)


@pytest.mark.parametrize(
    ("score", "is_key", "promise"),
    [(6, False, "within one working day"), (8, False, "within 2 working days"), (8, True, "within one working day")],
)
def test_the_promise_is_that_of_the_policy(score, is_key, promise) -> None:
    visitor = Visitor(invited(account=factories.account(is_key=is_key)))
    visitor.answer(str(score))
    assert promise in text_of(visitor.get("survey-why"))


def test_topics_come_in_an_order_of_this_answer_with_something_else_last() -> None:
    orders = []
    for _ in range(8):
        visitor = Visitor(invited())
        visitor.answer("3")
        orders.append(topics_in(visitor.get("survey-why")))
        assert topics_in(visitor.get("survey-why")) == orders[-1]
        assert orders[-1][-1] == "other"
        assert len(orders[-1]) == Topic.objects.count()
    assert len({tuple(order) for order in orders}) > 1


def test_only_ways_that_are_open_are_offered_and_the_number_is_masked() -> None:
    silent = Visitor(invited(phone=""))
    silent.answer("2")
    assert contacts_in(silent.get("survey-why")) == ["email", "no"]
    assert tell(silent, contact="phone").status_code == 422
    assert silent.response.contact_choice == ""
    heard = Visitor(invited(phone="+47 90 00 41 20"))
    heard.answer("2")
    page = heard.get("survey-why").content.decode()
    assert "•• •• 41 20" in page
    assert "the number ending in 41 20" in page
    assert "9000" not in re.sub(r"\s", "", page)


def test_before_the_score_there_is_nothing_to_explain() -> None:
    visitor = Visitor(invited())
    asked = visitor.get("survey-why")
    assert (asked.status_code, asked["Location"]) == (303, visitor.url())
    assert visitor.post("survey-why", comment="x").status_code == 303
    assert not Response.objects.exists()


def test_the_organisations_own_questions_are_asked(ingrid) -> None:
    survey = Survey.objects.get()
    SurveyWording.objects.create(survey=survey, language="en", why_low="What {would} make it a 10?")
    SurveyWording.objects.create(survey=survey, language="de", why_low="Was fehlte zur 10?")
    assert "What {would} make it a 10?" in text_of(ingrid.get("survey-why"))
    assert "Was fehlte zur 10?" in text_of(ingrid.get("survey-why", lang="de"))
    assert "Hvorfor ikke 9 eller 10?" in text_of(ingrid.get("survey-why", lang="nb"))


# ---- what is saved --------------------------------------------------------------------------------------------
def test_the_reason_is_added_to_the_same_answer(ingrid) -> None:
    sent = tell(ingrid, comment="Three people asked me.", topic=["explain-twice", "too-long"], contact="no")
    assert (sent.status_code, sent["Location"]) == (303, ingrid.url("survey-why") + "?done=1")
    response = ingrid.response
    assert (response.score, response.comment, response.contact_choice) == (6, "Three people asked me.", "no")
    assert {topic.slug for topic in response.topics.all()} == {"explain-twice", "too-long"}
    assert Response.objects.count() == 1
    thanks = text_of(ingrid.client.get(sent["Location"]))
    assert "Your 6 and what you told us are saved." in thanks
    assert "Three people asked me." in thanks
    assert "nobody will contact you" in thanks


def test_what_was_saved_is_shown_again_and_may_be_changed(ingrid) -> None:
    tell(ingrid, comment="Slow.", topic=["too-long"], contact="email")
    page = ingrid.get("survey-why").content.decode()
    assert ">\nSlow.</textarea>" in page
    assert 'value="too-long" checked' in page
    assert 'value="email" checked' in page
    tell(ingrid, comment="Slow, and twice.", topic=["explain-twice"], contact="phone")
    assert ingrid.response.comment == "Slow, and twice."
    assert [topic.slug for topic in ingrid.response.topics.all()] == ["explain-twice"]
    assert ResponseRevision.objects.get().old_comment == "Slow."


def test_skipping_saves_nothing_and_loses_nothing(ingrid) -> None:
    assert "Your 6 is saved." in text_of(ingrid.get("survey-why", done=1))
    assert tell(ingrid).status_code == 303
    assert ingrid.response.reasoned_at is None


def test_a_score_raised_to_nine_keeps_what_was_said_about_the_six(ingrid) -> None:
    tell(ingrid, comment="Slow.", topic=["too-long"], contact="phone")
    ingrid.post(score="9", change="1", nonce=nonce_in(ingrid.get(change=1)))
    tell(ingrid, comment="Slow, but in the end perfect.")
    response = ingrid.response
    assert (response.comment, response.contact_choice) == ("Slow, but in the end perfect.", "phone")
    assert [topic.slug for topic in response.topics.all()] == ["too-long"]


def test_after_the_window_a_first_reason_is_welcome_and_a_second_is_not(ingrid, clock) -> None:
    answering.freeze(response_id=ingrid.response.pk, at=OPENED_AT)
    page = ingrid.get("survey-why")
    assert tell(ingrid, comment="You called while I was typing.").status_code == 303
    late = ingrid.post("survey-why", comment="And again.", nonce=nonce_in(page))
    assert late.status_code == 409
    assert "And again.</textarea>" in late.content.decode()
    assert "can no longer be changed" in text_of(late)
    assert ingrid.response.comment == "You called while I was typing."
    shown = ingrid.get("survey-why")
    assert "You called while I was typing." in text_of(shown)
    assert "<form" not in shown.content.decode()


@pytest.mark.parametrize("nonce", ["", "x", "of the question", "expired"])
def test_without_a_fresh_nonce_the_text_is_kept_and_not_saved(ingrid, clock, nonce) -> None:
    sent = nonce_in(ingrid.get(change=1)) if nonce == "of the question" else nonce
    if nonce == "expired":
        sent = nonce_in(ingrid.get("survey-why"))
        clock.shift(timedelta(days=8))
    refused = ingrid.post("survey-why", comment="Kept <b>", topic=["other"], contact="no", nonce=sent)
    html = refused.content.decode()
    assert refused.status_code == 400
    assert "Kept &lt;b&gt;</textarea>" in html
    assert 'value="other" checked' in html
    assert 'value="no" checked' in html
    assert ingrid.response.reasoned_at is None


def test_another_language_keeps_what_was_typed_and_saves_nothing(ingrid) -> None:
    page = ingrid.post("survey-why", comment="typed", topic=["other"], switch="nb")
    html = page.content.decode()
    assert page.status_code == 200
    assert '<html lang="nb">' in html
    assert "typed</textarea>" in html
    assert 'value="other" checked' in html
    assert '<input type="hidden" name="lang" value="nb">' in html
    assert ingrid.response.reasoned_at is None


def test_an_old_form_sent_again_does_not_bring_its_words_back(ingrid) -> None:
    first, second = (nonce_in(ingrid.get("survey-why")) for _ in range(2))
    ingrid.post("survey-why", comment="Nobody called.", contact="email", nonce=first)
    ingrid.post("survey-why", comment="Never mind.", contact="no", nonce=second)
    assert ingrid.post("survey-why", comment="Nobody called.", contact="email", nonce=first).status_code == 303
    response = Response.objects.get(pk=ingrid.response.pk)
    assert (response.comment, response.contact_choice) == ("Never mind.", "no")


# ---- what cannot be taken -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"comment": "a\x00b"}, "an invisible character that cannot be stored"),
        ({"comment": "x" * 10_001}, "10 001 characters long, and 10 000 is the most"),
        ({"comment": "x" * 1_000_000}, "10 000 is the most"),
        ({"comment": "kept", "topic": ["no-such"]}, "One of the choices is not offered here"),
        ({"comment": "kept", "topic": ["\x00"]}, "One of the choices is not offered here"),
        ({"comment": "kept", "contact": "pigeon"}, "One of the choices is not offered here"),
        ({"comment": "kept", "contact": "\x00"}, "One of the choices is not offered here"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_keeps_the_text(ingrid, data, said) -> None:
    refused = tell(ingrid, **data)
    assert refused.status_code == 422
    assert said in text_of(refused)
    assert 'role="alert"' in refused.content.decode()
    assert f">\n{data['comment']}</textarea>" in refused.content.decode()
    response = ingrid.response
    assert (response.comment, response.reasoned_at) == ("", None)
    assert tell(ingrid, comment="short").status_code == 303


def goes_through_as_it_came(visitor: Visitor, text: str, nonce: str) -> None:
    sent = visitor.post("survey-why", comment=text, nonce=nonce)
    assert sent.status_code == 303, text
    assert Response.objects.get(pk=visitor.response.pk).comment == text
    assert f">\n{escape(text)}</textarea>" in visitor.get("survey-why").content.decode()


def test_rough_texts_are_stored_as_they_came_and_shown_escaped(ingrid) -> None:
    nonce = nonce_in(ingrid.get("survey-why"))
    for text in ROUGH:
        goes_through_as_it_came(ingrid, text, nonce)
        assert "<script>" not in ingrid.get("survey-why", done=1).content.decode()


def naughty(shared_data, is_thorough: bool) -> list[str]:
    """All; on PostgreSQL every fourth and the longest, unless --thorough: there each costs four times as much."""
    texts = json.loads((shared_data / "naughty" / "blns.json").read_text())
    assert len(texts) > 500
    texts = texts if is_thorough or is_embedded() else [*texts[::4], *sorted(texts, key=len)[-20:]]
    return list(dict.fromkeys(texts))  # the same words from the same page again are an old form sent twice


def test_every_naughty_string_is_stored_as_it_came(ingrid, shared_data, is_thorough) -> None:
    nonce = nonce_in(ingrid.get("survey-why"))
    texts = naughty(shared_data, is_thorough)
    for text in texts:
        goes_through_as_it_came(ingrid, text, nonce)


def test_every_naughty_string_as_a_score_or_a_nonce_is_refused(shared_data, is_thorough) -> None:
    visitor = Visitor(invited())
    nonce = nonce_in(visitor.get())
    for text in naughty(shared_data, is_thorough):
        if text in {str(score) for score in range(11)}:
            continue
        assert visitor.post(score="7", nonce=text, lang=text).status_code == 400
        assert visitor.post(score=text, nonce=nonce, lang=text).status_code == 422
    assert visitor.responses == []
