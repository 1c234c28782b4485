"""The mailbox page: what the catcher kept can be found, read and clicked, and can do nothing by itself."""

import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path

from config.urls import urlpatterns as everything
from nps.management.commands.catch_mail import Keeper
from nps.management.commands.supervise import _free_port
from tests.live import ROOT, wait_for

urlpatterns = [path("mailbox/", include("config.mailbox")), *everything]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MAILBOX_DIR = str(tmp_path / "mailbox")
    return tmp_path / "mailbox"


def survey_mail(recipient: str = "ingrid@fjordvik.example", subject: str = "One question – Ærlig talt") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "support@tidewell.example", recipient
    mail.set_content("How likely? http://127.0.0.1:8000/s/abc/")
    mail.add_alternative(
        "<html><head><style>a{color:red}</style></head><body><script>alert(1)</script>"
        '<a href="http://127.0.0.1:8000/s/abc/?score=7">7</a></body></html>',
        subtype="html",
    )
    return mail


@pytest.fixture
def kept(folder: Path) -> Path:
    keeper = Keeper(folder)
    for mail in (survey_mail(), survey_mail("pavel@horak.example", "Another <b>one</b>")):
        keeper.keep(mail.as_bytes(), [mail["To"]])
    return folder


def first_link(client: Client, query: str = "") -> str:
    page = client.get("/mailbox/", {"q": query}).content.decode()
    return page.partition('<td><a href="')[2].partition('"')[0]


def test_it_exists_in_the_local_set_up_only(client: Client, folder: Path) -> None:
    import config.urls

    assert not any("mailbox" in str(entry.pattern) for entry in config.urls.urlpatterns)


def test_empty(client: Client, folder: Path) -> None:
    answer = client.get("/mailbox/")
    assert answer.status_code == 200
    assert b"No mail yet" in answer.content


def test_newest_first_and_escaped(client: Client, kept: Path) -> None:
    page = client.get("/mailbox/").content.decode()
    assert page.index("pavel@horak.example") < page.index("ingrid@fjordvik.example")
    assert "Another &lt;b&gt;one&lt;/b&gt;" in page
    assert "One question – Ærlig talt" in page


def test_search(client: Client, kept: Path) -> None:
    found = client.get("/mailbox/", {"q": "INGRID@"}).content.decode()
    assert "ingrid@fjordvik.example" in found
    assert "pavel" not in found
    assert "No mail matches" in client.get("/mailbox/", {"q": "nobody"}).content.decode()
    assert client.get("/mailbox/", {"page": "x"}).status_code == 200
    assert client.get("/mailbox/", {"page": "9" * 50}).status_code == 200


def test_one_mail_is_framed_without_powers(client: Client, kept: Path) -> None:
    link = first_link(client, "ingrid")
    page = client.get(link)
    assert f'<iframe title="The mail as its reader sees it" src="{link}html/"' in page.content.decode()
    framed = client.get(f"{link}html/")
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-top-navigation-by-user-activation" in policy
    assert "script" not in policy
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in framed.content.decode()
    assert "?score=7" in framed.content.decode()


def test_the_source_is_plain_text(client: Client, kept: Path) -> None:
    answer = client.get(f"{first_link(client)}source/")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content.startswith(b"Delivered-To: pavel@horak.example")


@pytest.mark.parametrize("key", ["nothing", "..", "new", "%2e%2e%2fsecret_key", "1700000000.M1P1Q1.x"])
def test_an_unknown_mail_is_not_found(client: Client, kept: Path, key: str) -> None:
    for tail in ("", "html/", "source/"):
        assert client.get(f"/mailbox/{key}/{tail}").status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00 not a mail",
        b"Subject: =?nonsense?q?=E4?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xe4",
        b"Content-Type: multipart/alternative\r\n\r\nno boundary",
        b'Subject: a\r\nTo: <<>>@@,,"\r\n\r\nx',
    ],
)
def test_broken_mail_can_still_be_opened(client: Client, folder: Path, raw: bytes) -> None:
    import mailbox

    mailbox.Maildir(folder, factory=None, create=True).add(raw or b"\n")
    assert client.get("/mailbox/").status_code == 200
    link = first_link(client)
    assert client.get(link).status_code == 200
    assert client.get(f"{link}source/").status_code == 200


def test_mail_of_the_real_world_can_be_opened(client: Client, folder: Path, shared_data: Path) -> None:
    import mailbox

    maildir = mailbox.Maildir(folder, factory=None, create=True)
    keys = [maildir.add(file.read_bytes()) for file in sorted((shared_data / "bounces").iterdir()) if file.is_file()]
    assert len(keys) > 50
    for key in keys:
        for tail in ("", "source/"):
            assert client.get(f"/mailbox/{key}/{tail}").status_code == 200
        assert client.get(f"/mailbox/{key}/html/").status_code in {200, 404}
    assert client.get("/mailbox/", {"q": "e"}).status_code == 200


@pytest.fixture
def catcher(tmp_path: Path, folder: Path) -> Iterator[int]:
    port = _free_port(0)
    command = [sys.executable, "manage.py", "catch_mail", "--port", str(port), "--directory", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield port
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0, "TERM ends it cleanly"


def test_the_real_catcher_keeps_what_it_accepts(client: Client, catcher: int, folder: Path) -> None:
    def connected() -> smtplib.SMTP | None:
        try:
            return smtplib.SMTP("127.0.0.1", catcher, timeout=5)
        except OSError:
            return None

    with wait_for(connected) as smtp:
        refused = smtp.send_message(survey_mail(), to_addrs=["a@example.org", "b@example.org"])
    assert refused == {}
    assert "a@example.org, b@example.org" in client.get("/mailbox/").content.decode()
