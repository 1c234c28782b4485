"""What the product's own clock does in those weeks: escalations, hand-overs as shifts end, assumed acceptance."""

from datetime import datetime, timedelta

from followups.demo.clockwork import Life
from followups.demo.world import World
from followups.models import FollowUp
from followups.services import changing_shifts, escalating, measuring
from nps.desk.calendars import calendar_of
from nps.desk.hours import add_working_time
from nps.desk.services import accepting

MINUTE = timedelta(minutes=1)
Step = FollowUp.Escalation


def plan_deadlines(world: World, row: FollowUp) -> None:
    """The sweep runs every minute; here it runs when one of this follow-up's clocks may have run out."""
    calendar = calendar_of(row.team_id)
    second = float(row.policy.second_clock_hours)
    for is_reached, deadline in ((False, row.first_contact_due_at), (True, row.close_due_at)):
        long_over = add_working_time(calendar, deadline, second)
        steps = (Step.DUE_SOON, deadline - escalating.SOON), (Step.LEAD, deadline), (Step.MANAGER, long_over)
        for step, moment in steps:
            world.start_life(moment + MINUTE, escalate, row.pk, is_reached, step)


def escalate(world: World, at: datetime, pk: int, is_reached: bool, step: Step) -> Life:
    """Where this step is still to be taken; mostly somebody was quicker, and an empty sweep tells nothing."""
    waiting = FollowUp.objects.unclosed().filter(pk=pk, reached_at__isnull=not is_reached, escalation__lt=step)
    if waiting.exists() and escalating.escalate_overdue(at=at):
        world.post(at)
    yield from ()


def shift_ends(world: World, at: datetime) -> Life:
    """At every end of a shift in the last days; before that at every other one, which is enough to be true."""
    for number, end in enumerate(world.duty.shift_ends):
        if number % 2 and end < world.now - timedelta(days=8):
            continue
        at = yield end + MINUTE
        if changing_shifts.hand_over_at_shift_end(at=at):
            world.post(at)


def verdicts(world: World, at: datetime) -> Life:
    """What became of the changes, once a week here instead of every day."""
    while True:
        at = yield at + timedelta(days=7)
        measuring.measure_due(at=at)


def silence(world: World, at: datetime) -> Life:
    while True:
        at = yield at + timedelta(hours=12)
        accepting.assume_accepted(at=at)
