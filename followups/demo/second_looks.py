"""“Not given by the customer”: a lead looks at it in the daytime, says yes or no, or it is taken back before."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from followups.demo import closings
from followups.demo.calling import load
from followups.demo.clockwork import Life
from followups.demo.endings import LATELY, Ending
from followups.demo.world import World
from followups.models import FollowUp, Outcome
from followups.services import confirming

#: What becomes of the questions, in turn.
ANSWERS = ("confirm", "decline", "confirm", "withdraw")


def second_look(world: World, at: datetime, pk: int, ending: Ending) -> Life:
    """What was asked some days ago is decided; what was asked lately waits for whoever tries the product."""
    if at > world.now - LATELY:
        return
    answer = ANSWERS[world.seen["second looks"] % len(ANSWERS)]
    world.seen["second looks"] += 1
    lead = world.staff.leads[load(pk).team.slug]
    local = (at + world.within(30, 400)).astimezone(ZoneInfo(lead.time_zone))
    if not 8 <= local.hour < 17:
        local = (local + timedelta(hours=15)).replace(hour=9)
    at = yield local.astimezone(at.tzinfo)
    row = load(pk)
    asked = row.confirmations.pending().select_related("asked_by", "root_cause", "lesson").first()
    if asked is None:
        return
    asked.follow_up = row
    match answer:
        case "confirm":
            confirming.confirm(confirmation=asked, by=lead, at=at)
            return
        case "decline":
            words = world.library.office["notes"]["declined"]
            confirming.decline(confirmation=asked, by=lead, at=at, answer=words)
        case "withdraw":
            confirming.withdraw(confirmation=asked, by=asked.asked_by, at=at)
    world.post(at)
    at = yield at + world.within(40, 300)
    row = load(pk)
    if row.status == FollowUp.Status.IN_PROGRESS and row.second_asked_at is None:
        closings.close(world, at, row, Ending(Outcome.EXPLAINED, ending.cause, tries=0))
