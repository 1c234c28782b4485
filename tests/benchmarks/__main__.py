"""Benchmarks, the door: `python -m tests.benchmarks [--only NAME] [--quick] [--embedded]`. Exit status 1 if a goal is
missed, 2 if something could not be measured."""

import argparse
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.servers import CannotMeasure
from tests.benchmarks.stack import Stack, standing
from tests.benchmarks.table import Figure, table

NAMES = ("intake", "resolve", "assign", "mail", "queue", "dashboard", "import")


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, _stop)
    wanted = set(options.only or NAMES)
    began = time.monotonic()
    try:
        with standing(is_quick=options.quick, is_embedded=options.embedded, say=_say) as stack:
            figures = _measure(stack, wanted)
    except CannotMeasure as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    ordered = [one for name in NAMES for key, one in figures.items() if key.partition("-")[0] == name]
    print(f"\n{table(ordered)}\n")
    print(f"{time.monotonic() - began:.0f} s in all.")
    if options.quick:
        print("A quick run shows that everything measures; it takes too few samples to judge by.")
        return 0
    return 0 if all(one.is_met for one in figures.values()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py bench", description="Measure, beside baselines taken in the same run."
    )
    parser.add_argument("--only", action="append", choices=NAMES, help="one figure; may be given several times")
    parser.add_argument("--quick", action="store_true", help="a smoke run: few samples, never fails by a goal")
    parser.add_argument("--embedded", action="store_true", help="on SQLite and the filesystem broker in any case")
    return parser.parse_args()


def _measure(stack: Stack, wanted: set[str]) -> dict[str, Figure]:
    """First what needs the worker, then what it would disturb."""
    from tests.benchmarks import assign, dashboard, imports, intake, mail, queue, resolve, world

    org = world.build()
    figures: dict[str, Figure] = {}
    with contextlib.ExitStack() as pages:
        web = pages.enter_context(stack.web()) if wanted & {"assign", "intake"} else None
        if wanted & {"resolve", "assign"}:
            with stack.worker_and_beat():
                if "resolve" in wanted:
                    _say("resolve: to the mail server …")
                    figures["resolve"] = resolve.measure(stack, org)
                if "assign" in wanted and web:
                    _say("assign: from a low score to an assignee …")
                    figures["assign"] = assign.measure(stack, org, web.port)
            list(stack.ledger.news())
        if "mail" in wanted:
            _say("mail: claim, render, send, mark …")
            figures["mail"] = mail.measure(stack, org)
        if "intake" in wanted and web:
            figures["intake"] = intake.measure(stack, org, web)
    if "queue" in wanted:
        if os.environ.get("DATABASE_URL"):
            figures |= queue.measure(stack, org)
        else:
            _say("queue: left out, its rows are made inside PostgreSQL")
    if "dashboard" in wanted:
        if os.environ.get("DATABASE_URL"):
            figures |= dashboard.measure(stack, org)
        else:
            _say("dashboard: left out, its rows are made inside PostgreSQL")
    if "import" in wanted:
        if not os.environ.get("DATABASE_URL"):
            _say("import: left out, it is measured beside PostgreSQL's COPY")
        else:
            _say("import: customers out of a CSV …")  # last: it empties the tables
            figures["import"], figures["import-save"] = imports.measure(stack)
    return figures


def _say(line: str) -> None:
    print(line, flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[2])
    sys.exit(main())
