"""Settings rows that every act reads, remembered per process for a few seconds. Not for truth: for wording, policies,
calendars, whose edits may take that long to be seen."""

import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """`load(key)` kept for `seconds`. Thread-safe by harmless races: two loads of the same value."""

    everything: "list[Remembered[Any, Any]]" = []

    def __init__(self, load: Callable[[K], V], *, seconds: float = 5.0) -> None:
        self._load = load
        self._seconds = seconds
        self._kept: dict[K, tuple[float, V]] = {}
        Remembered.everything.append(self)

    def __call__(self, key: K) -> V:
        now = time.monotonic()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            return kept[1]
        value = self._load(key)
        self._kept[key] = (now + self._seconds, value)
        return value

    def forget(self) -> None:
        self._kept = {}

    @classmethod
    def forget_all(cls) -> None:
        """Forget everything in this process: after a settings row was saved here, and between tests."""
        for one in cls.everything:
            one.forget()
