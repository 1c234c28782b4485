"""Customers with a survey link: they open it, send a number, and keep trying like the page does. And machines that
only follow links."""

import http.client
import re
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

_NONCE = re.compile(r'name="nonce" value="([^"]+)"')
_local = threading.local()


@dataclass
class Reply:
    status: int
    body: str
    location: str
    seconds: float

    @property
    def nonce(self) -> str:
        found = _NONCE.search(self.body)
        return found[1] if found else ""


@dataclass
class Browser:
    """HTTP as a browser speaks it, one keep-alive connection a thread, no cookies. `seen` holds (status, seconds)."""

    port: int
    timeout: float = 15.0
    agent: str = "Mozilla/5.0 (a person)"
    seen: list[tuple[int, float]] = field(default_factory=list)

    def get(self, path: str) -> Reply:
        return self._ask("GET", path)

    def head(self, path: str) -> Reply:
        return self._ask("HEAD", path)

    def post(self, path: str, **data: str) -> Reply:
        return self._ask("POST", path, urlencode(data))

    def _ask(self, method: str, path: str, body: str | None = None) -> Reply:
        """Status 0 where no answer came."""
        wires = _local.__dict__.setdefault("wires", {})
        wire = wires.get(self.port) or wires.setdefault(
            self.port, http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        )
        headers = {"User-Agent": self.agent}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.monotonic()
        try:
            wire.request(method, path, body, headers)
            reply = wire.getresponse()
            text = reply.read().decode("utf-8", "replace")
            answer = Reply(reply.status, text, reply.getheader("Location") or "", time.monotonic() - began)
        except (OSError, http.client.HTTPException):
            wire.close()
            wires.pop(self.port, None)
            answer = Reply(0, "", "", time.monotonic() - began)
        self.seen.append((answer.status, answer.seconds))
        return answer

    def answer(self, link: str, score: int, *, patience: float = 120.0) -> bool:
        """Open the page, send `score`, and send it again with the same nonce until it was acknowledged (303)."""
        until = time.monotonic() + patience
        nonce = ""
        while time.monotonic() < until:
            if not nonce:
                nonce = self.get(f"{link}?score={score}").nonce
            if nonce:
                status = self.post(link, score=str(score), nonce=nonce).status
                if status == 303:
                    return True
                if status not in (0, 502, 503):
                    return False
            time.sleep(0.3)
        return False
