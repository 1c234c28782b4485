"""Customers with a survey link: they open it, send a number and a reason, and keep trying like the page does."""

import http.client
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from tests.faults.client import Seen, Wires

_NONCE = re.compile(r'name="nonce" value="([^"]+)"')

RELOADING = 1.0  # seconds until somebody loads again what gave no page at all
#: What the page of a failure waits between two tries: static/js/retry.js.
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 5.0, 1.5, 60.0


@dataclass
class Reply:
    status: int
    body: str = ""
    location: str = ""

    @property
    def nonce(self) -> str:
        found = _NONCE.search(self.body)
        return found[1] if found else ""

    def form(self) -> dict[str, str]:
        """Names and values of the form in the page, as a press of its button would send them."""
        reader = _FormReader()
        reader.feed(self.body)
        return reader.fields


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._in_form, self._textarea = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._in_form = True
        elif self._in_form and tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"] or ""] = given.get("value") or ""
        elif self._in_form and tag == "textarea":
            self._textarea = given["name"] or ""
            self.fields[self._textarea] = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "textarea":
            # A line break right after the tag is no part of the text.
            self.fields[self._textarea] = self.fields[self._textarea].removeprefix("\n")
            self._textarea = ""


@dataclass
class Browser:
    """HTTP as a browser speaks it, one keep-alive connection a thread. `seen` holds every request; a 503 to a POST is
    fit if its page keeps every field that was sent."""

    port: int
    timeout: float = 20.0
    agent: str = "Mozilla/5.0 (a person)"
    cookie: str = ""
    hurry: float = 1.0  # so many times shorter are the pauses
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._wires = Wires(self.port, self.timeout)

    def get(self, path: str, **headers: str) -> Reply:
        return self._ask("GET", path, headers=headers)

    def head(self, path: str) -> Reply:
        return self._ask("HEAD", path)

    def post(self, path: str, **data: str) -> Reply:
        return self._ask("POST", path, data)

    def _ask(
        self, method: str, path: str, data: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """Status 0 where no answer came."""
        wire = self._wires.get()
        headers = {"User-Agent": self.agent, **(headers or {})}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookie:
            headers["Cookie"] = self.cookie
        answer = Reply(0)
        began = time.monotonic()
        try:
            wire.request(method, path, None if data is None else urlencode(data), headers)
            reply = wire.getresponse()
            text = reply.read().decode("utf-8", "replace")
            answer = Reply(reply.status, text, reply.getheader("Location") or "")
            self._wires.keep(wire)
        except (OSError, http.client.HTTPException):
            self._wires.drop(wire)
        seconds = time.monotonic() - began
        is_fit = answer.status != 503 or data is None or data.items() <= answer.form().items()
        self.seen.append(Seen(began, seconds, answer.status, is_fit, f"{method} {path}"))
        return answer

    def answer(self, link: str, score: int, *, patience: float = 600.0) -> bool:
        """Open the page and send `score`; whether that was acknowledged (303)."""
        return self._send_from(f"{link}?score={score}", link, {"score": str(score)}, patience)

    def give_reason(self, link: str, comment: str, *, patience: float = 600.0) -> bool:
        """Say why, on the page that comes after the answer; whether that was acknowledged."""
        page = f"{link}why/"
        return self._send_from(page, page, {"comment": comment}, patience)

    def _send_from(self, page: str, path: str, typed: dict[str, str], patience: float) -> bool:
        """Send what was typed, and after a failure what its page kept, until it was acknowledged or refused."""
        until = time.monotonic() + patience
        waits = self._waits()
        form: dict[str, str] = {}
        while time.monotonic() < until:
            reply = self.post(path, **form) if form else self.get(page)
            if reply.status == 303:
                return True
            if reply.status == 200 and not form:
                form = {**typed, "nonce": reply.nonce}
                continue
            if reply.status not in (0, 502, 503):
                return False
            if reply.status == 503 and form:
                form = reply.form() or form
            time.sleep(next(waits) if reply.status == 503 else RELOADING / self.hurry)
        return False

    def _waits(self) -> Iterator[float]:
        pause = FIRST_PAUSE
        while True:
            yield pause * random.uniform(1, 1.25) / self.hurry
            pause = min(pause * GROWTH, LONGEST_PAUSE)
