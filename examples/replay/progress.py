"""How far it is: one line that rewrites itself on a terminal, a line every ten seconds elsewhere."""

import sys
import threading
import time
from types import TracebackType

from .ledger import Ledger
from .log import Act, Step


class Progress:
    def __init__(self, ledger: Ledger, script: list[Step]) -> None:
        self._ledger = ledger
        self._all = {act: sum(step.act is act for step in script) for act in Act}
        self._is_terminal = sys.stderr.isatty()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = time.monotonic()

    def __enter__(self) -> "Progress":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        print(f"\r\033[K{self._line()}" if self._is_terminal else self._line(), file=sys.stderr, flush=True)

    def _run(self) -> None:
        while not self._done.wait(0.5 if self._is_terminal else 10.0):
            if self._is_terminal:
                print(f"\r\033[K{self._line()}", end="", file=sys.stderr, flush=True)
            else:
                print(self._line(), file=sys.stderr, flush=True)

    def _line(self) -> str:
        ledger = self._ledger
        with ledger.lock:
            opened, solved = ledger.steps[Act.OPEN], ledger.steps[Act.RESOLVE]
            answers = ledger.answers
            expected = sum(answer.needs_call for answer in answers)
            closed = sum(work.closed is not None for work in ledger.work.values())
            mails = len(ledger.mails)
        return (
            f"{time.monotonic() - self._started:5.0f} s  opened {opened}/{self._all[Act.OPEN]}"
            f"  resolved {solved}/{self._all[Act.RESOLVE]}  mails {mails}  answers {len(answers)}"
            f"  follow-ups closed {closed}/{expected}"
        )
