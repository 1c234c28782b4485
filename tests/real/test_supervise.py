"""The supervisor as people run it: real gunicorn, worker, beat and mail catcher, killed and stopped."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nps.management.commands.supervise import _free_port
from tests.live import ROOT, Process, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.once]


@dataclass
class Running:
    process: Process
    port: int

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def checks(self) -> dict[str, Any]:
        return json.loads(self.get("/readyz")[1] or b"{}").get("checks", {})

    def is_ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def children(self) -> dict[str, int]:
        """Name → pid of what the supervisor started, read from the system."""
        found = {}
        for line in ps("-eww", "-o", "pid=,ppid=,args="):
            pid, parent, arguments = line.split(None, 2)
            if int(parent) == self.process.pid:
                names = {"config.wsgi": "web", "config worker": "worker", "config beat": "beat", "catch_mail": "mail"}
                found |= {name: int(pid) for mark, name in names.items() if mark in arguments}
        return found

    def left_over(self) -> list[str]:
        """Everything that still runs on this supervisor's var folder."""
        return [line for line in ps("axeww", "-o", "pid=,args=") if str(self.process.log.parent) in line]


def ps(*arguments: str) -> list[str]:
    done = subprocess.run(["ps", *arguments], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if " ps " not in f" {line} "]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """On the embedded parts, whatever this run's other tests use; no demo."""
    port = _free_port(0)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NINES_VAR_DIR": str(tmp_path / "var")}
    command = [sys.executable, "manage.py", "supervise", "--port", str(port), "--no-demo"]
    process = Process("supervise", command, env, tmp_path / "log").start()
    one = Running(process, port)
    try:
        yield one
    finally:
        if process.popen and process.popen.poll() is None:
            process.kill(signal.SIGTERM)


def test_it_starts_mends_and_stops(running: Running) -> None:
    wait_for(running.is_ready, seconds=60, about=running.process.said)
    assert f"Nines is running: http://127.0.0.1:{running.port}/" in running.process.said()
    assert set(running.children()) == {"web", "worker", "beat", "mail"}
    assert running.get("/mailbox/")[0] == 200

    before = running.children()
    os.kill(before["worker"], signal.SIGKILL)
    os.kill(before["web"], signal.SIGKILL)
    os.kill(before["beat"], signal.SIGKILL)
    wait_for(lambda: set(running.children()) == set(before) and running.is_ready(), seconds=40)
    after = running.children()
    assert after["worker"] != before["worker"]
    assert after["web"] != before["web"]
    assert after["beat"] != before["beat"]
    assert after["mail"] == before["mail"]
    assert "killed by SIGKILL" in running.process.said()

    second = subprocess.run(
        running.process.command, cwd=ROOT, env=running.process.env, capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 1
    assert "already runs from this folder" in second.stderr

    running.process.kill(signal.SIGINT)
    assert running.process.popen is not None
    assert running.process.popen.returncode == 0
    assert running.process.said().rstrip().endswith("Stopped; nothing is left running.")
    assert running.left_over() == []
    assert running.get("/healthz")[0] == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux to end children with their parent")
def test_nothing_outlives_a_killed_supervisor(running: Running) -> None:
    wait_for(lambda: set(running.children()) == {"web", "worker", "beat", "mail"}, seconds=60)
    wait_for(running.is_ready, seconds=60)
    os.kill(running.process.pid, signal.SIGKILL)
    assert running.process.popen is not None
    running.process.popen.wait(timeout=5)
    wait_for(lambda: not running.left_over(), seconds=20, about=running.left_over)


def test_a_frozen_worker_is_killed_and_replaced(running: Running) -> None:
    wait_for(running.is_ready, seconds=60)
    frozen = running.children()["worker"]
    os.kill(frozen, signal.SIGSTOP)
    began = time.monotonic()
    wait_for(lambda: running.children().get("worker", frozen) != frozen, seconds=75)
    assert time.monotonic() - began > 25, "30 s without a sign of life, not sooner"
    wait_for(running.is_ready, seconds=30)
    assert "no sign of life for 30 s; killed" in running.process.said()
