"""The survey mail: eleven links with a number each, one question, readable without images, small."""

import re
import time
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from django.core import mail as outbox
from django.test import Client
from django.utils.html import escape

from nps.outbox.models import Delivery
from nps.outbox.services import delivering
from nps.survey import links, mails
from nps.survey.models import Click, Invitation, Survey, SurveyWording
from nps.survey.rendering import render
from nps.survey.services import inviting
from tests import factories
from tests.factories import AT
from tests.survey_visits import OPENED_AT, invited

pytestmark = pytest.mark.django_db


def loaded(invitation: Invitation) -> Invitation:
    return mails.load([invitation.pk])[invitation.pk]


def rendered(invitation: Invitation, *, is_reminder: bool = False):
    return render(loaded(invitation), is_reminder=is_reminder)


class Reader(HTMLParser):
    """Links with the text inside them, and whether something around a link is hidden from everybody."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[dict[str, str]] = []
        self._open: list[tuple[str, bool]] = []
        self._link: dict[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs) -> None:
        facts = {name: value or "" for name, value in attrs}
        hidden = "display:none" in facts.get("style", "") and facts.get("aria-hidden") == "true"
        if tag not in ("meta", "br", "img", "link"):
            self._open.append((tag, hidden))
        if tag == "a":
            is_hidden = str(any(state for _, state in self._open))
            self._link = {**facts, "text": "", "is_hidden": is_hidden}
            self.links.append(self._link)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._link is not None:
            self._link["text"] += data


# ---- the HTML part --------------------------------------------------------------------------------------------
def test_eleven_links_with_nothing_but_their_number() -> None:
    invitation = invited()
    mail = rendered(invitation)
    found = [link for link in Reader(mail.html).links if "score=" in link["href"]]
    address = links.survey_url(invitation)
    assert [link["text"] for link in found] == [str(score) for score in range(11)]
    assert [link["href"] for link in found] == [f"{address}?score={score}" for score in range(11)]
    # All alike: nothing but number, address and title differ.
    assert len({link["style"] for link in found}) == 1
    assert {link["class"] for link in found} == {"b"}


def test_the_mail_is_a_table_without_pictures_or_scripts_and_small() -> None:
    html = rendered(invited()).html
    assert html.count('role="presentation"') == html.count("<table")
    assert html.count('width="9.09%"') == 11
    assert "table-layout:fixed" in html
    assert 'bgcolor="#ffffff"' in html
    assert not re.search(r"<(img|script|link|iframe|form)\b|url\(|@import|@font-face", html)
    assert {"supported-color-schemes", "prefers-color-scheme", "data-ogsc", "data-ogsb"} <= set(
        re.findall(r"supported-color-schemes|prefers-color-scheme|data-ogsc|data-ogsb", html)
    )
    assert len(html.encode()) < 16_000
    # A line over 998 bytes would have the whole part encoded as quoted-printable.
    assert max(len(line.encode()) for line in html.splitlines()) < 900
    assert not re.search(r"detractor|passive|promoter|\bNPS\b", html, re.IGNORECASE)


def test_it_links_to_nowhere_but_us() -> None:
    html = rendered(invited()).html
    assert {link["href"].split("/s/")[0] for link in Reader(html).links} == {"http://127.0.0.1:8000"}


def test_the_trap_is_hidden_from_people_and_found_by_machines() -> None:
    invitation = invited()
    trap = next(link for link in Reader(rendered(invitation).html).links if link["href"].endswith("/more/"))
    assert (trap["is_hidden"], trap["tabindex"], trap["text"]) == ("True", "-1", "")
    with time_machine.travel(OPENED_AT, tick=False):
        assert Client().get(trap["href"].removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert Click.objects.get().is_hidden_link


def test_what_customers_and_colleagues_wrote_is_escaped() -> None:
    html = rendered(invited(name='<b>"Bobby"</b> & Co', subject="</p><script>alert(1)</script> {{ 1 }}")).html
    assert "<script>" not in html
    assert escape("</p><script>alert(1)</script> {{ 1 }}") in html
    assert escape('<b>"Bobby"</b>') in html


def test_a_long_subject_is_cut() -> None:
    mail = rendered(invited(subject="long " * 60))
    assert "long long…” on 18 November" in mail.html
    assert len(mail.html) < 16_000


# ---- the text part and the headers ----------------------------------------------------------------------------
def test_the_text_part_has_question_scale_and_one_link() -> None:
    invitation = invited()
    text = rendered(invitation).text
    assert "Hello Ingrid,\n" in text
    assert "Mara answered your request “Invoice shows the wrong VAT number” on 18 November." in text
    assert "How likely are you to recommend Tidewell to a friend or colleague?" in text
    assert "0 (not at all likely) to 10 (extremely likely)" in text
    assert re.findall(r"https?://\S+", text) == [links.survey_url(invitation), links.stop_url(invitation)]
    assert f"Stop these surveys: {links.stop_url(invitation)}\n" in text


def test_subject_and_headers() -> None:
    invitation = invited()
    mail = rendered(invitation)
    assert mail.subject == f"One question about your request {invitation.resolution.ticket_id}"
    assert mail.headers == {
        "List-Unsubscribe": f"<{links.stop_url(invitation)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_without_a_ticket_other_words() -> None:
    invitation = inviting.invite(survey=Survey.objects.get(), customer=factories.customer(), at=AT)
    mail = rendered(invitation)
    assert mail.subject == "One question from Tidewell"
    assert "request" not in mail.text
    assert "None" not in mail.text + mail.html


def test_a_reminder_says_that_it_is_one() -> None:
    invitation = invited()
    mail = rendered(invitation, is_reminder=True)
    assert mail.subject.startswith("Still one question about your request")
    assert "It is our only reminder." in mail.text
    assert "It is our only reminder." in mail.html
    assert "reminder" not in rendered(invitation).text


@pytest.mark.parametrize(
    ("language", "said", "shown"),
    [
        ("nb", "Hvor sannsynlig er det", "nb"),
        ("de-CH", "Wie wahrscheinlich ist es", "de"),
        ("pl", "21 z 10", "pl"),
        ("fr", "How likely", "en"),
        ("", "How likely", "en"),
    ],
)
def test_the_language_is_the_customers_or_english(language, said, shown) -> None:
    mail = rendered(invited(language=language))
    assert f'<html lang="{shown}"' in mail.html
    if language == "pl":
        said = "7 z 10"
    assert said in mail.html
    others = {link["hreflang"] for link in Reader(mail.html).links if "hreflang" in link}
    assert others == {"en", "de", "nb", "pl"} - {shown}


def test_the_organisations_own_question_is_asked() -> None:
    survey = Survey.objects.get()
    SurveyWording.objects.create(survey=survey, language="en", question="Would {you} recommend {organisation}?")
    SurveyWording.objects.create(survey=survey, language="de", question="")
    assert "Would {you} recommend Tidewell?" in rendered(invited()).text
    assert "Wie wahrscheinlich ist es" in rendered(invited(language="de")).text


def test_a_quiet_period_is_named() -> None:
    Survey.objects.update(quiet_days=90)
    assert "At most one survey every 90 days." in rendered(invited()).html


def test_a_first_name_nobody_gave() -> None:
    invitation = invited()
    invitation.customer.name = "  "
    invitation.customer.save()
    assert rendered(invitation).text.startswith("Hello,\n")


# ---- the hot path ---------------------------------------------------------------------------------------------
def test_rendering_asks_the_database_nothing(django_assert_num_queries) -> None:
    ids = [invited(language=code).pk for code in ("en", "de", "nb", "en")]
    with django_assert_num_queries(2):
        batch = mails.load(ids)
    with django_assert_num_queries(0):
        for invitation in batch.values():
            render(invitation, is_reminder=False)


def test_rendering_stays_in_the_budget_of_a_mail() -> None:
    """Not a timing of the machine: rendering against the making of the MIME message beside it, both on the CPU."""
    invitation = loaded(invited())

    def cpu(act) -> float:
        act()
        began = time.process_time()
        for _ in range(40):
            act()
        return time.process_time() - began

    mail = render(invitation, is_reminder=False)

    def write() -> None:
        message = outbox.EmailMultiAlternatives(mail.subject, mail.text, to=["a@b.example"], headers=mail.headers)
        message.attach_alternative(mail.html, "text/html")
        message.message().as_bytes()

    assert min(cpu(lambda: render(invitation, is_reminder=False)) / cpu(write) for _ in range(3)) < 1.5


@pytest.mark.django_db(transaction=True)
def test_it_arrives_as_a_mail(smtp_sink) -> None:
    invitation = invited(language="nb")
    delivering.deliver_due(clock=lambda: AT + timedelta(minutes=1))
    assert Delivery.objects.get(subject_id=invitation.pk).status == Delivery.Status.SENT
    message = smtp_sink.accepted[0].message
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].strip() == f"<{links.stop_url(invitation)}>"
    assert message["Subject"] == f"Ett spørsmål om henvendelse {invitation.resolution.ticket_id}"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert "Hvor sannsynlig er det" in plain.get_content()
    assert len(re.findall(r"\?score=\d+\"", html.get_content())) == 11
    assert html["Content-Transfer-Encoding"] == "8bit"
    assert len(message.as_bytes()) < 30_000
