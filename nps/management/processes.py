"""Child processes under one roof: started in their own session, their lines prefixed, restarted with back-off, stopped
TERM first and KILL after a grace. Knows nothing of what they do."""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a restart: doubles while a child keeps falling
STEADY_AFTER = 30.0  # a child that ran this long has earned the first pause again
COLOURS = ("36", "33", "35", "32", "34")


@dataclass
class Child:
    name: str
    command: list[str]
    env: dict[str, str]
    grace: float = 10.0  # seconds from TERM to KILL
    before_start: Callable[[], None] = lambda: None
    colour: str = ""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0  # time.monotonic()
    not_before: float = 0.0
    pause: float = FIRST_PAUSE
    restarts: int = 0
    unfinished_line: bytes = field(default=b"", repr=False)

    @property
    def is_running(self) -> bool:
        return self.process is not None

    @property
    def uptime(self) -> float:
        """Seconds since this run of the child began; 0 when it is down."""
        return time.monotonic() - self.started if self.process else 0.0

    def ask_to_stop(self) -> None:
        """TERM to the process itself, which asks its own children: a sender that were told, too, would drop the mail
        it has in hand."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)

    def signal(self, number: int) -> None:
        """To the process and all it started."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class Household:
    """Starts children, passes on what they print, and keeps them running until told to stop."""

    def __init__(self, children: list[Child], *, say: Callable[[str], None] | None = None) -> None:
        self.children = children
        self._selector = selectors.DefaultSelector()
        self._width = max(len(child.name) for child in children)
        is_coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for child, colour in zip(children, COLOURS * len(children), strict=False):
            child.colour = colour if is_coloured else ""
        self._say = say or (lambda text: print(text, flush=True))

    def start(self, child: Child) -> None:
        child.before_start()
        child.process = subprocess.Popen(
            child.command,
            env=child.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid()),
        )
        child.started = time.monotonic()
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def turn(self, seconds: float) -> None:
        """Pass on lines for at most `seconds`, then notice who fell and start again who has waited enough."""
        for key, _ in self._selector.select(seconds):
            self._read(key.data)
        now = time.monotonic()
        for child in self.children:
            if child.process and child.process.poll() is not None:
                self._bury(child)
            elif child.restarts and not child.process and now >= child.not_before:
                self.start(child)

    def stop(self, children: list[Child] | None = None) -> None:
        """TERM, wait for each one's grace, KILL what is left. Nothing of them runs afterwards."""
        stopping = [child for child in (children or self.children) if child.process]
        for child in stopping:
            child.ask_to_stop()
        began = time.monotonic()
        while stopping:
            for key, _ in self._selector.select(0.05):
                self._read(key.data)
            for child in list(stopping):
                assert child.process is not None
                if child.process.poll() is not None:
                    stopping.remove(child)
                    self._collect(child)
                elif time.monotonic() - began > child.grace:
                    child.signal(signal.SIGKILL)

    def kill(self, child: Child, why: str) -> None:
        """For one that hangs: no TERM, it would not listen. turn() starts it again."""
        self.tell(child, f"{why}; killed")
        child.signal(signal.SIGKILL)

    def renew(self, child: Child, why: str) -> None:
        """For one that still listens: TERM and its grace, so that it may finish what it has in hand."""
        self.tell(child, f"{why}; stopping it")
        self.stop([child])
        child.restarts += 1
        child.not_before = time.monotonic()

    def tell(self, child: Child, line: str) -> None:
        prefix = f"{child.name:<{self._width}} |"
        if child.colour:
            prefix = f"\x1b[{child.colour}m{prefix}\x1b[0m"
        self._say(f"{prefix} {line}")

    def _bury(self, child: Child) -> None:
        assert child.process is not None
        code, ran = child.process.returncode, child.uptime
        self._collect(child)
        if ran >= STEADY_AFTER:
            child.pause = FIRST_PAUSE
        child.restarts += 1
        child.not_before = time.monotonic() + child.pause
        self.tell(child, f"{_ending(code)} after {ran:.0f} s; starting again in {child.pause:g} s")
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _collect(self, child: Child) -> None:
        """The last lines of a child that ended, and an end to whatever it left behind in its session."""
        child.signal(signal.SIGKILL)
        assert child.process is not None
        assert child.process.stdout is not None
        self._read(child)
        if child.unfinished_line:
            self.tell(child, _text(child.unfinished_line))
            child.unfinished_line = b""
        stdout = child.process.stdout
        if not stdout.closed:
            self._forget(stdout)
            stdout.close()
        child.process = None

    def _read(self, child: Child) -> None:
        if not child.process or not child.process.stdout or child.process.stdout.closed:
            return
        while True:
            try:
                chunk = os.read(child.process.stdout.fileno(), 65536)
            except BlockingIOError:
                return
            if not chunk:
                self._forget(child.process.stdout)
                return
            *lines, child.unfinished_line = (child.unfinished_line + chunk).split(b"\n")
            for line in lines:
                self.tell(child, _text(line))

    def _forget(self, stdout: object) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(stdout)  # type: ignore[arg-type]


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"


def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """What a child does before it becomes itself on Linux: ask for a TERM should the supervisor be killed outright."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask
