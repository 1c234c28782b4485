"""Who has which follow-up open, and who is writing.

One short-lived cache entry a person: nobody has to read before writing, so no process takes away what another noted,
and the database is not asked. Without the cache nobody is seen."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.cache import cache

from nps.desk.models import User
from nps.remembered import Remembered

logger = logging.getLogger("nines.queue")

#: A browser says so every 15 s; whoever missed three is gone.
SECONDS = 45


@dataclass(frozen=True)
class Here:
    """One person at one follow-up. `may_work`: those who only look keep nobody from working."""

    user: int
    name: str
    initials: str
    follow_up: int
    is_writing: bool
    may_work: bool
    until: float  # seconds since the epoch: a cache may keep an entry for a moment longer

    @property
    def words(self) -> str:
        return f"{self.name} is {'writing' if self.is_writing else 'viewing'}"


def note(user: User, follow_up: int, *, is_writing: bool = False) -> None:
    """`user` has this follow-up before them, and nothing else any more."""
    here = Here(
        user.pk,
        user.first_name or str(user),
        user.initials,
        follow_up,
        is_writing,
        user.may_write,
        time.time() + SECONDS,
    )
    if user.pk not in staff(""):  # who came since they were remembered
        staff.forget()
    try:
        cache.set(_key(user.pk), here, timeout=SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever the cache does, the work goes on
        logger.warning("nobody is seen, the cache does not answer: %r", error)


def others(user: User) -> dict[int, list[Here]]:
    """Everybody but `user`, by the follow-up they have open."""
    found: dict[int, list[Here]] = {}
    for here in _everybody():
        if here.user != user.pk:
            found.setdefault(here.follow_up, []).append(here)
    return found


def taken(others: dict[int, list[Here]]) -> frozenset[int]:
    """Those follow-ups that somebody who may work on them has open."""
    return frozenset(pk for pk, people in others.items() if any(here.may_work for here in people))


def _everybody() -> Iterator[Here]:
    try:
        kept = cache.get_many([_key(pk) for pk in staff("")])
    except Exception as error:  # noqa: BLE001 - see note
        logger.warning("nobody is seen, the cache does not answer: %r", error)
        return iter(())
    now = time.time()
    return iter(sorted((here for here in kept.values() if here.until > now), key=lambda here: here.name))


def _key(pk: int) -> str:
    return f"followups.here.{pk}"


def _staff(_: str) -> list[int]:
    return list(User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


#: the ids of everybody who may be seen
staff: Remembered[str, list[int]] = Remembered(_staff, seconds=60)
