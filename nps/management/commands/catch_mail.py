"""The local SMTP catcher of the embedded set-up: keeps every mail in a Maildir, sends nothing on."""

import asyncio
import mailbox
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Keeper:
    """aiosmtpd's handler: one mail in, one file in the Maildir, and only then a 250."""

    def __init__(self, directory: Path) -> None:
        directory.parent.mkdir(parents=True, exist_ok=True)
        self._maildir = mailbox.Maildir(directory, factory=None, create=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        try:
            self.keep(envelope.original_content or b"", envelope.rcpt_tos)
        except OSError as error:
            return f"451 could not be kept: {_one_line(error.strerror or 'write failed')}"
        return "250 kept"

    def keep(self, content: bytes, recipients: list[str]) -> None:
        """The mail as it came, below one Delivered-To per recipient of its envelope."""
        head = "".join(f"Delivered-To: {_one_line(address)}\r\n" for address in recipients)
        self._maildir.add(head.encode() + content)


def _one_line(text: str) -> str:
    return " ".join(str(text).split())


class Command(BaseCommand):
    help = "Catch mail on a local SMTP port and keep it for the mailbox page. For the local set-up only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8025)
        parser.add_argument("--directory", type=Path, default=settings.MAILBOX_DIR or settings.VAR_DIR / "mailbox")

    def handle(self, *, port: int, directory: Path, **options: Any) -> None:
        try:
            asyncio.run(serve(port, directory))
        except OSError as error:
            raise CommandError(f"cannot listen on port {port}: {error.strerror}") from error


async def serve(port: int, directory: Path) -> None:
    """Listen on 127.0.0.1 until TERM or INT."""
    keeper = Keeper(directory)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, enable_SMTPUTF8=True, hostname="localhost", loop=loop), "127.0.0.1", port
    )
    try:
        await stopped.wait()
    finally:
        server.close()
