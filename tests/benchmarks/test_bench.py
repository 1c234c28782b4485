"""The benchmarks themselves: that they judge rightly, send what they say, and run. No test asserts a time."""

import os
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.benchmarks.load import fire, post
from tests.benchmarks.sink import Ledger
from tests.benchmarks.table import Figure, percentile, rounded, table

ROOT = Path(__file__).resolve().parents[2]


# ---- the table -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("figure", "is_met", "goal"),
    [
        (Figure("a", "req/s", 800, 480, least_ratio=0.6), True, "ratio ≥ 0.6"),
        (Figure("a", "req/s", 800, 479, least_ratio=0.6), False, "ratio ≥ 0.6"),
        (Figure("a", "ms", 20, 30, most_ratio=1.5), True, "ratio ≤ 1.5"),
        (Figure("a", "ms", 20, 31, most_ratio=1.5), False, "ratio ≤ 1.5"),
        (Figure("b", "ms", 10, 1000, most=1000), True, "≤ 1000 ms"),
        (Figure("b", "ms", 10, 1001, most=1000), False, "≤ 1000 ms"),
    ],
)
def test_a_figure_knows_whether_its_goal_is_met(figure: Figure, is_met: bool, goal: str) -> None:
    assert figure.is_met is is_met
    assert figure.goal == goal


def test_the_table_shows_each_figure_beside_its_baseline() -> None:
    lines = table(
        [
            Figure("intake", "req/s", 1234.5, 617.25, least_ratio=0.6, notes=["a note"]),
            Figure("latency", "ms", 9.4321, 88.2, most=50),
        ]
    ).splitlines()
    assert lines[0].split() == ["figure", "baseline", "ours", "ratio", "goal", "ok"]
    assert lines[2].split() == ["intake", "1,234", "req/s", "617", "req/s", "0.50", "ratio", "≥", "0.6", "MISSED"]
    assert lines[3].split() == ["latency", "9.43", "ms", "88.2", "ms", "9.35", "≤", "50", "ms", "MISSED"]
    assert lines[-2:] == ["intake:", "  a note"]


def test_percentiles_are_samples() -> None:
    samples = list(range(1, 301))
    assert percentile(samples, 0.99) == 297
    assert percentile(samples, 0.5) == 150
    assert percentile([7], 0.99) == 7
    assert [rounded(value) for value in (0.01234, 5.678, 99.94, 100, 12345.6)] == [
        "0.0123", "5.68", "99.9", "100", "12,346",
    ]  # fmt: skip


# ---- the load generator --------------------------------------------------------------------------------------
class Counting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: Counter[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        type(self).seen[f"{self.path} {body}"] += 1
        # Every seventh answer ends its connection, as a server that is told to stop does.
        is_last = sum(type(self).seen.values()) % 7 == 0
        self.send_response(303 if "score=6" in body else 400)
        self.send_header("Content-Length", "2")
        if is_last:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


def test_the_load_generator_sends_every_request_once(tmp_path: Path) -> None:
    Counting.seen = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        port = server.server_address[1]
        requests = [post(f"/{n}/", {"score": "6" if n else "11", "nonce": "a+b"}, host="localhost") for n in range(50)]
        done = fire(requests, port=port, connections=4, plan=tmp_path / "plan.json")
    finally:
        server.shutdown()
        server.server_close()
    assert done.statuses == {"303": 49, "400": 1}
    assert len(Counting.seen) == 50
    assert set(Counting.seen.values()) == {1}
    assert Counting.seen["/7/ score=6&nonce=a%2Bb"] == 1
    assert done.rate > 0


def test_the_ledger_gives_each_mail_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger = Ledger(path)
    assert list(ledger.news()) == []
    with path.open("a") as file:
        file.write("1.5 a@example.org <1@x>\n2.5 b@example.org <2@x>\n3.5 c@exam")
    assert [one.recipient for one in ledger.news()] == ["a@example.org", "b@example.org"]
    with path.open("a") as file:
        file.write("ple.org <3@x>\n")
    (last,) = ledger.news()
    assert (last.at, last.recipient, last.message_id) == (3.5, "c@example.org", "<3@x>")


# ---- the whole -----------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_quick_run_prints_the_table_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick", "--embedded", "--only", "mail"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "machine: " in done.stdout
    assert "database: SQLite" in done.stdout
    assert "mail pipeline" in done.stdout
    assert "render + MIME + send alone" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_figure_is_refused() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--only", "everything"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "invalid choice: 'everything'" in done.stderr
