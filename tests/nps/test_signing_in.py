"""A sign-in that ran out in the middle of a form: what was typed comes through, is shown, and is sent by one press."""

import re
from html import unescape

import pytest
from django.test import Client

from followups.models import HistoryEntry
from nps.desk import carrying
from tests.staff import Office, to

pytestmark = pytest.mark.django_db

TEXT = "She rings <back> at “three”.\nAsk for the warehouse."


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def test_the_text_survives_the_sign_in_and_is_sent_by_one_press(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    browser = Client(headers={"referer": f"http://testserver{to('queue')}?view=mine"})
    page = browser.post(to("followup-note", made.pk), {"note-text": TEXT})
    assert page.status_code == 401
    words = page.content.decode()
    assert "What you typed is kept" in words
    carried = hidden(words, "carried")
    wrong = browser.post(to("login"), {"username": "sanna", "password": "wrong", "carried": carried})
    assert hidden(wrong.content.decode(), "carried") == carried, "a wrong password does not lose it"
    page = browser.post(to("login"), {"username": "sanna", "password": "correct horse", "carried": carried})
    kept = page.context["carried"]
    assert (kept.address, kept.came_from) == (to("followup-note", made.pk), f"{to('queue')}?view=mine")
    assert kept.typed == [("note-text", TEXT)]
    assert "She rings &lt;back&gt; at “three”." in page.content.decode()
    assert not HistoryEntry.objects.filter(verb="note").exists(), "nothing is sent by itself"
    browser.post(kept.address, dict(kept.fields))
    assert HistoryEntry.objects.get(verb="note").sentence == TEXT


def test_what_was_not_signed_here_is_not_shown(office: Office, client: Client) -> None:
    page = client.post(to("login"), {"username": "sanna", "password": "correct horse", "carried": "x:y:z"})
    assert page.status_code == 302


def test_an_act_without_words_leads_back_to_its_page(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    browser = Client(headers={"referer": f"http://testserver{to('followup', made.pk)}"})
    page = browser.post(to("followup-claim", made.pk))
    assert page.headers["Location"] == f"{to('login')}?next={to('followup', made.pk)}"
    assert Client().post(to("followup-claim", made.pk)).headers["Location"] == f"{to('login')}?next=/"


def test_a_part_of_a_page_is_told_where_to_sign_in(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    asked = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{to('queue')}?view=mine&task={made.pk}"}
    page = Client(headers=asked).post(to("followup-note", made.pk), {"note-text": TEXT})
    assert page.status_code == 401
    assert page.headers["HX-Redirect"].startswith(f"{to('login')}?next=%2Ffollowups%2F%3Fview")
    quiet = Client(headers={**asked, "X-Background": "1"}).get(to("queue"))
    assert (quiet.status_code, "HX-Redirect" in quiet.headers) == (401, False)


def test_what_is_beyond_reason_is_not_carried(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    noise = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(200_000))
    page = Client().post(to("followup-note", made.pk), {"note-text": noise})
    assert page.status_code == 302
    assert carrying.MOST < 2_500_000 / 2, "the sign-in page itself must stay below the limit of a request"
