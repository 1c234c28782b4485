"""Every sweep that beat would ask of a worker, in this one process and with no broker at all."""

import signal
import threading
import time
from typing import Any

from celery import Celery, current_app
from celery.schedules import schedule
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connections

from nps.redacting import in_short


class Command(BaseCommand):
    help = (
        "Run the sweeps of the beat schedule here: send due mail, assign, open what is missing, escalate. Needs no"
        " broker; running beside the workers is harmless."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="Go on until SIGTERM or Ctrl-C; else once each.")
        parser.add_argument("--only", nargs="*", default=[], metavar="TASK", help="Such as outbox.deliver_due.")

    def handle(self, *args: Any, **options: Any) -> None:
        app: Celery = current_app._get_current_object()  # type: ignore[attr-defined]
        app.loader.import_default_modules()
        wanted = {
            entry["task"]: _seconds(entry["schedule"])
            for entry in app.conf.beat_schedule.values()
            if not options["only"] or entry["task"] in options["only"]
        }
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        next_at = dict.fromkeys(wanted, 0.0)
        while not stop.is_set():
            for task, every in wanted.items():
                if time.monotonic() >= next_at[task] and not stop.is_set():
                    next_at[task] = time.monotonic() + every
                    self._run(app, task)
            if not options["loop"]:
                return
            stop.wait(1.0)

    def _run(self, app: Celery, task: str) -> None:
        try:
            app.tasks[task]()
        except Error as error:  # the database is away: the next round looks again
            self.stderr.write(f"{task}: {in_short(error)}")
            connections.close_all()


def _seconds(when: Any) -> float:
    return float(when.run_every.total_seconds()) if isinstance(when, schedule) else float(when)  # type: ignore[attr-defined]
