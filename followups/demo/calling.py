"""Working a follow-up: on shift, one try after the other when it is due, then the closing."""

from collections.abc import Generator
from datetime import datetime, timedelta

from followups.demo import closings
from followups.demo.clockwork import Life, Steps
from followups.demo.endings import STILL_OPEN, Ending
from followups.demo.world import World
from followups.letters import from_template, why_not
from followups.models import Attempt, FollowUp, Outcome
from followups.services import assigning, closing, reaching_out, writing
from nps.desk.models import User

Via, Result = Attempt.Via, Attempt.Result


def load(pk: int) -> FollowUp:
    return FollowUp.objects.select_related("policy", "customer", "assignee", "response", "team").get(pk=pk)


def on_shift(world: World, at: datetime, pk: int) -> Generator[datetime, datetime, tuple[datetime, FollowUp]]:
    """Wait until whoever has it is at work; returns the moment and the row as it is then."""
    while True:
        # Narrow, because it is asked at every change of shift.
        status, assignee_id = FollowUp.objects.values_list("status", "assignee_id").get(pk=pk)
        if status == FollowUp.Status.OPEN:
            at = yield at + timedelta(minutes=5)
            assigning.assign_waiting(at=at)
            world.post(at)
            continue
        moment = world.duty.moment(world.staff.by_id[assignee_id], at)
        if moment <= at or status in (FollowUp.Status.CLOSED, FollowUp.Status.CANCELLED):
            return at, load(pk)
        at = yield min(moment, world.duty.next_look(at))


def work(world: World, at: datetime, pk: int, ending: Ending) -> Steps:
    """Try, try again when it is due, and close."""
    tries_left = ending.tries
    while True:
        at, row = yield from on_shift(world, at, pk)
        if not row.is_unclosed or pk in world.held:
            return at
        if ending.outcome == Outcome.NOT_REACHED:
            if closing.may_say_not_reached(row)[0]:
                closings.close(world, at, row, ending)
                return at
            tries_left = max(tries_left, 1)
        if ending.outcome in (Outcome.NO_CONTACT, Outcome.DUPLICATE) and tries_left == 0:
            closings.close(world, at, row, ending)
            return at
        if tries_left:
            tries_left -= 1
            log_try(world, at, row)
            at = yield from _wait_for_next_try(world, at, row, ending)
            continue
        can_ring = row.customer.phone and world.duty.is_awake(row.customer, at)
        log(world, at, row, Via.PHONE if can_ring else Via.EMAIL, Result.REACHED)
        is_recent = row.opened_at > world.now - STILL_OPEN
        if is_recent and not ending.is_prompt and world.chance(0.75):
            # What was agreed on the phone is being done; the closing comes after it.
            at = yield at + world.within(1500, 6000)
        else:
            at = yield at + world.within(2, 18)
        at, row = yield from on_shift(world, at, pk)
        if row.is_unclosed and pk not in world.held:
            closings.close(world, at, row, ending)
        return at


def _wait_for_next_try(world: World, at: datetime, row: FollowUp, ending: Ending) -> Steps:
    is_recent = row.opened_at > world.now - STILL_OPEN
    pause = world.within(0, 50)
    if ending.outcome == Outcome.NOT_REACHED and row.attempts_made >= 2:
        # On another day, as the policy asks.
        pause += timedelta(hours=14)
    if is_recent:
        pause += world.within(30, 600)
    return (yield max(row.due_at, at) + pause)


def log_try(world: World, at: datetime, row: FollowUp) -> Attempt:
    """One try that does not reach the customer, on another channel than the last where there is one."""
    last = row.attempts.order_by("-at", "-pk").first()
    can_ring = bool(row.customer.phone) and world.duty.is_awake(row.customer, at)
    if can_ring and not (last and last.via == Via.PHONE and row.customer.email):
        return log(world, at, row, Via.PHONE, world.one_of((Result.NO_ANSWER, Result.NO_ANSWER, Result.VOICEMAIL)))
    if row.customer.email:
        return log(world, at, row, Via.EMAIL, Result.EMAILED)
    return log(world, at, row, Via.CHAT, Result.NO_ANSWER)


def log(world: World, at: datetime, row: FollowUp, via: str, result: str) -> Attempt:
    kind = "wrote_back" if result == Result.REACHED and via != Via.PHONE else result
    note = world.one_of(world.library.office["attempts"][kind])
    assert row.assignee is not None  # whoever comes here was on shift and has it
    mail = _letter(world, at, row, row.assignee) if result == Result.EMAILED else None
    return reaching_out.log_attempt(
        follow_up=row, via=via, result=result, by=row.assignee, note="" if mail else note, mail=mail, at=at
    )


def _letter(world: World, at: datetime, row: FollowUp, by: User) -> writing.Written | None:
    """Every second e-mail is written here, from the template; the others from the person's own mail program."""
    world.seen["e-mails"] += 1
    if world.seen["e-mails"] % 2 or why_not(row):
        return None
    draft = from_template(row, by)
    world.start_life(at + writing.UNDO_WINDOW + 2 * writing.ON_ITS_WAY, post)
    return writing.Written(draft.subject, draft.body, draft.language)


def post(world: World, at: datetime) -> Life:
    """What was written leaves."""
    world.post(at)
    yield from ()
