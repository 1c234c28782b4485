"""Closing a follow-up: outcome, root cause, lesson, promise."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from followups.demo import lessons
from followups.demo.endings import Ending
from followups.demo.world import World
from followups.models import FollowUp, Outcome
from followups.services import closing
from nps.desk.models import User


def close(world: World, at: datetime, row: FollowUp, ending: Ending) -> None:
    """With everything that the outcome asks for."""
    by = row.assignee
    assert by is not None
    outcome = ending.outcome
    cause = world.causes[ending.cause]
    kind, text, known = lessons.choose(world, cause)
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
        confirmed_by=world.staff.leads[row.team.slug] if outcome == Outcome.NOT_GIVEN else None,
        ask_again_on=(at + timedelta(days=30)).date() if asks_again else None,
    )
    lessons.nurse(world, at, text)


def _promise(world: World, at: datetime, by: User) -> closing.PromiseMade:
    row = world.one_of(world.library.office["promise"])
    day = at.astimezone(ZoneInfo(by.time_zone)).date() + timedelta(days=row["days"])
    return closing.PromiseMade(text=row["text"], due_on=day, owner=by)
