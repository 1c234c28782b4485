"""Real processes for live tests: a Celery worker and a beat on the test database, and waiting for what they do."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tests.smtp_sink import Sink

ROOT = Path(__file__).resolve().parent.parent


def wait_for(what: Callable[[], object], *, seconds: float = 15.0, about: Callable[[], object] = lambda: "") -> Any:
    """Ask `what` until it gives something true, and give that; after `seconds` fail with what `about` says."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"still nothing after {seconds:g} s\n{about()}"
        time.sleep(0.05)


@dataclass
class Process:
    """A child in its own session with its output in a file."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    popen: subprocess.Popen[bytes] | None = None

    def start(self) -> "Process":
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.popen is not None
        return self.popen.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Signal the whole session, or for TERM its leader, as supervisors do; and wait for the leader to end."""
        if self.popen is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGTERM:
                self.popen.send_signal(number)
            else:
                os.killpg(self.popen.pid, number)
        self.popen.wait(timeout=60)


@dataclass
class LiveStack:
    """The product as in production, as far as a test can hold it: pages at `url`, a worker process, a real SMTP server.
    `start_beat()` adds the clock. Pools are prefork on Redis and threads on the embedded broker."""

    url: str
    sink: Sink
    folder: Path
    worker: Process = field(init=False)
    beat: Process | None = None

    def __post_init__(self) -> None:
        pool = ["-P", "prefork", "-c", "2"] if settings.REDIS_URL else ["-P", "threads", "-c", "4"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.worker = self._celery("worker", *pool, *quiet)

    def _celery(self, name: str, *arguments: str) -> Process:
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", name, *arguments]
        return Process(name, command, self.env(), self.folder / f"{name}.log")

    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "NINES_TEST_DATABASE": str(connection.settings_dict["NAME"]),
            "NINES_NUDGES": "1",
            "NINES_STRICT_WIRES": "0",
            "PUBLIC_URL": self.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
        }

    def start_worker(self) -> None:
        before = self.worker.said().count(" ready.")
        self.worker.start()
        wait_for(
            lambda: self.worker.said().count(" ready.") > before,
            seconds=30,
            about=self.worker.said,
        )

    def start_beat(self) -> None:
        schedule = str(self.folder / "beat-schedule")
        self.beat = self._celery("beat", "--pidfile=", "--schedule", schedule).start()

    def stop(self) -> None:
        for process in (self.beat, self.worker):
            if process:
                process.kill()
