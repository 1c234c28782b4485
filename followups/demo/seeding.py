"""Makes the whole: people first, then twelve weeks in the order of time, then a look whether all of it is true."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction

from followups.audits import missing_count, unassigned
from followups.demo import answers, customers, lessons, recent, staff, sweeps, tickets
from followups.demo.briefs import make_up
from followups.demo.clockwork import Clockwork, Life
from followups.demo.duty import Duty
from followups.demo.library import Library
from followups.demo.world import World
from followups.models import FollowUp, Lesson, RootCause
from followups.services import assigning, measuring
from nps.desk.models import Customer, Resolution, Team, Ticket, User
from nps.outbox import nudges
from nps.remembered import Remembered
from nps.survey.models import Response, Survey, Topic
from nps.survey.services import opting_out

DEFAULT_SEED, DEFAULT_WEEKS = 9, 12
#: Tickets of one day, Monday first.
BUSY = (7, 6, 6, 5, 5, 2, 2)


class NotEmpty(Exception):
    """Something is there already; `str()` says what. Nothing was written."""


@dataclass(frozen=True)
class Made:
    """How much there is of it."""

    people: int
    customers: int
    tickets: int
    answers: int
    follow_ups: int
    lessons: int


def refuse_unless_empty() -> None:
    """NotEmpty unless no ticket, team or customer exists and none of the demonstration's user names is taken."""
    for model, word in ((Ticket, "tickets"), (Team, "teams"), (Customer, "customers")):
        if count := model.objects.count():
            raise NotEmpty(f"This database holds {count} {word} already.")
    taken = User.objects.filter(username__in=staff.usernames()).order_by("username")
    if names := list(taken.values_list("username", flat=True)):
        raise NotEmpty(f"This database holds users named {', '.join(names)} already.")


def seed(
    *,
    at: datetime,
    weeks: int = DEFAULT_WEEKS,
    seed: int = DEFAULT_SEED,
    told: Callable[[datetime], None] = lambda at: None,
) -> Made:
    """Live `weeks` weeks that end at `at` (UTC), all or nothing. The same seed and moment make the same story.

    `told` hears of the simulated time as it passes. NotEmpty if something is there."""
    with transaction.atomic(), nudges.quiet(), _without_collecting():
        refuse_unless_empty()
        world = _make_world(at.replace(microsecond=0), weeks, Random(seed))
        _plan(world)
        world.clock.run(told)
        assigning.assign_waiting(at=world.now)  # what came in the last second
        measuring.measure_due(at=world.now)
        audit(at)
        Remembered.forget_all()
        return Made(
            people=User.objects.count(),
            customers=Customer.objects.count(),
            tickets=Ticket.objects.count(),
            answers=Response.objects.count(),
            follow_ups=FollowUp.objects.count(),
            lessons=Lesson.objects.count(),
        )


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A tenth of the time went into looking for garbage among rows by the ten thousand."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _make_world(now: datetime, weeks: int, rng: Random) -> World:
    start = now - timedelta(weeks=weeks)
    team = staff.hire(since=start, until=now)
    known = customers.welcome(rng, since=start, until=now)
    Remembered.forget_all()
    return World(
        rng=rng,
        start=start,
        now=now,
        clock=Clockwork(start=start, now=now),
        staff=team,
        customers=known,
        duty=Duty(team, rng, since=start, until=now),
        library=Library(rng),
        causes={cause.name: cause for cause in RootCause.objects.filter(parent__isnull=False)},
        topics={topic.slug: topic for topic in Topic.objects.all()},
        survey=Survey.objects.get(is_default=True),
    )


def _plan(world: World) -> None:
    lessons.know(world, world.start)
    world.start_life(world.start, sweeps.shift_ends)
    world.start_life(world.start, sweeps.silence)
    world.start_life(world.start, sweeps.verdicts)
    for moment, customer in everyday(world):
        is_duplicate = world.chance(0.02)
        world.start_life(moment, tickets.ticket, make_up(world, customer, is_duplicate=is_duplicate))
    span = world.now - world.start
    for number, via in enumerate(answers.VIAS, start=1):
        customer = world.customers.pick(world.rng)
        moment = world.duty.awake(customer, world.start + span * number / (len(answers.VIAS) + 1))
        world.start_life(moment, answers.asked_elsewhere, customer, via)
    for address in world.customers.opting_out:
        world.start_life(world.start + span * 0.3, opts_out, address)
    recent.incident(world)
    recent.desks(world)
    recent.just_resolved(world)
    recent.shares(world)
    recent.just_answered(world)


def everyday(world: World) -> Iterator[tuple[datetime, Customer]]:
    """Who writes when: by weekday, in the daytime of the customer."""
    day = world.start
    while day < world.now:
        for _ in range(BUSY[day.weekday()] + world.rng.randint(-2, 2)):
            customer = world.customers.pick(world.rng)
            local = day.astimezone(ZoneInfo(customer.time_zone))
            hour = int(world.rng.triangular(8, 18, 10))
            local = local.replace(hour=hour, minute=world.rng.randint(0, 59), second=world.rng.randint(0, 59))
            if world.start < local < world.now:
                yield local.astimezone(day.tzinfo), customer
        day += timedelta(days=1)


def opts_out(world: World, at: datetime, address: str) -> Life:
    opting_out.opt_out(address=address, at=at)
    yield from ()


class Untrue(Exception):
    """The story broke a promise of the product; everything is rolled back."""


def audit(at: datetime) -> None:
    """The promises that a demonstration must not break; Untrue names the first that is broken."""
    found = {
        "resolutions without a decision": Resolution.objects.filter(decision__isnull=True).count(),
        "scores of 8 or below without a follow-up": missing_count(),
        "follow-ups that nobody has": unassigned().count,
    }
    if broken := [f"{count} {words}" for words, count in found.items() if count]:
        raise Untrue(f"The demonstration made {' and '.join(broken)}.")
