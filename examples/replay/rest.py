"""The server's REST door: JSON in, JSON out, every page of a list, and refusals as exceptions."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .web import Line, NoAnswer, Reply, Traffic

TRIES = 6


class Refused(Exception):
    """The server said no: `status` and the problem it described."""

    def __init__(self, what: str, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem, self.code = status, problem, str(problem.get("code", ""))
        pointed = "; ".join(f"{one.get('pointer')}: {one.get('detail')}" for one in problem.get("errors", []))
        super().__init__(f"{what}: {status} {problem.get('detail', '')} {pointed}".strip())


class Api:
    """Thread-safe: every thread has a connection of its own."""

    def __init__(self, url: str, key: str, traffic: Traffic) -> None:
        self._url, self._traffic = url.rstrip("/"), traffic
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._own = threading.local()

    def get(self, path: str, **query: Any) -> Any:
        asked = urlencode(query, doseq=True, quote_via=quote)
        return self._ask("GET", f"/api/v1/{path}?{asked}" if asked else f"/api/v1/{path}")

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._ask("POST", f"/api/v1/{path}", body or {})

    def every(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All rows of a list, page after page."""
        page = self.get(path, **{"page_size": 200, **query})
        while True:
            yield from page["results"]
            if not page.get("next"):
                return
            following = urlsplit(page["next"])
            page = self._ask("GET", f"{following.path}?{following.query}")

    def _ask(self, method: str, target: str, body: dict[str, Any] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({"Content-Type": "application/json"} if content is not None else {})
        for attempt in range(TRIES):
            is_last = attempt == TRIES - 1
            try:
                reply = self._line().ask(method, target, body=content, headers=headers)
            except NoAnswer:
                # What was posted may have been done: only the caller can know whether to do it again.
                if is_last or method != "GET":
                    raise
                time.sleep(0.2 * 2**attempt)
                continue
            if reply.status in (429, 503) and not is_last:
                time.sleep(min(float(reply.headers.get("retry-after") or 1), 10.0))
                continue
            return self._read(f"{method} {target}", reply)
        raise AssertionError("unreachable")

    def _read(self, what: str, reply: Reply) -> Any:
        try:
            content = json.loads(reply.body) if reply.body else None
        except ValueError:
            content = {"detail": reply.text[:200]}
        if reply.status >= 400:
            raise Refused(what, reply.status, content if isinstance(content, dict) else {"detail": str(content)})
        return content

    def _line(self) -> Line:
        if not hasattr(self._own, "line"):
            self._own.line = Line(self._url, self._traffic)
        line: Line = self._own.line
        return line
