"""Small worlds for tests: made by name, with sensible people in them."""

from datetime import UTC, datetime, time
from itertools import count

from nps.desk.models import Account, Customer, Holiday, Membership, Product, Shift, Team, Ticket, User, WorkingHours
from nps.desk.models.users import Role
from nps.desk.services import opening
from nps.remembered import Remembered

#: A Wednesday, 10:00 in Oslo.
AT = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
_numbers = count(1)


def team(name: str = "Billing", *, zone: str = "Europe/Oslo", follows_sun: bool = False) -> Team:
    made = Team.objects.create(name=name, slug=name.lower(), time_zone=zone, follows_sun=follows_sun)
    WorkingHours.objects.bulk_create(
        WorkingHours(team=made, weekday=day, starts=time(8), ends=time(16)) for day in range(5)
    )
    Remembered.forget_all()
    return made


def agent(
    username: str,
    *teams: Team,
    starts: time | None = time(8),
    ends: time = time(16),
    weekdays: list[int] | None = None,
    languages: list[str] | None = None,
    role: str = Role.AGENT,
    is_lead: bool = False,
    zone: str = "Europe/Oslo",
) -> User:
    """An agent of `teams` with one recurring shift (none if `starts` is None)."""
    from django.contrib.auth.models import Group

    made = User.objects.create_user(
        username,
        f"{username}@tidewell.example",
        "correct horse",
        first_name=username.title(),
        last_name="Berg",
        time_zone=zone,
        languages=languages or ["en"],
    )
    made.groups.add(Group.objects.get(name=role))
    for one in teams:
        Membership.objects.create(user=made, team=one, is_lead=is_lead)
    if starts is not None:
        Shift.objects.create(
            user=made, name="Day", weekdays=weekdays or EVERY_DAY, starts=starts, ends=ends, time_zone=zone
        )
    return made


def account(name: str = "Fjordvik Freight", *, is_key: bool = False) -> Account:
    return Account.objects.create(name=name, is_key=is_key, created_at=AT)


def customer(name: str = "Ingrid Solheim", *, email: str | None = None, **fields: object) -> Customer:
    number = next(_numbers)
    address = f"customer{number}@fjordvik.example" if email is None else email
    defaults: dict[str, object] = {"time_zone": "Europe/Oslo", "phone": "+4790004120", "created_at": AT}
    return Customer.objects.create(name=name, email=address, **{**defaults, **fields})


def product(name: str = "Ledger") -> Product:
    return Product.objects.get_or_create(name=name, defaults={"slug": name.lower()})[0]


def holiday(of: Team, on, name: str = "Holiday") -> Holiday:
    made = Holiday.objects.create(team=of, on=on, name=name)
    Remembered.forget_all()
    return made


def ticket(of: Customer, team: Team, *, assignee: User | None = None, at: datetime = AT, **fields) -> Ticket:
    return opening.open_ticket(
        customer=of, team=team, subject=fields.pop("subject", "Invoice shows the wrong VAT number"), at=at,
        assignee=assignee, **fields,
    )[0]  # fmt: skip
