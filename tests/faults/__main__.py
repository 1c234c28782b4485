"""`python -m tests.faults [--scale 0.02] [--seed N] [NAME …]`: run them, print the table, exit 1 if one falls short."""

import argparse
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable

from tests.faults import answers, mail, races
from tests.faults.servers import Missing
from tests.faults.table import Verdicts

FAULTS: dict[str, Callable[..., None]] = {
    "F1": mail.f1,
    "F2": mail.f2,
    "F3": answers.f3,
    "F4": mail.f4,
    "F5": mail.f5,
    "F6": answers.f6,
    "F7": answers.f7,
    "F8": mail.f8,
    "C1": races.c1,
    "C2": races.c2,
    "C3": races.c3,
    "C4": races.c4,
    "C5": races.c5,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="run.py faults", description="Break things for real and judge by own ledgers."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"out of {', '.join(FAULTS)}; all where none is named")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size, such as 0.02")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run's draws; printed at the start")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name.upper() not in FAULTS]
    if unknown:
        parser.error(f"no such test: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"scale {options.scale:g}, seed {seed}", flush=True)
    verdicts = Verdicts()
    # A run that is told to stop takes its servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in [n.upper() for n in options.names] or list(FAULTS):
        began = time.monotonic()
        print(f"{name} … ", end="", flush=True)
        try:
            FAULTS[name](verdicts, scale=options.scale, seed=seed)
        except Missing as missing:
            sys.exit(f"\n{missing}")
        except Exception:  # noqa: BLE001 - one broken run must not hide the others
            verdicts.expect(name, "runs to its end", traceback.format_exc().strip().splitlines()[-1], False)
            traceback.print_exc()
        print(f"{time.monotonic() - began:.0f} s", flush=True)
    print(verdicts.as_text())
    return 0 if verdicts.are_met else 1


if __name__ == "__main__":
    sys.exit(main())
