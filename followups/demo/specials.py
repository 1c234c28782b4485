"""What happens to a follow-up only now and then: a note, a snooze, a change of hands, a slip of the finger."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from followups.demo.calling import Result, Via, log, on_shift
from followups.demo.clockwork import Steps
from followups.demo.endings import Ending
from followups.demo.world import World
from followups.models import FollowUp
from followups.services import assigning, closing, reaching_out, snoozing
from nps.desk.models import Message, Ticket, User
from nps.desk.services import concluding, replying


def something_special(world: World, at: datetime, pk: int, ending: Ending) -> Steps:
    """A note, a snooze, a change of hands, a slip of the finger, or nothing."""
    if ending.special == "":
        return at
    at, row = yield from on_shift(world, at, pk)
    if not row.is_unclosed:
        return at
    holder, lead = row.assignee, world.staff.leads[row.team.slug]
    if holder is None:
        return at
    notes = world.library.office["notes"]
    match ending.special:
        case "note":
            reaching_out.add_note(follow_up=row, text=world.one_of(notes["colleague"]), by=holder, at=at)
        case "release":
            assigning.release(follow_up=row, by=holder, at=at)
            reaching_out.add_note(follow_up=row, text=notes["released"], by=lead, at=at)
        case "lead moves":
            at = yield from _moved_by_lead(world, at, row, lead)
        case "undo":
            attempt = log(world, at, row, Via.PHONE, Result.VOICEMAIL)
            at = yield at + timedelta(seconds=6)
            reaching_out.undo_attempt(attempt=attempt, by=holder, at=at)
        case "snooze":
            until = _morning(world, holder, at)
            snoozing.snooze(follow_up=row, until=until, by=holder, at=at)
            at = yield until + world.within(5, 60)
        case "snooze, reply":
            at = yield from _snoozed_and_woken(world, at, row, holder)
        case "cancel":
            reason = world.one_of(notes["cancelled"])
            closing.cancel(follow_up=row, by=lead, reason=reason, at=at)
    return at


def _morning(world: World, user: User, at: datetime) -> datetime:
    """Nine o'clock on the next day but one, where `user` lives."""
    local = at.astimezone(ZoneInfo(user.time_zone)) + timedelta(days=2)
    return local.replace(hour=9, minute=0, second=0, microsecond=0).astimezone(at.tzinfo)


def _moved_by_lead(world: World, at: datetime, row: FollowUp, lead: User) -> Steps:
    """To somebody else who is on shift, of the team if possible; the receiver acknowledges."""
    barred = (row.assignee_id, row.rated_agent_id)
    everybody = [*world.duty.on_shift(row.team.slug, at), *world.duty.on_shift("", at)]
    other = next((one for one in everybody if one.pk not in barred), None)
    if other is None:
        return at
    note = world.library.office["notes"]["lead_moves"]
    moved = assigning.hand_over(follow_up=row, to=other, by=lead, note=note, at=at)
    world.post(at)
    at = yield at + world.within(2, 25)
    assigning.acknowledge(follow_up=moved, by=other, at=at)
    return at


def _snoozed_and_woken(world: World, at: datetime, row: FollowUp, holder: User) -> Steps:
    """Put aside; then the customer writes on the ticket, which opens it again and wakes this up."""
    snoozing.snooze(follow_up=row, until=at + timedelta(days=5), by=holder, at=at)
    resolution = row.response.resolution
    if resolution is None:
        return at
    at = yield world.duty.awake(row.customer, at + world.within(300, 900))
    words = world.library.phrase(row.customer.language, "one_more")
    ticket = Ticket.objects.get(pk=resolution.ticket_id)
    replying.customer_reply(ticket=ticket, body=words, at=at)
    at = yield world.duty.moment(world.staff.by_id[ticket.assignee_id], at + world.within(15, 90))
    ticket.refresh_from_db()
    if ticket.status == Ticket.Status.OPEN:
        _answer_and_resolve(world, at, ticket)
    return at


def _answer_and_resolve(world: World, at: datetime, ticket: Ticket) -> None:
    """A small question on a solved ticket, answered at once."""
    agent = world.staff.by_id[ticket.assignee_id]
    words = world.library.phrase(ticket.customer.language, "one_more_answer")
    body = world.library.letter(ticket.customer, agent, words)
    concluding.answer_and_resolve(ticket=ticket, by=agent, kind=Message.Kind.ANSWER, body=body, at=at)
    world.post(at)
