"""Benchmarks: an organisation and, in bulk, the rows that the acts start from: open tickets and invitations."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count

from django.utils import timezone

from nps.desk.models import Account, Customer, Membership, Resolution, Shift, Team, Ticket, User, WorkingHours
from nps.remembered import Remembered
from nps.survey.models import Invitation, Survey, SurveyDecision

AGENTS, ACCOUNTS = 12, 20
_numbers = count(1)


@dataclass
class World:
    team: Team
    rated: User
    accounts: list[Account]
    survey: Survey


def build() -> World:
    """A team with office hours, twelve agents on shift around the clock, twenty accounts; the survey asks at once."""
    at = timezone.now()
    team = Team.objects.create(name="Billing", slug="billing", time_zone="Europe/Oslo")
    WorkingHours.objects.bulk_create(
        WorkingHours(team=team, weekday=day, starts=time(8), ends=time(16)) for day in range(5)
    )
    agents = User.objects.bulk_create(
        User(username=f"agent{n}", email=f"agent{n}@bench.example", first_name="Agent", last_name=str(n))
        for n in range(AGENTS)
    )
    Membership.objects.bulk_create(Membership(user=agent, team=team) for agent in agents)
    Shift.objects.bulk_create(
        Shift(user=agent, name="Day", weekdays=list(range(7)), starts=time(0), ends=time(0), time_zone="Europe/Oslo")
        for agent in agents
    )
    accounts = Account.objects.bulk_create(Account(name=f"Account {n}", created_at=at) for n in range(ACCOUNTS))
    Survey.objects.update(delay_minutes=0, quiet_days=0, sample_percent=100)
    Remembered.forget_all()
    return World(team, agents[0], accounts, Survey.objects.get(is_default=True))


def open_tickets(world: World, number: int) -> list[Ticket]:
    """Open tickets, each of a customer of its own, with `customer.account` at hand."""
    at = timezone.now()
    customers = []
    for n in (next(_numbers) for _ in range(number)):
        account = world.accounts[n % ACCOUNTS]
        customers.append(Customer(name=f"Customer {n}", email=f"c{n}@bench.example", account=account, created_at=at))
    Customer.objects.bulk_create(customers, batch_size=500)
    tickets = [
        Ticket(
            customer=customer,
            subject="Invoice shows the wrong VAT number",
            team=world.team,
            assignee=world.rated,
            opened_at=at,
            updated_at=at,
        )
        for customer in customers
    ]
    return Ticket.objects.bulk_create(tickets, batch_size=500)


def invitations(world: World, number: int) -> list[Invitation]:
    """Invitations to tickets resolved a minute ago, their mails not in the outbox: as if sent long ago."""
    at = timezone.now() - timedelta(minutes=1)
    tickets = open_tickets(world, number)
    for ticket in tickets:
        ticket.status, ticket.resolved_at, ticket.resolutions_made = Ticket.Status.RESOLVED, at, 1
    Ticket.objects.bulk_update(tickets, ["status", "resolved_at", "resolutions_made"], batch_size=500)
    resolutions = Resolution.objects.bulk_create((_resolution(one, at) for one in tickets), batch_size=500)
    SurveyDecision.objects.bulk_create(
        (SurveyDecision(resolution=one, survey=world.survey, outcome="invited", decided_at=at) for one in resolutions),
        batch_size=500,
    )
    return Invitation.objects.bulk_create((_invitation(world, one, at) for one in resolutions), batch_size=500)


def _resolution(ticket: Ticket, at: datetime) -> Resolution:
    return Resolution(
        ticket=ticket,
        number=1,
        resolved_at=at,
        resolved_by=ticket.assignee,
        customer=ticket.customer,
        account=ticket.customer.account,
        agent=ticket.assignee,
        team=ticket.team,
        channel=ticket.channel,
        shift_name="Day",
    )


def _invitation(world: World, resolution: Resolution, at: datetime) -> Invitation:
    return Invitation(
        survey=world.survey,
        customer=resolution.customer,
        resolution=resolution,
        address=resolution.customer.email,
        created_at=at,
        expires_at=at + timedelta(days=90),
        delivered_at=at,
    )
