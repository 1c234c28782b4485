"""The mail server of the fault runs: misbehaves when told to, and writes a ledger of its own."""

import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_LINK = re.compile(rb"https?://[^/\s]+(/s/[^/\s]+/)")


@dataclass(frozen=True)
class Mail:
    """One that was accepted. `at` is time.monotonic(); `link` the path of its survey page, or empty."""

    message_id: str
    at: float
    link: str


@dataclass
class Ledger:
    """`share_refused` of all mails get a 4xx, drawn from `dice`. `drop_first`: addresses whose first mail is taken in
    whole, and its connection cut before the 250. `gone`: addresses that get a 5xx."""

    dice: random.Random = field(default_factory=random.Random)
    share_refused: float = 0.0
    drop_first: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    mails: dict[str, list[Mail]] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, str] = field(default_factory=dict)
    html: dict[str, str] = field(default_factory=dict)  # of the first mail to an address
    refused: int = 0
    cut_sessions: int = 0  # those that broke off without a QUIT: their senders were killed

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.tries[address] += 1
        if address in self.gone:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: "Server", session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.original_content or b"")
        message_id = str(message["Message-ID"]).strip()
        (address,) = envelope.rcpt_tos
        if address in self.drop_first:
            self.drop_first.discard(address)
            self.dropped[address] = message_id
            server.is_ours_to_cut = True
            assert server.transport is not None
            server.transport.abort()
            return "250 never heard"
        if self.share_refused and self.dice.random() < self.share_refused:
            self.refused += 1
            return "451 try again later"
        mail = Mail(message_id, time.monotonic(), _link(message))
        self.mails[address] = [*self.mails.get(address, ()), mail]  # other threads never see it empty
        self.html.setdefault(address, _html(message))
        return "250 OK"

    def distinct(self, address: str) -> int:
        """How many different mails, by Message-ID, came to `address`."""
        return len({mail.message_id for mail in self.mails.get(address, ())})


def _link(message: Any) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            found = _LINK.search(part.get_payload(decode=True))
            return found[1].decode() if found else ""
    return ""


def _html(message: Any) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/html":
            return part.get_payload(decode=True).decode("utf-8", "replace")
    return ""


class Server(SMTP):
    """Tells the ledger of a client that went away without a word."""

    said_quit = False
    is_ours_to_cut = False

    async def smtp_QUIT(self, arg: str) -> None:
        self.said_quit = True
        await super().smtp_QUIT(arg)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if not self.said_quit and not self.is_ours_to_cut and self.session and self.session.host_name:
            self.event_handler.cut_sessions += 1


class _Controller(Controller):
    def factory(self) -> Server:
        return Server(self.handler, **self.SMTP_kwargs)


def listen(ledger: Ledger, port: int) -> Controller:
    """On `port` of the loopback; ends with .stop()."""
    controller = _Controller(ledger, hostname="127.0.0.1", port=port)
    controller.start()
    return controller
