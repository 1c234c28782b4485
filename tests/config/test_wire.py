"""What goes over the wire as HTTP wants it: HEAD without a body, forms in UTF-8 or not at all."""

from uuid import uuid4

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from nps.desk.models import Message
from nps.survey.models import Response
from tests import factories
from tests.staff import Office, to

pytestmark = pytest.mark.django_db(transaction=True)
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("address", ["/login/", "/healthz", "/s/nothing/", "/nowhere/"])
def test_head_has_the_length_and_not_the_page(address: str) -> None:
    def ask(method: str) -> tuple[str, dict[str, str], bytes]:
        """Past the test client, which would cut the body off by itself."""
        told: dict[str, object] = {}

        def start(status: str, headers: list[tuple[str, str]], *rest: object) -> None:
            told["status"], told["headers"] = status, dict(headers)

        environ = RequestFactory(headers={"host": "127.0.0.1"}).generic(method, address).environ
        parts = WSGIHandler()(environ, start)
        body = b"".join(parts)
        parts.close()
        return told["status"], told["headers"], body  # type: ignore[return-value]

    page, look = ask("GET"), ask("HEAD")
    assert (page[0], look[0]) == (look[0], page[0])
    assert (page[2] != b"", look[2]) == (True, b"")
    assert abs(int(look[1]["Content-Length"]) - len(page[2])) <= 64, "a nonce may be longer"


@pytest.mark.parametrize("sent", [b"%ED%A0%80", b"%FF%FE", b"Caf%E9", b"caf\xe9"])
def test_a_form_that_is_no_utf_8_is_refused_and_keeps_nothing(office: Office, sent: bytes) -> None:
    browser = Client()
    browser.force_login(office.mara)
    ticket = factories.ticket(factories.customer(), office.billing, assignee=office.mara)
    before = Message.objects.count()
    refused = browser.post(
        to("ticket-reply", ticket.pk),
        f"reply-kind=answer&reply-nonce={uuid4()}&reply-body=".encode() + sent,
        content_type=FORM,
    )
    assert (refused.status_code, b"not text in UTF-8" in refused.content) == (400, True)
    assert Message.objects.count() == before
    page = browser.post("/s/nothing/why/", b"comment=" + sent, content_type=FORM)
    assert (page.status_code, page["Referrer-Policy"]) == (400, "no-referrer")
    assert not Response.objects.filter(comment__contains="\ufffd").exists()


def test_what_is_utf_8_arrives_as_it_was_written(office: Office) -> None:
    browser = Client()
    browser.force_login(office.mara)
    ticket = factories.ticket(factories.customer(), office.billing, assignee=office.mara)
    text = "Żółć 50 % – naïve + 日本 \ufffd"
    browser.post(
        to("ticket-reply", ticket.pk), {"reply-kind": "answer", "reply-body": text, "reply-nonce": str(uuid4())}
    )
    assert Message.objects.latest("pk").body == text
