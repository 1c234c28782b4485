"""One command that runs everything: pages, worker, beat and, unless EMAIL_URL names a real server, a mail catcher."""

import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from nps.management import preparing
from nps.management.processes import Child, Household

PROBE_EVERY = 5.0
WORKER_SILENT, CHAIN_SILENT, WEB_SILENT = 30.0, 120.0, 40.0  # seconds until a process counts as hung


class Command(BaseCommand):
    help = "Prepare the database and run web, worker, beat and the local mail catcher until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *, port: int, no_demo: bool, **options: Any) -> None:
        _on_stop_signals(_interrupt)
        lock = _only_one()
        env = child_env(port)
        demo = preparing.Demo(env, self._say)
        try:
            preparing.make_folders()
            preparing.migrate(self._say)
            preparing.collect_static(self._say)
            if not no_demo:
                demo.make_if_wanted()
            Supervisor(port, env, demo.told, self._say).run()
        except KeyboardInterrupt:
            self._say("Stopped.")
        finally:
            lock.close()

    def _say(self, line: str) -> None:
        print(line, flush=True)


def _on_stop_signals(handler: Any) -> None:
    signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGTERM, handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup asked to outlive the terminal
        signal.signal(signal.SIGHUP, handler)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _only_one() -> IO[str]:
    """Two supervisors on one var folder would share a queue, a schedule and a mailbox."""
    lock = (settings.VAR_DIR / "supervise.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise CommandError(
            f"Nines already runs from this folder (process {lock.read().strip() or 'unknown'}). Stop that one first,"
            " or give this one a folder of its own in NINES_VAR_DIR."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def child_env(port: int) -> dict[str, str]:
    """What the children see: this environment, the address of the pages and, by default, the local mailbox."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    env.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not settings.IS_HTTPS:
        # A container's only user is often root; on a desk that is not worth seven lines at each start.
        env.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser")
    env.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    if not env.get("EMAIL_URL"):
        env["EMAIL_URL"] = f"smtp://127.0.0.1:{_free_port(8025)}"
        env["NINES_MAILBOX_DIR"] = str(settings.VAR_DIR / "mailbox")
    return env


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CommandError("no free port for the mail catcher")


def children(port: int, env: dict[str, str]) -> dict[str, Child]:
    """The processes of this set-up by name: threads on the embedded parts, processes on the real ones."""

    def child(name: str, *command: str, grace: float = 10.0) -> Child:
        return Child(name, [sys.executable, "-m", *command], env, grace, before_start=preparing.make_folders)

    workers = env.get("WEB_WORKERS") or ("2" if env.get("DATABASE_URL") else "1")
    pool = ("-P", "prefork", "-c", "2") if settings.REDIS_URL else ("-P", "threads", "-c", "4")
    celery = ("celery", "--quiet", "-A", "config")
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    family = [
        child(
            "web",
            *("gunicorn", "-c", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}", "--workers", workers),
            "config.wsgi",
            grace=25.0,
        ),
        child("worker", *celery, "worker", *pool, *quiet, grace=60.0),
        child("beat", *celery, "beat", "--pidfile=", "--loglevel", "WARNING"),
    ]
    if env.get("NINES_MAILBOX_DIR"):
        smtp = str(urlsplit(env["EMAIL_URL"]).port)
        catcher = child("mail", "manage", "catch_mail", "--port", smtp, "--directory", env["NINES_MAILBOX_DIR"])
        family.insert(0, catcher)
    return {one.name: one for one in family}


class Supervisor:
    def __init__(self, port: int, env: dict[str, str], told: Any, say: Any) -> None:
        self.port, self.env, self.told, self.say = port, env, told, say
        self.family = children(port, env)
        self.household = Household(list(self.family.values()), say=say)
        self.host = urlsplit(env["PUBLIC_URL"]).netloc
        self.doubts: dict[tuple[str, str], int] = {}
        self.web_seen = time.monotonic()
        self.is_stopping = False

    def run(self) -> None:
        """Until INT, TERM or HUP. They only raise a flag here: an exception between fork and book-keeping would
        leave a child behind."""
        os.chdir(settings.BASE_DIR)
        _on_stop_signals(self._wish_to_stop)
        try:
            # The pages first: the eye waits for them. The others share the processor a moment later.
            self._start("web", "mail")
            has_answered = self._await_pages(3.0)
            self._start("worker", "beat")
            while not (has_answered or self.is_stopping):
                has_answered = self._await_pages(3.0)
            if has_answered:
                self._announce()
            next_probe = time.monotonic() + PROBE_EVERY
            while not self.is_stopping:
                self.household.turn(0.2)
                if time.monotonic() >= next_probe:
                    self._probe()
                    next_probe = time.monotonic() + PROBE_EVERY
        finally:
            self._stop()

    def _wish_to_stop(self, number: int, frame: object) -> None:
        self.is_stopping = True

    def _start(self, *names: str) -> None:
        for name in names:
            if name in self.family:
                self.household.start(self.family[name])

    def _stop(self) -> None:
        self.say("Stopping …")
        mail = [one for name, one in self.family.items() if name == "mail"]
        # Beat first, so that it gives the worker nothing new; the mail catcher last: the worker may have one in hand.
        self.household.stop([self.family["beat"]])
        self.household.stop([self.family["web"], self.family["worker"]])
        if mail:
            self.household.stop(mail)
        self.say("Stopped; nothing is left running.")

    # ---- is it well? -----------------------------------------------------------------------------------------
    def _await_pages(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.is_stopping:
            self.household.turn(0.05)
            if self._ask("/healthz") is not None:
                return True
        return False

    def _ask(self, path: str) -> bytes | None:
        """The body of a page of our own, whatever its status; None when there is no answer within three seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            connection.request("GET", path, headers={"Host": self.host})
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _probe(self) -> None:
        """End what hangs. Two probes in a row must say so: after a suspend every sign of life is old for a moment."""
        answer = self._ask("/readyz")
        web, worker, beat = (self.family[name] for name in ("web", "worker", "beat"))
        now = time.monotonic()
        if answer is not None or not web.is_running:
            self.web_seen = now
        is_silent = min(now - self.web_seen, web.uptime) > WEB_SILENT
        self._if_twice(is_silent, web, f"no answer from the pages for {WEB_SILENT:.0f} s", self.household.kill)
        try:
            checks = json.loads(answer or b"")["checks"]
        except (ValueError, KeyError, TypeError):
            return
        if checks.get("database", {}).get("status") != "ok":
            return  # then nobody can write a sign of life
        worker_age, chain_age = (_age(checks, name) for name in ("worker", "beat"))
        is_silent = min(worker_age, worker.uptime) > WORKER_SILENT
        self._if_twice(is_silent, worker, f"no sign of life for {WORKER_SILENT:.0f} s", self.household.kill)
        if checks.get("broker", {}).get("status") != "ok" or is_silent:
            return
        # The worker lives, the broker answers, and still no task gets through: one of the two hangs.
        is_stuck = min(chain_age, worker.uptime, beat.uptime) > CHAIN_SILENT
        for one in (worker, beat):
            self._if_twice(is_stuck, one, f"no task came through for {CHAIN_SILENT:.0f} s", self.household.renew)

    def _if_twice(self, is_hung: bool, child: Child, why: str, act: Callable[[Child, str], None]) -> None:
        doubt = (child.name, why)
        self.doubts[doubt] = self.doubts.get(doubt, 0) + 1 if is_hung else 0
        if self.doubts[doubt] >= 2:
            self.doubts[doubt] = 0
            act(child, why)

    def _announce(self) -> None:
        url = self.env["PUBLIC_URL"].rstrip("/")
        pages = [("/", "the pages"), ("/admin/", "Django admin"), ("/api/docs/", "the API")]
        if "mail" in self.family:
            pages.append(("/mailbox/", "every mail that was sent, to read and click"))
        lines = ["", f"Nines is running: {url}/", ""]
        lines += [f"  {url + path:<36} {about}" for path, about in pages]
        lines += [*self.told(), "", "Ctrl-C stops everything.", ""]
        for line in lines:
            self.say(line)


def _age(checks: dict[str, Any], name: str) -> float:
    age = checks.get(name, {}).get("age_seconds")
    return float("inf") if age is None else float(age)
