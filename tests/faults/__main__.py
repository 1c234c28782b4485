"""`python -m tests.faults [--scale 0.02] [--seed N] [--table FILE] [NAME …]`: run them, print the table, exit 1 if one
falls short."""

import argparse
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.faults.bench import close_all
from tests.faults.display import Display
from tests.faults.registry import Proof, all_proofs
from tests.faults.running import Run
from tests.faults.servers import Missing
from tests.faults.table import Row, as_text, write


def main(arguments: list[str] | None = None) -> int:
    proofs = all_proofs()
    options = _options(arguments, list(proofs))
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"scale {options.scale:g}, seed {seed}", flush=True)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        rows, seconds = _run_all([(name, proofs[name]) for name in options.names], options.scale, seed)
    finally:
        close_all()
    print(f"\n{as_text(rows)}")
    if options.table:
        write(options.table, rows, scale=options.scale, seed=seed, seconds=seconds)
    return 0 if all(row.is_met for row in rows) else 1


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """A run that is told to stop takes its servers with it, at once: threads under way would first ask their fill."""
    close_all()
    print("Stopped.", file=sys.stderr, flush=True)
    os._exit(128 + number)


def _run_all(proofs: list[tuple[str, Proof]], scale: float, seed: int) -> tuple[list[Row], dict[str, float]]:
    """What was seen, and how many seconds each took; a server program that is missing ends all."""
    display = Display()
    rows: list[Row] = []
    seconds: dict[str, float] = {}
    for number, (name, proof) in enumerate(proofs, start=1):
        run = Run(name, scale, seed, display)
        display.begin(f"{name}, {number} of {len(proofs)}")
        try:
            _to_its_end(proof, run)
        except Missing as missing:
            display.end([])
            sys.exit(f"{name}: {missing}")
        seconds[name] = time.monotonic() - run.began
        rows += run.rows
        display.end([*as_text(run.rows).splitlines()[1:], f"{name} took {seconds[name]:.0f} s"])
    return rows, seconds


def _options(arguments: list[str] | None, known: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py faults", description="Break things for real and judge by own ledgers."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"out of {', '.join(known)}; all where none is named")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size, such as 0.02")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run's draws; printed at the start")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the table there too, as Markdown")
    options = parser.parse_args(arguments)
    wanted = [name.upper() for name in options.names]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        parser.error(f"no such test: {', '.join(unknown)}; there are {', '.join(known)}")
    if not 0 < options.scale <= 1:
        parser.error(f"a scale is over 0 and at most 1, not {options.scale:g}")
    options.names = wanted or known
    return options


def _to_its_end(proof: Proof, run: Run) -> None:
    """One broken run must not hide the others, and a run that judged nothing has not succeeded."""
    try:
        proof(run)
        if not run.rows:
            run.expect("judges something", "nothing", False)
    except Missing:
        raise
    except Exception:  # noqa: BLE001
        said = traceback.format_exc().strip()
        run.expect("runs to its end", said.splitlines()[-1], False)
        print(f"\n{said}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
