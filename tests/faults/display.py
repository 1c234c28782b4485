"""How far a run is: one line that is drawn over itself on a terminal, a quiet line for each stage elsewhere."""

import shutil
import sys
import threading
import time
from typing import TextIO

REDRAW_SECONDS = 0.25


class Display:
    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._is_terminal = self._out.isatty()
        self._lock = threading.Lock()
        self._heading, self._what = "", ""
        self._total, self._done = 0, 0
        self._began = time.monotonic()
        self._is_over = threading.Event()

    def begin(self, heading: str) -> None:
        """A test begins. On a terminal the line is drawn until `end`."""
        self._heading, self._what, self._total, self._done = heading, "", 0, 0
        self._began = time.monotonic()
        self._is_over.clear()
        if self._is_terminal:
            threading.Thread(target=self._draw_on, args=(self._is_over,), daemon=True).start()
        else:
            self._print(heading)

    def stage(self, what: str, total: int = 0) -> None:
        with self._lock:
            self._what, self._total, self._done = what, total, 0
        if self._heading and not self._is_terminal:
            of = f" ({total:,})" if total else ""
            self._print(f"  {time.monotonic() - self._began:5.0f} s  {what}{of}")

    def step(self, count: int = 1) -> None:
        with self._lock:
            self._done += count

    def end(self, lines: list[str]) -> None:
        """The test is over: what it saw stays on the screen."""
        self._is_over.set()
        if self._is_terminal:
            with self._lock:
                self._out.write("\r\x1b[K")
        for line in lines:
            self._print(line)
        self._heading = ""

    def line(self) -> str:
        """What the terminal shows, such as “F1 2 of 13 · answers 1,204 of 10,000 · 84 s”."""
        with self._lock:
            parts = [self._heading, self._what, f"{time.monotonic() - self._began:.0f} s"]
            if self._total:
                parts[1] += f" {min(self._done, self._total):,} of {self._total:,}"
        return " · ".join(part for part in parts if part)

    def _draw_on(self, is_over: threading.Event) -> None:
        while not is_over.wait(REDRAW_SECONDS):
            width = shutil.get_terminal_size().columns - 1
            line = self.line()[:width]
            with self._lock:
                if not is_over.is_set():
                    self._out.write(f"\r\x1b[K{line}")
                    self._out.flush()

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)
