"""A program that drives the product over REST and retries until it is told yes. What it was told is its ledger."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

RETRY = {429, 500, 502, 503, 504}


class GaveUp(RuntimeError):
    """The server did not say yes within the time a client is willing to wait."""


class Client:
    """One keep-alive connection a thread. Statuses of 5xx that are not an announced 503 are remembered as failures."""

    def __init__(self, port: int, key: str, *, patience: float = 120.0, timeout: float = 15.0) -> None:
        self._port, self._key, self._patience, self._timeout = port, key, patience, timeout
        self._local = threading.local()
        self.slowest = 0.0
        self.unannounced: list[str] = []
        self.retries = 0

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The first answer that is not “try again”. Lost connections and 503 are tried again."""
        until = time.monotonic() + self._patience
        pause = 0.1
        while True:
            status, answer = self._once(method, path, body)
            if status and status not in RETRY:
                return status, answer
            if status and status not in (503, 429):
                self.unannounced.append(f"{status} {method} {path}")
            self.retries += 1
            if time.monotonic() > until:
                raise GaveUp(f"{method} {path}: last {status}")
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    def _once(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        wire = getattr(self._local, "wire", None)
        if wire is None:
            wire = self._local.wire = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        began = time.monotonic()
        try:
            headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            wire.request(method, path, json.dumps(body) if body is not None else None, headers)
            reply = wire.getresponse()
            raw = reply.read()
        except (OSError, http.client.HTTPException):
            wire.close()
            self._local.wire = None
            return 0, None
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)
        if raw and "json" in (reply.getheader("Content-Type") or ""):
            return reply.status, json.loads(raw)
        return reply.status, raw

    # ---- what the runs do ------------------------------------------------------------------------------------
    def open_ticket(self, number: int, team: str, agent: int) -> int:
        customer = {"external_id": f"c{number}", "name": f"Customer {number}", "email": address(number)}
        body = {"external_id": f"t{number}", "subject": f"Request {number}", "team": team, "assignee": agent}
        _, ticket = self.must("POST", "/api/v1/tickets/", {**body, "customer": customer}, ok=(200, 201))
        return int(ticket["id"])

    def resolve(self, ticket: int, nth: int) -> None:
        """Resolve for the `nth` time, once, although the answer to an earlier try may have been lost."""
        status, said = self.ask("POST", f"/api/v1/tickets/{ticket}/resolve/", {})
        if status == 409 and self.must("GET", f"/api/v1/tickets/{ticket}/")[1]["resolutions_made"] == nth:
            return
        if status != 201:
            raise GaveUp(f"resolve {ticket}: {status} {said}")

    def reopen(self, ticket: int) -> None:
        status, said = self.ask("POST", f"/api/v1/tickets/{ticket}/reopen/", {"reason": "It came back."})
        if status == 409 and self.must("GET", f"/api/v1/tickets/{ticket}/")[1]["status"] == "open":
            return
        if status not in (200, 201):
            raise GaveUp(f"reopen {ticket}: {status} {said}")

    def must(self, method: str, path: str, body: Any = None, ok: Iterable[int] = (200, 201)) -> tuple[int, Any]:
        status, answer = self.ask(method, path, body)
        if status not in tuple(ok):
            raise GaveUp(f"{method} {path}: {status} {answer}")
        return status, answer


def address(number: int) -> str:
    return f"c{number}@customers.example"


def at_once(act: Callable[[Any], Any], items: Iterable[Any], *, threads: int = 8) -> list[Any]:
    """`act` on every item by so many threads; the first exception is raised after all have ended."""
    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(act, item) for item in items]]
