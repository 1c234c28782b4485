"""What the product's own clock does in those weeks: escalations, hand-overs as shifts end, assumed acceptance."""

from datetime import datetime, timedelta

from followups.demo.clockwork import Life
from followups.demo.world import World
from followups.models import FollowUp
from followups.services import assigning, escalating
from nps.desk.calendars import calendar_of
from nps.desk.hours import add_working_time
from nps.desk.services import accepting

MINUTE = timedelta(minutes=1)


def plan_deadlines(world: World, row: FollowUp) -> None:
    """The sweep runs every minute; here it runs when one of this follow-up's clocks may have run out."""
    calendar = calendar_of(row.team_id)
    second = float(row.policy.second_clock_hours)
    for deadline in (row.first_contact_due_at, row.close_due_at):
        for moment in (deadline - escalating.SOON, deadline, add_working_time(calendar, deadline, second)):
            world.start_life(moment + MINUTE, escalate, row.pk)


def escalate(world: World, at: datetime, pk: int) -> Life:
    # Most are closed by then, and a sweep that finds nothing is not worth telling.
    if FollowUp.objects.unclosed().filter(pk=pk).exists() and escalating.escalate_overdue(at=at):
        world.post(at)
    yield from ()


def shift_ends(world: World, at: datetime) -> Life:
    """At every end of a shift in the last days; before that at every other one, which is enough to be true."""
    for number, end in enumerate(world.duty.shift_ends(world.start, world.now)):
        if number % 2 and end < world.now - timedelta(days=8):
            continue
        at = yield end + MINUTE
        if assigning.hand_over_at_shift_end(at=at):
            world.post(at)


def silence(world: World, at: datetime) -> Life:
    while True:
        at = yield at + timedelta(hours=12)
        accepting.assume_accepted(at=at)
