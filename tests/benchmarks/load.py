"""Benchmarks: a small HTTP load generator. Keep-alive connections that each send their next request the moment the last
answer is complete. A process of its own: `python -m tests.benchmarks.load PLAN`."""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode


@dataclass
class Round:
    """What one round came to: `rate` in answers per second, `latency_ms` by share, how often each status came, and for
    how many seconds it went on."""

    rate: float
    latency_ms: dict[str, float]
    statuses: dict[str, int]
    seconds: float


def get(path: str, *, host: str) -> str:
    """The bytes of one keep-alive GET, as ASCII text."""
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", "", ""])


def post(path: str, fields: dict[str, str], *, host: str, headers: Iterable[str] = ()) -> str:
    """The bytes of one keep-alive POST of a form, as ASCII text."""
    body = urlencode(fields)
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", body])


def fire(requests: Sequence[str], *, port: int, connections: int, plan: Path, seconds: float | None = None) -> Round:
    """Send each request once, in another process, none later than after `seconds`; waits for its end."""
    told = {"port": port, "connections": connections, "requests": list(requests), "seconds": seconds}
    plan.write_text(json.dumps(told))
    command = [sys.executable, "-m", "tests.benchmarks.load", str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120 + (seconds or 0), check=False)
    if done.returncode:
        raise RuntimeError(f"the load generator failed: {done.stderr[-2000:]}")
    return Round(**json.loads(done.stdout))


@dataclass
class Line:
    """One connection: what is on its way, and what has come back so far."""

    sock: socket.socket
    received: bytearray = field(default_factory=bytearray)
    sent_at: float = 0.0


class Generator:
    def __init__(self, requests: Sequence[str], port: int, seconds: float | None = None) -> None:
        self._left = [text.encode() for text in reversed(requests)]
        self._port = port
        self._seconds = seconds
        self._selector = selectors.DefaultSelector()
        self._open = 0
        self._until = float("inf")
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()

    def run(self, connections: int) -> float:
        """Seconds from the first byte sent to the last answer."""
        lines = [self._connect() for _ in range(min(connections, len(self._left)))]
        began = time.perf_counter()
        self._until = began + self._seconds if self._seconds else float("inf")
        for line in lines:
            self._send(line)
        while self._open:
            for key, _ in self._selector.select(30) or _silence():
                self._read(key.data)
        return time.perf_counter() - began

    def _connect(self) -> Line:
        sock = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = Line(sock)
        self._selector.register(sock, selectors.EVENT_READ, line)
        self._open += 1
        return line

    def _close(self, line: Line) -> None:
        self._selector.unregister(line.sock)
        line.sock.close()
        self._open -= 1

    def _send(self, line: Line) -> None:
        if not self._left or time.perf_counter() > self._until:
            self._left.clear()
            self._close(line)
            return
        line.received.clear()
        line.sent_at = time.perf_counter()
        line.sock.sendall(self._left.pop())

    def _read(self, line: Line) -> None:
        chunk = line.sock.recv(65536)
        line.received += chunk
        head, gap, body = line.received.partition(b"\r\n\r\n")
        fields = _fields(head) if gap else {}
        is_whole = bool(gap) and len(body) >= int(fields["content-length"])
        if not (is_whole or not chunk):
            return
        self.latencies.append(time.perf_counter() - line.sent_at)
        self.statuses[head[9:12].decode() if is_whole else "cut"] += 1
        if is_whole and fields.get("connection", "").lower() != "close":
            self._send(line)
        else:
            self._close(line)
            if self._left:
                self._send(self._connect())


def _fields(head: bytearray) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _silence() -> list:
    raise TimeoutError("no answer for 30 seconds")


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    generator = Generator(plan["requests"], plan["port"], plan["seconds"])
    seconds = generator.run(plan["connections"])
    ordered = sorted(generator.latencies)
    shares = {"p50": 0.5, "p99": 0.99}
    result = Round(
        rate=len(ordered) / seconds,
        latency_ms={name: 1000 * ordered[int(len(ordered) * share)] for name, share in shares.items()},
        statuses=dict(generator.statuses),
        seconds=seconds,
    )
    print(json.dumps(result.__dict__))


if __name__ == "__main__":
    main()
