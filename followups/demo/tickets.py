"""The life of one ticket: opened, triaged, passed on, answered, resolved, accepted, reopened."""

from datetime import datetime, timedelta

from followups.demo import answers
from followups.demo.briefs import Brief
from followups.demo.clockwork import Life, Steps
from followups.demo.world import World
from nps.desk.models import Channel, Message, Resolution, Ticket, User
from nps.desk.services import accepting, handing_over, opening, replying, resolving

Kind = Message.Kind


def _agent(world: World, row: Ticket) -> User:
    """Who has it, out of memory: verbs read the row again, and with it a query for each relation."""
    return world.staff.by_id[row.assignee_id]


def _know(world: World, brief: Brief, row: Ticket) -> Ticket:
    """The row with its relations at hand, as a page that selects them has it."""
    row.customer, row.team = brief.customer, world.staff.teams[brief.story.team]
    row.product = world.customers.products[brief.story.product]
    if row.assignee_id:
        row.assignee = _agent(world, row)
    return row


def ticket(world: World, at: datetime, brief: Brief) -> Life:
    """From the first word to the last; `yield` is the time that passes in between."""
    taker = brief.agent or world.duty.pick(brief.story.team, at, language=brief.customer.language)
    row, _ = opening.open_ticket(
        customer=brief.customer,
        subject=brief.text("subject"),
        body=brief.text("ask"),
        team=world.staff.teams[brief.story.team],
        channel=brief.channel,
        source="erp" if brief.channel == Channel.API else "desk",
        external_id=f"SO-{brief.slots['number']}-{world.rng.randint(1000, 9999)}"
        if brief.channel == Channel.API
        else "",
        product=world.customers.products[brief.story.product],
        tags=[world.customers.tags[name] for name in brief.story.tags],
        assignee=taker if brief.is_direct else None,
        is_duplicate=brief.is_duplicate,
        at=at,
    )
    if not brief.is_direct:
        at = yield at + world.within(3, 40)
        taker = brief.agent or world.duty.pick(brief.story.team, at, language=brief.customer.language)
    if not taker.is_qualified and brief.agent is None:
        at = yield from _triage(world, at, brief, row, taker)
    elif row.assignee_id != taker.pk:
        handing_over.hand_over(ticket=_know(world, brief, row), to=taker, by=taker, at=at)
    if brief.ending == "new":
        return
    if brief.ending == "resolved":
        at = yield from _detours(world, at, brief, row)
    at = yield from _conversation(world, at, brief, row)
    if brief.ending in ("resolved", "resolved at once"):
        yield from _endings(world, at, brief, row)


def _triage(world: World, at: datetime, brief: Brief, row: Ticket, first: User) -> Steps:
    """The front line sorts it and passes it to somebody who knows; returns when that is done."""
    looking = world.library.phrase(brief.customer.language, "looking")
    body = world.library.letter(brief.customer, first, looking)
    replying.reply(ticket=row, by=first, kind=Kind.TRIAGE, body=body, at=at)
    at = yield at + world.within(4, 35)
    expert = world.duty.pick(brief.story.team, at, language=brief.customer.language, is_qualified=True)
    handing_over.hand_over(ticket=_know(world, brief, row), to=expert, by=first, at=at)
    return at


def _detours(world: World, at: datetime, brief: Brief, row: Ticket) -> Steps:
    """What goes wrong now and then: it lies still, or it is passed on. Returns the time it is taken up."""
    is_refund = brief.story.key == "refund"
    if brief.is_duplicate:
        return at
    if not brief.is_direct and world.chance(0.2):
        brief.troubles.add("slow")
        at = yield world.duty.moment(_agent(world, row), at + world.within(8 * 60, 26 * 60))
    if world.chance(0.3 if is_refund else 0.14):
        at = yield from _pass_on(world, at, brief, row)
    at = yield world.duty.moment(_agent(world, row), at + world.within(2, 15 if brief.is_direct else 150))
    if not world.duty.is_on(_agent(world, row), at) or at - row.opened_at > timedelta(days=4):
        at = yield from _pass_on(world, at, brief, row)
    return at


def _pass_on(world: World, at: datetime, brief: Brief, row: Ticket) -> Steps:
    """To a colleague, with a note for them and a word for the customer."""
    before = _agent(world, row)
    at = yield world.duty.moment(before, at + world.within(5, 90))
    other = world.duty.pick(brief.story.team, at, language=brief.customer.language, is_qualified=True)
    if other.pk == before.pk:
        return at
    brief.troubles.add("handover")
    replying.reply(ticket=row, by=before, kind=Kind.NOTE, body=f"Please take over: {brief.text('subject')}.", at=at)
    if world.chance(0.5):
        said = world.library.phrase(brief.customer.language, "handed_over", agent=other.first_name)
        body = world.library.letter(brief.customer, before, said)
        replying.reply(ticket=row, by=before, kind=Kind.TRIAGE, body=body, at=at)
    handing_over.hand_over(ticket=_know(world, brief, row), to=other, by=before, at=at)
    return (yield world.duty.moment(other, at + world.within(10, 200)))


def _conversation(world: World, at: datetime, brief: Brief, row: Ticket) -> Steps:
    """Perhaps a question and its answer, then the solution. Returns the time of the last word."""
    agent, customer = _agent(world, row), brief.customer
    if brief.ending == "waiting" or (brief.ending == "resolved" and world.chance(0.2 if brief.is_direct else 0.3)):
        question = world.library.letter(customer, agent, brief.text("question"))
        replying.reply(ticket=row, by=agent, kind=Kind.INFORMATION_REQUEST, body=question, at=at)
        if brief.ending == "waiting":
            return at
        pause = world.within(1, 4) if brief.is_direct else world.within(20, 900)
        at = yield at + pause if brief.is_direct else world.duty.awake(customer, at + pause)
        replying.customer_reply(ticket=row, body=brief.text("detail"), at=at)
        at = yield world.duty.moment(agent, at + world.within(3, 20 if brief.is_direct else 160))
    elif brief.channel == Channel.PHONE and world.chance(0.15):
        body = world.library.phrase("en", "voicemail")
        replying.reply(ticket=row, by=agent, kind=Kind.VOICEMAIL, body=body, at=at)
        at = yield world.duty.moment(agent, at + world.within(30, 120))
    paragraphs = [brief.text("answer")]
    if brief.ending == "answered" or world.chance(0.4):
        paragraphs.append(world.library.phrase(customer.language, "check"))
    answer = world.library.letter(customer, agent, *paragraphs)
    replying.reply(ticket=row, by=agent, kind=Kind.ANSWER, body=answer, at=at)
    return at


def _endings(world: World, at: datetime, brief: Brief, row: Ticket) -> Life:
    """Resolved; then accepted, left alone, or opened again by the customer and resolved once more."""
    pause = world.within(1, 6) if brief.is_direct else world.within(1, 90)
    at = yield brief.resolved_at or world.duty.moment(_agent(world, row), at + pause)
    resolution = _resolve(world, at, brief, row)
    if world.chance(0.07) and not brief.is_duplicate:
        at = yield world.duty.awake(brief.customer, at + world.within(120, 2600))
        row.refresh_from_db()
        if row.resolutions_made != resolution.number or row.status == Ticket.Status.OPEN:
            return
        replying.customer_reply(ticket=row, body=brief.text("again"), at=at)
        brief.troubles.add("reopened")
        at = yield world.duty.moment(_agent(world, row), at + world.within(20, 300))
        row.refresh_from_db()
        if row.status != Ticket.Status.OPEN:
            return
        resolution = _solve_again(world, at, brief, row)
    if world.chance(0.3):
        at = yield world.duty.awake(brief.customer, at + world.within(10, 1500))
        row.refresh_from_db()
        if row.status == Ticket.Status.RESOLVED and row.resolutions_made == resolution.number:
            accepting.accept(ticket=row, at=at)


def _solve_again(world: World, at: datetime, brief: Brief, row: Ticket) -> Resolution:
    agent = _agent(world, row)
    came_back = world.library.phrase(brief.customer.language, "came_back")
    body = world.library.letter(brief.customer, agent, came_back, brief.text("fix"))
    replying.reply(ticket=row, by=agent, kind=Kind.ANSWER, body=body, at=at)
    return _resolve(world, at, brief, row)


def _resolve(world: World, at: datetime, brief: Brief, row: Ticket) -> Resolution:
    exception = "Only our supplier could change it" if brief.story.cause == "Waited on a supplier" else ""
    by = _agent(world, row)
    resolution = resolving.resolve(ticket=_know(world, brief, row), by=by, exception=exception, at=at)
    world.post(at)
    world.start_life(at + timedelta(seconds=5), answers.asked, resolution.pk, brief)
    return resolution
