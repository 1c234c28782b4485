"""The life of one follow-up: assigned by the product, worked by whoever has it, closed, and what becomes of it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from followups.demo import sweeps
from followups.demo.calling import load, work
from followups.demo.clockwork import Life, Steps
from followups.demo.endings import Ending, draw
from followups.demo.second_looks import second_look
from followups.demo.specials import something_special
from followups.demo.world import World
from followups.models import FollowUp, Outcome, Promise
from followups.services import asking_again, assigning, closing
from nps.survey.models import Invitation, Response
from nps.survey.services import answering

#: What customers answer who are asked again, in turn.
BETTER = (9, 8, 10, 9, 7, 9, 6, 10)
#: What becomes of promises, in turn.
FATES = ("kept", "broken", "open", "kept", "kept")


def follow_up(world: World, at: datetime, response_id: int, cause: str) -> Life:
    """From the answer to the end. A score of 9 or 10 has none."""
    pk = FollowUp.objects.filter(response_id=response_id).values_list("pk", flat=True).first()
    if pk is None or pk in world.lives:
        return
    world.lives.add(pk)
    at = yield at + timedelta(seconds=1)
    assigning.assign_waiting(at=at)
    world.post(at)
    row = load(pk)
    sweeps.plan_deadlines(world, row)
    at = yield at + timedelta(minutes=8)  # by then the customer has said why
    ending = draw(world, row, Response.objects.get(pk=response_id), cause)
    at = yield from _before_first_act(world, at, row, ending)
    at = yield from something_special(world, at, pk, ending)
    at = yield from work(world, at, pk, ending)
    yield from _afterwards(world, at, pk, ending)


def _before_first_act(world: World, at: datetime, row: FollowUp, ending: Ending) -> Steps:
    """How long it lies: low scores are rung soon, 7 and 8 within a day or two; some are forgotten for a while."""
    if ending.is_late:
        at = row.first_contact_due_at + world.within(20, 500)
    elif row.score <= 3:
        at += world.within(5, 90)
    elif row.score <= 6:
        at += world.within(20, 240)
    else:
        at += world.within(45, 600)
    return (yield at)


def _afterwards(world: World, at: datetime, pk: int, ending: Ending) -> Life:
    """Now and then the whole is opened again; a promise is kept, broken or forgotten."""
    row = load(pk)
    if row.second_asked_at is not None:
        yield from second_look(world, at, pk, ending)
        return
    if row.status == FollowUp.Status.CLOSED and ending.special == "reopen":
        at = yield from _opened_again(world, at, row, ending)
    if row.status == FollowUp.Status.CLOSED and row.ask_again_on is not None:
        day = row.ask_again_on
        morning = datetime(day.year, day.month, day.day, 9, 30, tzinfo=ZoneInfo(row.customer.time_zone))
        world.start_life(morning.astimezone(at.tzinfo), asked_again, pk, ending.cause)
    promise = Promise.objects.filter(follow_up=row).select_related("follow_up", "owner").first()
    if promise is None:
        return
    fate = FATES[world.seen["promises"] % len(FATES)]
    world.seen["promises"] += 1
    if fate == "open" or promise.due_on >= world.now.date():
        return
    late = timedelta(days=1) if fate == "broken" else timedelta(hours=-30)
    due_at = datetime(promise.due_on.year, promise.due_on.month, promise.due_on.day, 10, tzinfo=at.tzinfo)
    at = yield max(at, due_at + late)
    at = yield world.duty.moment(promise.owner, at)
    closing.settle_promise(promise=promise, is_kept=fate == "kept", by=promise.owner, at=at)


def asked_again(world: World, at: datetime, pk: int, cause: str) -> Life:
    """On the day that was agreed the customer is asked once more; most of those who answer are content by then."""
    asking_again.ask_due(at=at)
    world.post(at)
    row = load(pk)
    world.seen["asked again"] += 1
    if row.asked_again_id is None or world.seen["asked again"] % 3 == 0:
        return
    at = yield world.duty.awake(row.customer, at + world.within(20, 900))
    invitation = Invitation.objects.select_related("customer__account").get(pk=row.asked_again_id)
    if invitation.delivered_at is None:
        return
    score = BETTER[world.seen["answered again"] % len(BETTER)]
    world.seen["answered again"] += 1
    response, _ = answering.record_answer(invitation=invitation, score=score, at=at)
    world.start_life(at, follow_up, response.pk, cause)


def _opened_again(world: World, at: datetime, row: FollowUp, ending: Ending) -> Steps:
    """By the lead, after the customer wrote; then it is closed a second time."""
    at = yield at + world.within(1500, 4000)
    reason = world.one_of(world.library.office["notes"]["reopened"])
    row = load(row.pk)
    if row.status != FollowUp.Status.CLOSED:
        return at
    closing.reopen(follow_up=row, by=world.staff.leads[row.team.slug], reason=reason, at=at)
    again = Ending(Outcome.SOLVED, ending.cause, tries=1)
    return (yield from work(world, at + world.within(60, 600), row.pk, again))
