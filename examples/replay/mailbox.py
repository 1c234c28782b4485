"""The mail server that the product sends to: keeps every mail it accepted, which makes it a ledger of its own."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Mail:
    recipient: str  # lower case
    message_id: str
    subject: str
    accepted_at: datetime
    text: str
    scores: dict[int, str]  # the address behind each of its numbered buttons
    stop: str  # the address of List-Unsubscribe, or nothing

    @property
    def is_survey(self) -> bool:
        return bool(self.scores)

    @property
    def link(self) -> str:
        """What all its buttons have in common: the address without the score."""
        return next(iter(self.scores.values())).split("?")[0] if self.scores else ""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.addresses += [value for name, value in attrs if name == "href" and value]


def read_mail(raw: bytes, recipient: str, accepted_at: datetime) -> Mail:
    message = message_from_bytes(raw, policy=policy.default)
    html, text = _part(message, "html"), _part(message, "plain")
    links = _Links()
    links.feed(html)
    scores = {}
    for address in links.addresses:
        given = parse_qs(urlsplit(address).query).get("score", [])
        if given and re.fullmatch("10|[0-9]", given[0]):
            scores[int(given[0])] = address
    stop = re.search(r"<(https?://[^>]+)>", str(message["List-Unsubscribe"] or ""))
    return Mail(
        recipient=recipient.lower(),
        message_id=str(message["Message-ID"] or "").strip(),
        subject=str(message["Subject"] or ""),
        accepted_at=accepted_at,
        text=f"{text}\n{html}",
        scores=scores,
        stop=stop[1] if stop else "",
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""


class Mailbox:
    """Listens on `port`; every accepted mail is kept and then given to `on_mail`, in the server's thread."""

    def __init__(self, port: int, on_mail: Callable[[Mail], None], host: str = "127.0.0.1") -> None:
        self.mails: list[Mail] = []
        self._lock = threading.Lock()
        self._on_mail = on_mail
        self._controller = Controller(self, hostname=host, port=port)

    def __enter__(self) -> "Mailbox":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw: Any = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            mail = read_mail(raw, recipient, datetime.now(UTC))
            with self._lock:
                self.mails.append(mail)
            self._on_mail(mail)
        return "250 kept"
