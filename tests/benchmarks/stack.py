"""Benchmarks: the product as in production, around rows of the run's own: web, worker and beat by the supervisor's own
commands, a mail sink, PostgreSQL and Redis where they are found."""

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import servers
from tests.benchmarks.servers import CannotMeasure, log_of, process
from tests.benchmarks.sink import Ledger

HOST = "support.bench.example"
#: what a proxy in front of production adds, and browsers send
PROXIED = ("X-Forwarded-Proto: https",)
WEB_WORKERS, WEB_THREADS = 2, 4


@dataclass(frozen=True)
class Web:
    """A web server that listens; `pid` of its first process."""

    port: int
    pid: int


@dataclass
class Stack:
    """What a figure works with. `is_quick`: a smoke run, so few samples that its figures mean little."""

    folder: Path
    is_quick: bool
    ledger: Ledger
    say: Callable[[str], None]
    database_pid: int | None = None  # None where the server is not ours
    web_port: int = field(default_factory=servers.free_port)

    @contextlib.contextmanager
    def web(self) -> Iterator[Web]:
        """The product's pages, as the supervisor starts them."""
        from nps.management import preparing

        preparing.collect_static(lambda line: None)
        with self._child("web") as child:
            servers.wait_for_port(self.web_port, child, log_of(self.folder, "web"))
            yield Web(self.web_port, child.pid)

    @contextlib.contextmanager
    def worker_and_beat(self) -> Iterator[None]:
        """Both, once a task has come all the way from beat through the broker."""
        from nps.outbox.models import Heartbeat

        Heartbeat.objects.all().delete()
        with self._child("worker"), self._child("beat"):
            deadline = time.monotonic() + 40
            while Heartbeat.objects.count() < 2:
                if time.monotonic() > deadline:
                    said = log_of(self.folder, "worker").read_text()[-2000:]
                    raise CannotMeasure(f"no sign of life of worker and beat within 40 s:\n{said}")
                time.sleep(0.1)
            yield

    def _child(self, name: str) -> "contextlib.AbstractContextManager":
        from nps.management.commands.supervise import children

        child = children(self.web_port, dict(os.environ))[name]
        return process(name, child.command, folder=self.folder, env=child.env, grace=child.grace)

    @contextlib.contextmanager
    def plain_web(self, rows: int) -> Iterator[Web]:
        """The baseline's one view under the same gunicorn, with `rows` rows to ask for."""
        made = os.spawnve(
            os.P_WAIT, sys.executable, [sys.executable, "-m", "tests.benchmarks.three", str(rows)], dict(os.environ)
        )
        if made:
            raise CannotMeasure("the tables of the baseline could not be made")
        port = servers.free_port()
        flags = ("-c", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}")
        command = [sys.executable, "-m", "gunicorn", *flags, "tests.benchmarks.three.wsgi"]
        with process("plain-web", command, folder=self.folder) as child:
            servers.wait_for_port(port, child, log_of(self.folder, "plain-web"))
            yield Web(port, child.pid)


@contextlib.contextmanager
def standing(*, is_quick: bool, is_embedded: bool, say: Callable[[str], None]) -> Iterator[Stack]:
    """Servers up, settings made, tables migrated; everything is ended and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="nines-bench-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        environment = _environment(folder)
        for name in ("DATABASE_URL", "REDIS_URL"):
            environment[name] = ""
        database_pid: int | None = None
        if not is_embedded:
            environment["DATABASE_URL"], database_pid = stack.enter_context(_database(folder))
            environment["REDIS_URL"] = stack.enter_context(_broker(folder))
        ledger = folder / "ledger"
        port = servers.free_port()
        sink = [sys.executable, "-m", "tests.benchmarks.sink", str(port), str(ledger)]
        child = stack.enter_context(process("sink", sink, folder=folder))
        servers.wait_for_port(port, child, log_of(folder, "sink"))
        environment["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
        os.environ.update(environment)
        _prepare(say)
        for line in servers.versions(environment):
            say(line)
        try:
            yield Stack(folder=folder, is_quick=is_quick, ledger=Ledger(ledger), say=say, database_pid=database_pid)
        finally:
            _let_go()


def _environment(folder: Path) -> dict[str, str]:
    """Production: https, no debugging, secrets of its own."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "NINES_VAR_DIR": str(folder / "var"),
        "NINES_MAILBOX_DIR": "",
        "PUBLIC_URL": f"https://{HOST}",
        "BEHIND_PROXY": "1",
        "DEBUG": "0",
        "SECRET_KEY": os.urandom(32).hex(),
        "WEB_WORKERS": str(WEB_WORKERS),
        "WEB_THREADS": str(WEB_THREADS),
        "LOG_LEVEL": "WARNING",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
    }


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[tuple[str, int | None]]:
    if url := os.environ.get("DATABASE_URL"):
        with servers.database_on(url) as own:
            yield own, None
    elif servers.can_start_postgres():
        with servers.postgres(folder) as own:
            yield own
    else:
        yield "", None


@contextlib.contextmanager
def _broker(folder: Path) -> Iterator[str]:
    # Never a Redis that is in use: what lies in its queue is not ours to run.
    if shutil.which("redis-server"):
        with servers.redis(folder) as own:
            yield own
    else:
        yield ""


def _prepare(say: Callable[[str], None]) -> None:
    import django

    django.setup()
    from nps.management import preparing

    preparing.make_folders()
    preparing.migrate(say)


def _let_go() -> None:
    from django.db import connections

    connections.close_all()
