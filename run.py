#!/usr/bin/env python3
"""Start, test or measure the product on a machine with nothing but Python: makes .venv, installs the hashed pins, then
hands over. Standard library only."""

import argparse
import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NEEDED_PYTHON = (3, 11)
HOME = Path(__file__).resolve().parent
VENV = HOME / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed-pins.json"
UNFINISHED = VENV / "installing"
RUNTIME, DEV = "requirements.txt", "requirements-dev.txt"

DESCRIPTION = """\
Start Nines on this machine: pages, worker, clock and a mail catcher, on SQLite.

  python3 run.py                     start; on an empty database a demo organisation is made first
  python3 run.py test [pytest …]     run the tests on the same parts
  python3 run.py bench [options]     measure, beside baselines taken in the same run
  python3 run.py faults [options]    break things on purpose and count what was lost

DATABASE_URL, REDIS_URL and EMAIL_URL replace the embedded parts by real ones; see docs/production.md."""


class CannotGoOn(Exception):
    """Ends the run with one message for the person at the keyboard."""


def main(arguments: "list[str]") -> int:
    try:
        return dispatch(arguments)
    except CannotGoOn as problem:
        print(f"run.py: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nrun.py: interrupted", file=sys.stderr)
        return 130


def dispatch(arguments: "list[str]") -> int:
    check_python()
    # What follows these words belongs to pytest, or to the benchmarks and faults, and is not looked at here.
    word, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if word == "test":
        install(DEV)
        return run_tests(rest)
    if word in {"bench", "faults"}:
        install(DEV)
        module = {"bench": "tests.benchmarks", "faults": "tests.faults"}[word]
        hand_over(["-m", module, *rest])
        return 0
    options = parse(arguments)
    check_port(options.port)
    install(RUNTIME)
    os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{options.port}")
    hand_over(["manage.py", "supervise", "--port", str(options.port), *(["--no-demo"] if options.no_demo else [])])
    return 0


def parse(arguments: "list[str]") -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=port_number, default=8000, help="port of the pages (default: 8000)")
    parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)


# ---- what this machine offers --------------------------------------------------------------------------------
def check_python() -> None:
    if sys.version_info < NEEDED_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise CannotGoOn(f"this is Python {found}; Nines needs Python 3.11 or newer. Try: python3.11 run.py")


def check_venv_module() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotGoOn(
            "this Python comes without its venv module. On Debian and Ubuntu install the package python3-venv"
            " (sudo apt install python3-venv), then start again."
        )


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CannotGoOn(f"port {port} needs rights you do not have; choose one from 1024: --port 8000") from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            other = 8001 if port == 8000 else 8000
            raise CannotGoOn(
                f"port {port} is taken by another program (perhaps Nines runs already: http://127.0.0.1:{port}/)."
                f" Choose another: python3 run.py --port {other}"
            ) from None


# ---- the environment -----------------------------------------------------------------------------------------
def install(wanted: str) -> None:
    """Bring .venv to the pins of `wanted`; nothing to do, and no time spent, when it is there already."""
    if is_installed(wanted):
        return
    check_venv_module()
    with one_at_a_time():
        if is_installed(wanted):
            return
        if UNFINISHED.exists() or not is_usable_venv():
            make_venv()
        UNFINISHED.touch()
        pip_install(wanted)
        pins = {DEV: digest(DEV), RUNTIME: digest(RUNTIME)} if wanted == DEV else {RUNTIME: digest(RUNTIME)}
        STAMP.write_text(json.dumps(pins, indent=1) + "\n")
        UNFINISHED.unlink()


def is_installed(wanted: str) -> bool:
    if UNFINISHED.exists() or not PYTHON.exists():  # exists() follows the link: a Python that is gone counts as absent
        return False
    try:
        stamp: dict[str, Any] = json.loads(STAMP.read_text())
        return stamp[wanted] == digest(wanted)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def digest(name: str) -> str:
    try:
        return hashlib.sha256((HOME / name).read_bytes()).hexdigest()
    except FileNotFoundError:
        raise CannotGoOn(f"{name} is missing beside run.py; this copy of the project is incomplete.") from None


def is_usable_venv() -> bool:
    if not PYTHON.exists():
        return False
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    try:
        return subprocess.run([PYTHON, "-c", probe], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def make_venv() -> None:
    if VENV.exists():
        print("The environment in .venv is incomplete; making it anew.", flush=True)
        shutil.rmtree(VENV)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        raise CannotGoOn(
            "could not make the environment in .venv. If the message below speaks of ensurepip, install the package"
            f" python3-venv and start again.\n{(made.stdout + made.stderr).strip()}"
        )


def pip_install(wanted: str) -> None:
    count = sum(1 for line in (HOME / wanted).read_text().splitlines() if line[:1].isalnum())
    log = VENV / "install.log"
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check"]
    with log.open("w") as output:
        pip = subprocess.Popen(
            [*command, "-r", str(HOME / wanted)], stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        try:
            watch(pip, f"Installing {count} pinned packages into .venv, once")
        except BaseException:
            pip.terminate()
            pip.wait()
            raise
    if pip.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        raise CannotGoOn(
            f"pip could not install {wanted}. Is the network, or the package index set for pip, reachable?"
            f" The whole of what it said is in {log.relative_to(HOME)}; its last lines:\n{tail}"
        )


def watch(process: "subprocess.Popen[bytes]", sentence: str) -> None:
    """One line that counts the seconds on a terminal, and only a beginning and an end elsewhere."""
    started = time.monotonic()
    is_terminal = sys.stdout.isatty()
    print(sentence, end="" if is_terminal else " …\n", flush=True)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        seconds = time.monotonic() - started
        if is_terminal:
            print(f"\r{sentence} … {seconds:.0f} s", end="", flush=True)
        if process.returncode is not None:
            print(f"{chr(10) if is_terminal else ''}Done in {seconds:.0f} s." if not process.returncode else "")
            return


@contextlib.contextmanager
def one_at_a_time() -> Any:
    """Two starts at once must not install into one folder together: the second waits."""
    import fcntl

    with (HOME / "run.py").open() as itself:
        try:
            fcntl.flock(itself, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another start is installing; waiting for it …", flush=True)
            fcntl.flock(itself, fcntl.LOCK_EX)
        yield


# ---- handing over --------------------------------------------------------------------------------------------
def hand_over(arguments: "list[str]") -> None:
    """Become the environment's Python: signals then reach the right process. Does not return."""
    sys.stdout.flush()
    os.chdir(HOME)
    os.execv(PYTHON, [str(PYTHON), *arguments])


def run_tests(arguments: "list[str]") -> int:
    parts = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)]
    print("Testing on " + (" and ".join(parts) if parts else "SQLite and the filesystem broker"), flush=True)
    hand_over(["-m", "pytest", *side_by_side(arguments), *arguments])
    return 0


def side_by_side(arguments: "list[str]") -> "list[str]":
    """The whole suite runs in several processes; who is done takes over what another still has before it, so that none
    waits for the last long file. One more than there are processors, since some tests wait for what they started. A
    chosen part of it is quicker in one process."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    is_whole = all(argument.startswith("-") and argument != "--pdb" for argument in arguments)
    return ["-n", str(min(processors + 1, 4)), "--dist", "worksteal"] if is_whole and processors > 1 else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
