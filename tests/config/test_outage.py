"""A database that is away or hangs, seen by staff and programs: a plain page that keeps what was typed, 503 in time."""

import re
import threading
import time
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from config import outage
from nps.desk.models import Message
from tests.staff import Office, to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[OperationalError("gone"), InterfaceError("closed")])
def away(request) -> Callable[[], Any]:
    """Begins a time in which no statement is answered."""

    def refuse(*args: object) -> None:
        raise request.param

    return lambda: connection.execute_wrapper(refuse)


def staff_browser(office: Office) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(office.mara)
    return browser


def fields(html: str) -> dict[str, str]:
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    typed = re.findall(r'(?s)<textarea name="([^"]+)" rows="4">\n(.*?)</textarea>', html)
    return {name: unescape(value) for name, value in [*hidden, *typed]}


def test_a_page_says_that_the_database_is_away(office, away) -> None:
    browser = staff_browser(office)
    for address in (to("queue", query="view=mine"), to("tickets"), "/admin/", "/dashboard/", "/"):
        with away():
            page = browser.get(address)
        assert page.status_code == 503, address
        assert page["Retry-After"] == "5"
        assert "The database does not answer" in page.content.decode()
        assert f'href="{address.replace("&", "&amp;")}"' in page.content.decode()
    assert browser.get(to("queue")).status_code == 200


def test_what_was_typed_is_kept_and_can_be_sent_again(office, away) -> None:
    ticket = office.ticket(assignee=office.mara)
    browser, text = staff_browser(office), '\n<b>We found it</b> & "mended" it.'
    address = to("ticket-reply", ticket.pk)
    sent = {"reply-body": text, "reply-kind": "answer", "reply-nonce": str(uuid4()), "csrfmiddlewaretoken": "abc"}
    with away():
        page = browser.post(address, sent, headers={"referer": f"http://testserver{to('ticket', ticket.pk)}"})
    html = page.content.decode()
    assert page.status_code == 503
    assert fields(html) == sent
    assert f'action="{address}"' in html
    assert f'href="{to("ticket", ticket.pk)}" target="_blank"' in html
    assert "not certain" in html
    assert not Message.objects.filter(body=text).exists()
    assert browser.post(address, fields(html)).status_code in (200, 302, 303)
    assert Message.objects.get(ticket=ticket, kind="answer").body.strip() == text.strip()


def test_a_password_is_not_written_into_a_page(away) -> None:
    with away():
        page = Client(raise_request_exception=False).post(
            to("login"), {"username": "mara", "password": "correct horse"}
        )
    assert page.status_code == 503
    assert "correct horse" not in page.content.decode()
    assert "Go back to the form" in page.content.decode()


@pytest.mark.parametrize("referrer", ["https://evil.example/x", "http://testserver//evil.example/", ""])
def test_the_way_back_stays_in_the_house(rf, referrer) -> None:
    page = outage.away(rf.post("/tickets/1/reply/", {"a": "1"}, headers={"referer": referrer}))
    assert re.search(r'href="/(evil\.example/)?" target', page.content.decode())


def test_a_program_is_told_the_same_in_its_own_shape(away) -> None:
    with away():
        answer = Client(raise_request_exception=False).get(
            "/api/v1/teams/", headers={"Authorization": "Bearer nines_x"}
        )
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Type"] == "application/problem+json"


def test_any_other_fault_is_still_a_fault(office, monkeypatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("config.home.reader", broken)
    page = staff_browser(office).get("/")
    assert page.status_code == 500
    assert "Something broke on our side" in page.content.decode()


def test_staff_do_not_hang_and_take_no_thread_from_customers(office, settings, monkeypatch) -> None:
    settings.STAFF_DEADLINE_SECONDS = 0.5
    settings.DATABASE_DEADLINE_SECONDS = 20
    thaw = threading.Event()
    monkeypatch.setattr("config.home.reader", lambda request: thaw.wait(20))
    browser = staff_browser(office)
    try:
        began = time.monotonic()
        assert browser.get("/").status_code == 503
        assert time.monotonic() - began < 5
        began = time.monotonic()
        assert browser.get("/").status_code == 503
        assert time.monotonic() - began < 0.4, "the breaker answers at once"
        dead_link = Client().get("/s/0.nothing/")
        assert dead_link.status_code == 404, "customers have a lane of their own"
    finally:
        thaw.set()
