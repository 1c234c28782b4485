"""Everything one life of the demonstration needs to know: people, words, chance, time, and the post."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from followups.demo.clockwork import Clockwork, Life
from followups.demo.customers import Customers
from followups.demo.duty import Duty
from followups.demo.library import Library
from followups.demo.staff import Staff
from followups.models import RootCause
from nps.outbox.models import Delivery
from nps.outbox.sender import Verdict, VerdictKind
from nps.outbox.services import settling
from nps.survey.models import Survey, Topic

T = TypeVar("T")

#: What was resolved in the last hours is left in the outbox, so that the first start has mails to send.
POST_STOPS = timedelta(hours=2)


@dataclass
class World:
    rng: Random
    start: datetime
    now: datetime
    clock: Clockwork
    staff: Staff
    customers: Customers
    duty: Duty
    library: Library
    causes: dict[str, RootCause]
    topics: dict[str, Topic]
    survey: Survey
    seen: Counter[str] = field(default_factory=Counter)  # how often something rare was made to happen
    packs: dict[str, list[int]] = field(default_factory=dict)
    lives: set[int] = field(default_factory=set)  # follow-ups that are being worked
    held: set[int] = field(default_factory=set)  # follow-ups that stay open for today

    def within(self, first: float, last: float) -> timedelta:
        """Between `first` and `last` minutes, with seconds."""
        return timedelta(seconds=round(self.rng.uniform(first, last) * 60))

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def draw(self, name: str, weights: Sequence[int]) -> int:
        """An index by weight, out of a pack of cards of that name: shares come out as written, in any order."""
        pack = self.packs.setdefault(name, [])
        if not pack:
            pack += [index for index, weight in enumerate(weights) for _ in range(weight)]
            self.rng.shuffle(pack)
        return pack.pop()

    def one_of(self, what: Sequence[T]) -> T:
        return self.rng.choice(what)

    def start_life(self, at: datetime, life: Callable[..., Life], *facts: Any) -> None:
        """Let `life(world, at, *facts)` begin at `at`."""
        at = max(at.replace(microsecond=0), self.clock.at)
        self.clock.begin(at, life(self, at, *facts))

    def post(self, at: datetime) -> None:
        """Let the mails that are due leave in a moment, as the worker does."""
        if at < self.now - POST_STOPS:
            self.start_life(at + timedelta(seconds=2), postman)


def postman(world: World, at: datetime) -> Life:
    """Nothing is sent: these mails belong to the past. Their verdicts are written as a sender would."""

    def verdict_of(delivery: Delivery) -> Verdict:
        if delivery.recipient in world.customers.bouncing:
            return Verdict(VerdictKind.BOUNCED, "mail server said 550 no such user")
        return Verdict(VerdictKind.SENT)

    settling.settle_due(at=at, verdict_of=verdict_of)
    yield from ()
