"""A real SMTP server for tests, that can be told to misbehave. Keeps its own ledger of what it accepted."""

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Accepted:
    recipient: str
    message: EmailMessage

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class Sink:
    """`refuse` maps an address to the SMTP answer it gets; `drop_next` cuts that many connections before the 250;
    `pace` is how many seconds each mail takes."""

    accepted: list[Accepted] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    refuse_data: str = ""
    drop_next: int = 0
    pace: float = 0.0
    dropped: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.pace)
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        if self.drop_next:
            self.drop_next -= 1
            self.dropped.append(str(message["Message-ID"]))
            assert server.transport is not None
            server.transport.abort()
            return "250 never heard"
        if self.refuse_data:
            return self.refuse_data
        for address in envelope.rcpt_tos:
            self.accepted.append(Accepted(address, message))
        return "250 OK"

    def to(self, address: str) -> list[Accepted]:
        return [one for one in self.accepted if one.recipient == address]


def start(sink: Sink, port: int = 0) -> Controller:
    """Listen on a free port of the loopback (or on `port`); stop with .stop()."""
    import socket

    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    sink.port = port
    return controller
