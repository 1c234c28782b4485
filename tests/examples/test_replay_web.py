"""The replay's browser and mailbox: forms as a browser sends them, survey mails as a person reads them."""

import smtplib
import socket
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from examples.replay.mailbox import Mail, Mailbox, read_mail
from examples.replay.web import Line, NoAnswer, Traffic, read_page

PAGE = """<!doctype html><form method="get" action="/search"><input name="q"></form>
<form method="post"><input type="hidden" name="nonce" value="a&amp;b">
<label><input type="radio" name="score" value="3"></label>
<input type="radio" name="score" value="4" checked><input type="checkbox" name="topic" value="late">
<textarea name="comment">
 It &lt;b&gt;broke&lt;/b&gt;</textarea><input disabled name="never" value="x"><button name="go">Send</button></form>
<a href="/s/abc/change/">Change <b>my answer</b></a>"""


def test_a_form_holds_what_a_browser_would_send_untouched() -> None:
    page = read_page("http://here.example/s/abc/", 200, PAGE)
    form = page.form_with("nonce")
    assert form is not None
    assert form.method == "post"
    assert form.fields == {"nonce": "a&b", "score": "4", "comment": " It <b>broke</b>"}
    assert form.choices == {"score": ["3", "4"], "topic": ["late"]}
    assert page.link_to("change") == "http://here.example/s/abc/change/"


def survey_mail() -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = "<1@here.example>"
    message["Subject"] = "One question about INC7"
    message["To"] = "Ingrid@Fjordvik.example"
    message["From"] = "support@here.example"
    message["List-Unsubscribe"] = "<https://here.example/s/abc/stop/>"
    message.set_content("About INC7: https://here.example/s/abc/")
    buttons = "".join(f'<a href="https://here.example/s/abc/?score={score}">{score}</a>' for score in range(11))
    message.add_alternative(
        f"<p>INC7</p>{buttons}<a href='https://here.example/s/abc/?score=11'>no</a>", subtype="html"
    )
    return message


def test_a_survey_mail_is_known_by_its_eleven_buttons() -> None:
    mail = read_mail(survey_mail().as_bytes(), "Ingrid@Fjordvik.example", datetime.now(UTC))
    assert mail.is_survey
    assert set(mail.scores) == set(range(11))
    assert mail.link == "https://here.example/s/abc/"
    assert mail.stop == "https://here.example/s/abc/stop/"
    assert mail.recipient == "ingrid@fjordvik.example"


def test_the_mailbox_keeps_what_it_accepts() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    heard: list[Mail] = []
    with Mailbox(port, heard.append) as box, smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(survey_mail())
        notice = EmailMessage()
        notice["From"], notice["To"], notice["Subject"] = "a@here.example", "mara@here.example", "Call back"
        notice.set_content("No buttons.")
        smtp.send_message(notice)
    assert [mail.is_survey for mail in box.mails] == [True, False]
    assert heard == box.mails


def test_a_server_that_is_not_there_is_a_failure_that_is_counted() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    traffic = Traffic()
    with pytest.raises(NoAnswer):
        Line(f"http://127.0.0.1:{port}", traffic).ask("GET", "/", headers={})
    assert len(traffic.failures) == 1
