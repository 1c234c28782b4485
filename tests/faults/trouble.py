"""Faults that strike while work is going on: each waits for its share of the work, drawn from the seed."""

import random
import threading
import time
from collections.abc import Callable

STALLED = 60.0  # seconds without its share of the work after which a fault strikes all the same


class Trouble:
    """Faults in a shuffled order, each when `progress` (0 to 1) has passed its drawn point. As a context manager: it
    ends when all were made, and raises what one of them raised."""

    def __init__(self, faults: list[Callable[[], None]], *, seed: int, progress: Callable[[], float]) -> None:
        dice = random.Random(seed)
        self._faults = list(faults)
        dice.shuffle(self._faults)
        self._points = sorted(dice.uniform(0.03, 0.92) for _ in faults)
        self._progress = progress
        self._thread = threading.Thread(target=self._strike, daemon=True)
        self._error: BaseException | None = None
        self._is_over = threading.Event()
        self.made = 0
        self.last_at = time.monotonic()

    def _strike(self) -> None:
        try:
            for point, fault in zip(self._points, self._faults, strict=True):
                began = time.monotonic()
                while self._progress() < point and time.monotonic() - began < STALLED:
                    if self._is_over.wait(0.01):
                        return
                fault()
                self.made += 1
                self.last_at = time.monotonic()
        except BaseException as error:  # noqa: BLE001 - told to the run, which fails with it
            self._error = error

    def __enter__(self) -> "Trouble":
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._is_over.set()
        self._thread.join()
        if self._error and kind is None:
            raise self._error
