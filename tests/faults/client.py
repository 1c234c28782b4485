"""Programs that drive the product over REST and try again until they are told yes. What they heard is their ledger."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

AGAIN = {0, 429, 500, 502, 503, 504}  # 0: no answer came


class GaveUp(RuntimeError):
    """The server did not say yes within the time a client is willing to wait, or said something else."""


@dataclass(frozen=True)
class Seen:
    """One request: when it began (time.monotonic()), how long it took, the status (0: no answer), whether a 503 was as
    it should be, and what was asked."""

    at: float
    seconds: float
    status: int
    is_fit: bool = True
    what: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.what} after {self.seconds:.2f} s"


class Wires:
    """One keep-alive connection a thread, which is not used again once the server may be about to end it."""

    IDLE = 3.0  # seconds; gunicorn ends one after 5

    def __init__(self, port: int, timeout: float) -> None:
        self._port, self._timeout = port, timeout
        self._local = threading.local()

    def get(self) -> http.client.HTTPConnection:
        wire, used_at = getattr(self._local, "wire", (None, 0.0))
        if wire is not None and time.monotonic() - used_at > self.IDLE:
            wire.close()
            wire = None
        return wire or http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)

    def keep(self, wire: http.client.HTTPConnection) -> None:
        self._local.wire = wire, time.monotonic()

    def drop(self, wire: http.client.HTTPConnection) -> None:
        wire.close()
        self._local.wire = None, 0.0


class Client:
    """One keep-alive connection a thread. `seen` holds every request."""

    def __init__(self, port: int, key: str, *, patience: float = 600.0, timeout: float = 20.0) -> None:
        self._key, self._patience, self._wires = key, patience, Wires(port, timeout)
        self.seen: list[Seen] = []

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The first answer that is not “try again”. Lost connections and 5xx are tried again."""
        until = time.monotonic() + self._patience
        pause = 0.1
        while True:
            status, answer = self.once(method, path, body)
            if status not in AGAIN:
                return status, answer
            if time.monotonic() > until:
                raise GaveUp(f"{method} {path}: last {status} {answer}")
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    def once(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        wire = self._wires.get()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        status, answer, is_fit = 0, None, True
        began = time.monotonic()
        try:
            wire.request(method, path, json.dumps(body) if body is not None else None, headers)
            reply = wire.getresponse()
            raw = reply.read()
            status, kind = reply.status, reply.getheader("Content-Type") or ""
            answer = json.loads(raw) if raw and "json" in kind else raw
            is_fit = status != 503 or ("problem+json" in kind and bool(reply.getheader("Retry-After")))
            self._wires.keep(wire)
        except (OSError, http.client.HTTPException):
            self._wires.drop(wire)
        self.seen.append(Seen(began, time.monotonic() - began, status, is_fit, f"{method} {path}"))
        return status, answer

    def must(self, method: str, path: str, body: Any = None, ok: Iterable[int] = (200, 201)) -> Any:
        status, answer = self.ask(method, path, body)
        if status not in tuple(ok):
            raise GaveUp(f"{method} {path}: {status} {answer}")
        return answer

    # ---- what the runs do ------------------------------------------------------------------------------------
    def open_ticket(self, number: int, team: str, agent: int) -> int:
        customer = {"external_id": f"c{number}", "name": f"Customer {number}", "email": address(number)}
        body = {"external_id": f"t{number}", "subject": f"Request {number}", "team": team, "assignee": agent}
        return int(self.must("POST", "/api/v1/tickets/", {**body, "customer": customer})["id"])

    def resolve(self, ticket: int, nth: int = 1) -> None:
        """Resolve for the `nth` time, once, although the answer to an earlier try may have been lost."""
        status, said = self.ask("POST", f"/api/v1/tickets/{ticket}/resolve/", {})
        if status == 409 and self.must("GET", f"/api/v1/tickets/{ticket}/")["resolutions_made"] == nth:
            return
        if status != 201:
            raise GaveUp(f"resolve {ticket}: {status} {said}")

    def reopen(self, ticket: int) -> None:
        status, said = self.ask("POST", f"/api/v1/tickets/{ticket}/reopen/", {"reason": "It came back."})
        if status == 409 and self.must("GET", f"/api/v1/tickets/{ticket}/")["status"] == "open":
            return
        if status not in (200, 201):
            raise GaveUp(f"reopen {ticket}: {status} {said}")

    def respond(self, body: dict[str, Any]) -> bool:
        """Take down an answer; whether it is acknowledged. One that stands already counts if it is this very one: the
        answer to an earlier try may have been lost."""
        status, said = self.ask("POST", "/api/v1/responses/", body)
        if status == 409 and isinstance(said, dict) and said.get("code") == "already_answered":
            said = self.must("GET", f"/api/v1/responses/{said['response']}/")
            return all(said[name] == body[name] for name in ("score", "comment", "origin"))
        return status == 201


def strange(seen: Iterable[Seen]) -> Counter[int]:
    """Statuses no client should ever see: 5xx but an announced 503, and no answer at all (0)."""
    return Counter(s.status for s in seen if s.status == 0 or (s.status >= 500 and (s.status != 503 or not s.is_fit)))


def address(number: int) -> str:
    return f"c{number}@customers.example"


def at_once(act: Callable[[Any], Any], items: Iterable[Any], *, threads: int = 8) -> list[Any]:
    """`act` on every item by so many threads; the first exception is raised after all have ended."""
    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(act, item) for item in items]]
