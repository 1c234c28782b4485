"""The demonstration's own people: three teams around the globe, who works when, and who may do what."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from nps.desk.models import Holiday, Membership, Shift, Team, User, WorkingHours
from nps.desk.models.users import Role
from nps.desk.services import scheduling

PASSWORD = "nines-demo"
MAIL_DOMAIN = "tidewell.example"

# A chain of early shifts and a chain of late ones, each without a gap in every combination of summer and winter
# time: whatever the hour and the day, two people are on shift.
EARLY, LATE = "Early", "Late"


@dataclass(frozen=True)
class TeamPlan:
    name: str
    zone: str
    early: tuple[time, time]
    late: tuple[time, time]
    closed_on: tuple[int, ...] = ()  # weekdays without opening hours, 0 = Monday
    follows_sun: bool = False
    holidays: tuple[tuple[int, int, str], ...] = ()  # month, day, name

    @property
    def slug(self) -> str:
        return self.name.lower()


TEAMS = (
    TeamPlan(
        "Billing",
        "Europe/Oslo",
        early=(time(7), time(16)),
        late=(time(11), time(20)),
        closed_on=(6,),
        holidays=(
            (1, 1, "New Year’s Day"),
            (5, 1, "Labour Day"),
            (5, 17, "Constitution Day"),
            (12, 25, "Christmas Day"),
            (12, 26, "Boxing Day"),
        ),
    ),
    TeamPlan(
        "Connect",
        "America/Chicago",
        early=(time(8), time(17)),
        late=(time(12), time(21)),
        holidays=((1, 1, "New Year’s Day"), (7, 4, "Independence Day"), (12, 25, "Christmas Day")),
    ),
    TeamPlan("Platform", "Australia/Sydney", early=(time(8), time(17)), late=(time(12), time(21)), follows_sun=True),
)

WEEK = (0, 1, 2, 3, 4)
#: team -> username, name, languages, shift, weekdays, front line (their replies are triage, no first contact)
AGENTS: dict[str, tuple[tuple[str, str, tuple[str, ...], str, tuple[int, ...], bool], ...]] = {
    "billing": (
        ("sanna", "Sanna Holm", ("nb", "en", "de"), EARLY, WEEK, False),
        ("tomas", "Tomas Berg", ("nb", "en"), LATE, WEEK, False),
        ("mara", "Mara Vik", ("en", "pl", "nb"), EARLY, (3, 4, 5, 6, 0), False),
        ("jonas", "Jonas Adler", ("de", "en"), LATE, (4, 5, 6, 0, 1), False),
    ),
    "connect": (
        ("dana", "Dana Whitfield", ("en",), EARLY, WEEK, False),
        ("luis", "Luis Ortega", ("en", "es"), LATE, WEEK, True),
        ("kasia", "Kasia Zielinska", ("pl", "en"), EARLY, (3, 4, 5, 6, 0), False),
        ("owen", "Owen Price", ("en", "de"), LATE, (4, 5, 6, 0, 1), False),
    ),
    "platform": (
        ("priya", "Priya Raman", ("en", "de"), EARLY, WEEK, False),
        ("callum", "Callum Reid", ("en",), LATE, WEEK, False),
        ("signe", "Signe Dahl", ("nb", "en"), EARLY, (3, 4, 5, 6, 0), False),
        ("wojtek", "Wojtek Nowicki", ("pl", "en", "de"), LATE, (4, 5, 6, 0, 1), True),
    ),
}
LEADS = {
    "billing": ("petra", "Petra Lang", ("de", "en", "nb")),
    "connect": ("grace", "Grace Okafor", ("en",)),
    "platform": ("hugo", "Hugo Marsh", ("en",)),
}
MANAGER = ("runa", "Runa Haugen", ("nb", "en"))
AUDITOR = ("edith", "Edith Crane", ("en",))
ADMIN = ("admin", "Alma Strand", ("en", "nb"))

LOGINS: list[tuple[str, str, str]] = [
    ("sanna", PASSWORD, "support agent, Billing, Oslo (the other eleven sign in the same way)"),
    ("dana", PASSWORD, "support agent, Connect, Chicago"),
    ("priya", PASSWORD, "support agent, Platform, Sydney"),
    ("petra", PASSWORD, "lead of Billing"),
    ("runa", PASSWORD, "manager, with Django admin"),
    ("edith", PASSWORD, "auditor: reads all, changes nothing"),
    ("admin", PASSWORD, "administrator"),
]


@dataclass
class Staff:
    """Everybody who works here, by username; teams by slug."""

    teams: dict[str, Team] = field(default_factory=dict)
    agents: dict[str, User] = field(default_factory=dict)
    leads: dict[str, User] = field(default_factory=dict)  # by team slug
    manager: User | None = None
    team_of: dict[int, str] = field(default_factory=dict)  # user id -> team slug
    by_id: dict[int | None, User] = field(default_factory=dict)  # agents; what is nobody's has no entry


def usernames() -> list[str]:
    agents = [row[0] for team in AGENTS.values() for row in team]
    return [*agents, *(row[0] for row in LEADS.values()), MANAGER[0], AUDITOR[0], ADMIN[0]]


def hire(*, since: datetime, until: datetime) -> Staff:
    """Make teams, people, shifts and absences, as they were at `since`; holidays of the years up to `until` and the
    next."""
    staff = Staff()
    hashed = make_password(PASSWORD)
    groups = {role: Group.objects.get(name=role.value) for role in Role}
    for plan in TEAMS:
        team = staff.teams[plan.slug] = _make_team(plan, since.year, until.year + 1)
        for username, name, languages, shift, weekdays, is_front_line in AGENTS[plan.slug]:
            user = _make_user(username, name, languages, plan.zone, hashed, since, is_qualified=not is_front_line)
            user.groups.add(groups[Role.AGENT])
            Membership.objects.create(user=user, team=team)
            starts, ends = plan.early if shift == EARLY else plan.late
            Shift.objects.create(
                user=user, name=shift, weekdays=list(weekdays), starts=starts, ends=ends, time_zone=plan.zone
            )
            staff.agents[username] = user
            staff.team_of[user.pk], staff.by_id[user.pk] = plan.slug, user
        username, name, languages = LEADS[plan.slug]
        lead = _make_user(username, name, languages, plan.zone, hashed, since, is_staff=True)
        lead.groups.add(groups[Role.LEAD])
        # Leads listen in and steer; calls go to the agents.
        Membership.objects.create(user=lead, team=team, is_lead=True, takes_outreach=False)
        starts, ends = plan.early
        Shift.objects.create(user=lead, name="Day", weekdays=[*WEEK], starts=starts, ends=ends, time_zone=plan.zone)
        staff.leads[plan.slug] = lead
    staff.manager = _make_user(*MANAGER, "Europe/Oslo", hashed, since, is_staff=True)
    staff.manager.groups.add(groups[Role.MANAGER])
    auditor = _make_user(*AUDITOR, "Europe/Oslo", hashed, since, is_staff=True)
    auditor.groups.add(groups[Role.AUDITOR])
    _make_user(*ADMIN, "Europe/Oslo", hashed, since, is_staff=True, is_superuser=True)
    _plan_absences(staff, since, until)
    return staff


def _make_team(plan: TeamPlan, first_year: int, last_year: int) -> Team:
    team = Team.objects.create(name=plan.name, slug=plan.slug, time_zone=plan.zone, follows_sun=plan.follows_sun)
    WorkingHours.objects.bulk_create(
        WorkingHours(team=team, weekday=day, starts=plan.early[0], ends=plan.late[1])
        for day in range(7)
        if day not in plan.closed_on
    )
    Holiday.objects.bulk_create(
        Holiday(team=team, on=date(year, month, day), name=name)
        for year in range(first_year, last_year + 1)
        for month, day, name in plan.holidays
    )
    return team


def _make_user(
    username: str, name: str, languages: tuple[str, ...], zone: str, hashed: str, since: datetime, **flags: bool
) -> User:
    first, last = name.split(" ", 1)
    return User.objects.create(
        username=username,
        password=hashed,
        first_name=first,
        last_name=last,
        email=f"{username}@{MAIL_DOMAIN}",
        time_zone=zone,
        languages=list(languages),
        date_joined=since,
        **flags,
    )


def _plan_absences(staff: Staff, since: datetime, until: datetime) -> None:
    """A week off long ago, two sick days since, a holiday ahead. The rest of the chains still covers every hour."""
    span = until - since
    away = [
        ("tomas", until - span * 0.6, min(timedelta(days=7), span * 0.4), "Holiday"),
        ("callum", until - span * 0.4, min(timedelta(days=2), span * 0.2), "Ill"),
        ("kasia", until + timedelta(days=9), timedelta(days=5), "Holiday"),
    ]
    for username, starts_at, length, reason in away:
        starts_at = starts_at.replace(minute=0, second=0, microsecond=0)
        scheduling.add_absence(
            user=staff.agents[username], starts_at=starts_at, ends_at=starts_at + length, at=since, reason=reason
        )
