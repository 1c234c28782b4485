"""Simulated time: many lives, each a generator that says when it wants to go on, told in the order of time."""

import heapq
from collections.abc import Callable, Generator
from datetime import datetime
from itertools import count

#: Yields the moment at which it wants to go on; is sent the moment at which it does.
Life = Generator[datetime, datetime, None]
#: A part of a life; returns the moment at which it is done.
Steps = Generator[datetime, datetime, datetime]


class Clockwork:
    """Runs lives until `now`. What would come later does not happen: the present is left as it is found."""

    def __init__(self, *, start: datetime, now: datetime) -> None:
        self.at, self.now = start, now
        self._waiting: list[tuple[datetime, int, bool, Life]] = []
        self._numbers = count()

    def begin(self, at: datetime, life: Life) -> None:
        """Let a new `life` begin at `at`, or at once if that is past."""
        self._wait(at, life, is_new=True)

    def _wait(self, at: datetime, life: Life, *, is_new: bool = False) -> None:
        at = max(at.replace(microsecond=0), self.at)
        heapq.heappush(self._waiting, (at, next(self._numbers), is_new, life))

    def run(self, told: Callable[[datetime], None]) -> None:
        """Until nothing is left to happen before `now`; `told` hears of the time as it passes."""
        while self._waiting and self._waiting[0][0] <= self.now:
            self.at, _, is_new, life = heapq.heappop(self._waiting)
            told(self.at)
            try:
                wanted = next(life) if is_new else life.send(self.at)
            except StopIteration:
                continue
            self._wait(wanted, life)
