"""The product as in production, as processes of our own: web, worker, beat."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.servers import children_of, free_port, listens, wait_until

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Product:
    """`database_url` and `redis_url` empty: the embedded default (SQLite, filesystem broker, threads)."""

    database_url: str
    redis_url: str
    smtp_port: int
    web_port: int = field(default_factory=free_port)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="nines-faults-")))
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

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def prepare(self) -> None:
        for part in ("queue", "control"):
            (self.folder / "var" / "broker" / part).mkdir(parents=True, exist_ok=True)
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")

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
            "web": [
                *[sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.web_port}"],
                *["--worker-class", "gthread", "--workers", "2" if self.database_url else "1", "--threads", "8"],
                *["--log-level", "warning", "--timeout", "60"],
            ],
            "worker": [*celery, "worker", *pool, "-n", f"{name}@%h", "--without-gossip", "--without-mingle"],
            "beat": [*celery, "beat", "--pidfile=", "--schedule", str(self.folder / f"{name}-schedule")],
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

    def kill_children(self, name: str) -> None:
        """kill -9 of a part's workers; its master stays and brings new ones."""
        for pid in children_of(self._running[name].pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def said(self, name: str) -> str:
        log = self.folder / f"{name}.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def close(self) -> None:
        for name in list(self._running):
            self.send_signal(name, signal.SIGCONT)
            self.kill(name)
