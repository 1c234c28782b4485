"""Benchmarks: the mail server at the end of the wire, in a process of its own, with a ledger in a file: for each mail
the moment its last byte was in, its recipient and its Message-ID. It parses nothing, so that it costs little."""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]+>)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Arrival:
    """`at` in seconds of this machine's time.time()."""

    at: float
    recipient: str
    message_id: str


class Ledger:
    """Reads what the sink has written since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        path.touch()

    def news(self) -> Iterator[Arrival]:
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                at, recipient, message_id = line.decode().split()
                yield Arrival(float(at), recipient, message_id)

    def wait_for(self, recipient: str, *, seconds: float) -> Arrival | None:
        """The next mail to `recipient`, or None after `seconds`. Others that come meanwhile are dropped."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for one in self.news():
                if one.recipient == recipient:
                    return one
            time.sleep(0.005)
        return None


class Handler:
    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger.open("ab", buffering=0)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = _MESSAGE_ID.search(envelope.content)
        message_id = found[1].decode() if found else "-"
        for address in envelope.rcpt_tos:
            self._ledger.write(f"{time.time():.6f} {address} {message_id}\n".encode())
        return "250 OK"


def main() -> None:
    from aiosmtpd.controller import Controller

    controller = Controller(Handler(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
