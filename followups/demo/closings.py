"""Closing a follow-up: outcome, root cause, lesson, promise."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from followups.demo import lessons
from followups.demo.endings import STILL_OPEN, Ending
from followups.demo.world import World
from followups.models import FollowUp, Outcome, RootCause
from followups.services import attributing, closing
from nps.desk.models import User

#: Promises made in the last days whose day is today.
DUE_TODAY = 2
ELSEWHERE = (FollowUp.About.PRODUCT.value, FollowUp.About.PRICE.value)


def close(world: World, at: datetime, row: FollowUp, ending: Ending) -> None:
    """With everything that the outcome asks for."""
    by = row.assignee
    assert by is not None
    outcome = ending.outcome
    cause = world.causes[ending.cause]
    kind, text, known = lessons.choose(world, cause)
    _say_about(world, at, row, by, cause)
    promise = _promise(world, at, by) if outcome == Outcome.PROMISED else None
    asks_again = outcome in (Outcome.SOLVED, Outcome.BETTER, Outcome.PROMISED) and world.chance(0.4)
    closing.close(
        follow_up=row,
        by=by,
        at=at,
        outcome=outcome,
        root_cause=cause,
        lesson_kind=kind,
        lesson_text=text,
        lesson=known,
        note=world.one_of(world.library.office["outcomes"][outcome]),
        promise=promise,
        ask_again_on=(at + timedelta(days=30)).date() if asks_again else None,
    )
    lessons.nurse(world, at, text)


def _say_about(world: World, at: datetime, row: FollowUp, by: User, cause: RootCause) -> None:
    """Now and then whoever called says that the score was about the product or the price, and one of them thinks better
    of it."""
    if cause.attributable_to not in ELSEWHERE or row.about:
        return
    world.seen["about something else"] += 1
    if world.seen["about something else"] % 3 == 1:
        attributing.say_about(follow_up=row, about=cause.attributable_to, by=by, at=at)
        if world.seen["about something else"] == 4:
            attributing.take_back(follow_up=row, by=by, at=at)


def _promise(world: World, at: datetime, by: User) -> closing.PromiseMade:
    row = world.one_of(world.library.office["promise"])
    zone = ZoneInfo(by.time_zone)
    day = at.astimezone(zone).date() + timedelta(days=row["days"])
    if at > world.now - STILL_OPEN and world.seen["due today"] < DUE_TODAY:
        world.seen["due today"] += 1
        day = world.now.astimezone(zone).date()
    return closing.PromiseMade(text=row["text"], due_on=day, owner=by)
