"""The product as in production, as processes of our own: web, worker, beat."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.servers import children_of, free_port, listens, wait_until

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Product:
    """Lives in `folder`. `database_url` and `redis_url` empty: the embedded default (SQLite, filesystem broker,
    threads)."""

    folder: Path
    database_url: str
    redis_url: str
    smtp_port: int
    web_port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def env(self) -> dict[str, str]:
        chosen = {
            "NINES_VAR_DIR": str(self.folder / "var"),
            "PUBLIC_URL": self.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "WEB_BIND": f"127.0.0.1:{self.web_port}",
            "WEB_WORKERS": "2" if self.database_url else "1",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **self.extra,
        }
        if self.database_url:
            chosen["DATABASE_URL"] = self.database_url
        if self.redis_url:
            chosen["REDIS_URL"] = self.redis_url
        kept = {
            k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY"}
        }
        return {**kept, **chosen}

    def run(self, *arguments: str, ok: tuple[int, ...] = (0,), seconds: float = 300) -> str:
        """Python with `arguments` in the product's environment, to its end within `seconds`; what it printed.
        RuntimeError where its exit status is none of `ok`."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if done.returncode not in ok:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def lines(self, *arguments: str) -> Iterator[str]:
        """As `run`, each line as it is printed."""
        with tempfile.TemporaryFile("w+") as complaints:
            told = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
            assert told.stdout is not None
            try:
                yield from told.stdout
            finally:
                told.stdout.close()
                told.terminate()
                told.wait(timeout=60)
            if told.returncode not in (0, -signal.SIGTERM):
                complaints.seek(0)
                raise RuntimeError(f"{' '.join(arguments)} failed:\n{complaints.read()}")

    def start(self, *names: str) -> None:
        for name in names or ("web", "worker", "beat"):
            self._start(name)
        if not names or "web" in names:
            wait_until(lambda: listens(self.web_port), seconds=60, what="the web server listens")

    def _start(self, name: str) -> None:
        role = name.rstrip("0123456789")
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]
        pool = ["-P", "prefork", "-c", "2"] if self.redis_url else ["-P", "threads", "-c", "4"]
        commands = {
            "web": [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"],
            "worker": [*celery, "worker", *pool, "-n", f"{name}@%h", "--without-gossip", "--without-mingle"],
            "beat": [*celery, "beat", "--pidfile=", "--schedule", str(self.folder / f"{name}-schedule")],
            "sweep": [sys.executable, "manage.py", "sweep", "--loop"],
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                commands[role],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def send_signal(self, name: str, number: int, *, whole_group: bool = True) -> None:
        process = self._running[name]
        with contextlib.suppress(ProcessLookupError):
            if whole_group:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a part, with all its children, and wait for it."""
        process = self._running.pop(name, None)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            # A warm shutdown is asked of the leader only; a kill takes the group.
            if number == signal.SIGTERM:
                process.send_signal(number)
            else:
                os.killpg(process.pid, number)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)

    def children(self, name: str) -> list[int]:
        """The processes under a part's leader, such as gunicorn's workers."""
        return children_of(self._running[name].pid)

    def is_running(self, name: str) -> bool:
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def said(self, name: str) -> str:
        log = self.folder / f"{name}.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def close(self) -> None:
        for name in list(self._running):
            self.send_signal(name, signal.SIGCONT)
            self.kill(name)
