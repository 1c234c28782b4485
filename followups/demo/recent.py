"""The last days: a release that hurt everybody, tickets that wait for their agent, and an even share of follow-ups."""

from datetime import datetime, timedelta

from followups.demo import answers, tickets
from followups.demo.briefs import Brief, make_up
from followups.demo.calling import load, log_try, on_shift
from followups.demo.clockwork import Life
from followups.demo.staff import LOGINS
from followups.demo.world import World
from followups.models import FollowUp, Outcome
from followups.services import assigning, closing, snoozing
from nps.desk.models import Customer, User
from nps.survey.models import Invitation

INCIDENT_BEGAN = timedelta(days=5, hours=4)
INCIDENT_TICKETS = 124
OPEN_TICKETS = ("answered", "answered", "waiting", "new", "answered")
SHARE = 4  # follow-ups that every agent finds today; one of them sleeps
SLEEPS = timedelta(hours=31)
#: Score and how long ago. Nobody begins within eight minutes (outreach.follow_up), so these are found untouched.
JUST_ANSWERED = {3: timedelta(minutes=7), 6: timedelta(minutes=5), 8: timedelta(minutes=4)}
JUST_RESOLVED = (timedelta(minutes=96), timedelta(minutes=41), timedelta(minutes=13))


def incident(world: World) -> None:
    """Customers write in the hours after the release, each when it is day where they are."""
    began = world.now - INCIDENT_BEGAN
    for _ in range(INCIDENT_TICKETS):
        customer = _who_can_be_asked(world)
        at = world.duty.awake(customer, began + world.within(0, 10 * 60))
        world.start_life(at, tickets.ticket, make_up(world, customer, is_incident=True))


def desks(world: World) -> None:
    """Every agent has tickets that came in during their last two shifts and are not done."""
    for agent in world.staff.agents.values():
        last = world.duty.latest_window(agent, world.now)
        before = world.duty.latest_window(agent, last[0])
        for number, ending in enumerate(OPEN_TICKETS):
            since, until = before if number % 2 else last
            until = min(until, world.now) - timedelta(minutes=75)
            at = since + max(until - since, timedelta(0)) * world.rng.random()
            # Whoever tries the product first signs in as the first of the logins, and reads English.
            language = "en" if agent.username == LOGINS[0][0] else ""
            brief = _for_team(world, world.staff.team_of[agent.pk], at, language)
            brief.agent, brief.ending = agent, ending
            world.start_life(at, tickets.ticket, brief)


def just_resolved(world: World) -> None:
    """Resolved within the last hours: their survey mails are the first that a new installation sends."""
    for ago in JUST_RESOLVED:
        moment = world.now - ago
        customer = _who_can_be_asked(world)
        brief = make_up(world, customer, ending="resolved at once", resolved_at=moment)
        brief.agent = world.duty.pick(brief.story.team, moment, language=customer.language, is_qualified=True)
        world.start_life(moment - timedelta(minutes=70), tickets.ticket, brief)


def just_answered(world: World) -> None:
    """A few answers of the last minutes, too low to be let be: nobody has touched these follow-ups yet."""
    for score, ago in JUST_ANSWERED.items():
        world.start_life(world.now - ago, _answers_now, score)


def _answers_now(world: World, at: datetime, score: int) -> Life:
    """Whoever was asked last, has not answered yet and is awake answers with `score`."""
    asked = Invitation.objects.filter(
        delivered_at__gt=at - timedelta(days=9), response=None, resolution__reopened_at=None, expires_at__gt=at
    )
    waiting = asked.select_related("resolution__account", "customer").exclude(resolution=None).order_by("-delivered_at")
    awake = [one for one in waiting if world.duty.is_awake(one.customer, at)]
    if awake:
        yield from answers.answered(world, at, awake[0], awake[0].customer, None, set(), score)


def shares(world: World) -> None:
    """Near the end of each agent's last shift the leads even out the queue."""
    world.start_life(world.now - timedelta(hours=30), opened_again)
    for number, agent in enumerate(world.staff.agents.values()):
        since, until = world.duty.latest_window(agent, world.now)
        at = world.now - timedelta(minutes=25) if until > world.now else until - timedelta(minutes=40)
        world.start_life(max(at, since), even_out, agent, number % 2 == 0)
    world.start_life(world.now - timedelta(minutes=9), last_round)


def opened_again(world: World, at: datetime) -> Life:
    """Yesterday a lead opened one again that was closed; its agent has begun to see to it."""
    closed = FollowUp.objects.filter(status=FollowUp.Status.CLOSED, outcome__in=(Outcome.SOLVED, Outcome.BETTER))
    row = closed.select_related("assignee", "team", "policy", "customer").order_by("-closed_at").first()
    if row is None:
        return
    reason = world.one_of(world.library.office["notes"]["reopened"])
    closing.reopen(follow_up=row, by=world.staff.leads[row.team.slug], reason=reason, at=at)
    world.held.add(row.pk)
    at, row = yield from on_shift(world, at + timedelta(minutes=20), row.pk)
    log_try(world, at, row)


def even_out(world: World, at: datetime, agent: User, is_putting_aside: bool) -> Life:
    """Fill up to a fair share from whoever has most; then one is put aside and some are tried before the shift ends."""
    mine = _held_by(agent, at)
    while len(mine) < SHARE and _take_one(world, at, agent, more_than=len(mine) + 1):
        mine = _held_by(agent, at)
    world.held.update(row.pk for row in mine[:SHARE])
    world.post(at)
    is_on_now = world.duty.is_on(agent, world.now)
    for row in mine[:1] if is_on_now else mine[: SHARE - 1]:
        at = yield at + world.within(1, 4)
        row = load(row.pk)
        if row.is_unclosed and row.assignee_id == agent.pk and not row.reached_at and not _sleeps(row, at):
            log_try(world, at, row)
    if len(mine) >= SHARE and is_putting_aside:
        at = yield at + world.within(1, 3)
        row = load(mine[SHARE - 1].pk)
        if row.is_unclosed and row.assignee_id == agent.pk:
            snoozing.snooze(follow_up=row, until=world.now + SLEEPS, by=agent, at=at)


def last_round(world: World, at: datetime) -> Life:
    """What the shifts left uneven is evened out once more, a moment before now."""
    for agent in world.staff.agents.values():
        for _ in range(SHARE):
            mine = _held_by(agent, at)
            is_due = any(row.due_at < world.now + timedelta(hours=20) for row in mine)
            if len(mine) >= SHARE - 1 and is_due:
                break
            _take_one(world, at, agent, more_than=min(len(mine), SHARE - 1))
    yield from ()


def _take_one(world: World, at: datetime, agent: User, *, more_than: int) -> bool:
    """One that `agent` may take, out of the hands of the colleague with the most, if those are `more_than` so many."""
    piles = [_held_by(other, at) for other in world.staff.agents.values() if other.pk != agent.pk]
    for pile in sorted(piles, key=len, reverse=True):
        free = [row for row in pile if row.rated_agent_id != agent.pk and not _sleeps(row, at)]
        if len(pile) > more_than and free:
            lead = world.staff.leads[free[0].team.slug]
            note = world.library.office["notes"]["evening_out"]
            assigning.hand_over(follow_up=free[0], to=agent, by=lead, note=note, at=at)
            world.held.add(free[0].pk)
            return True
    return False


def _held_by(agent: User, at: datetime) -> list[FollowUp]:
    """What `agent` has: first those to be tried, then those whose customer was reached, then those put aside."""
    mine = FollowUp.objects.unclosed().filter(assignee=agent).order_by("-opened_at")
    rows = mine.select_related("policy", "customer", "assignee", "team")
    return sorted(rows, key=lambda row: (_sleeps(row, at), row.reached_at is not None))


def _sleeps(row: FollowUp, at: datetime) -> bool:
    return row.snoozed_until is not None and row.snoozed_until > at


def _who_can_be_asked(world: World) -> Customer:
    while True:
        customer = world.customers.pick(world.rng)
        special = world.customers.bouncing | set(world.customers.opting_out)
        if customer.email and not customer.is_internal and customer.email not in special:
            return customer


def _for_team(world: World, team: str, at: datetime, language: str) -> Brief:
    """A brief for that team from somebody who is awake and can be asked, in `language` if one is given."""
    while True:
        customer = _who_can_be_asked(world)
        if not world.duty.is_awake(customer, at) or language not in ("", customer.language):
            continue
        brief = make_up(world, customer)
        if brief.story.team == team and not brief.is_direct:
            return brief
