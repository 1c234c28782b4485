"""The roster of one week: who is at work in which hour of every zone, and where nobody is. Read, never written."""

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nps.desk import coverage
from nps.desk.coverage import Slot
from nps.desk.hours import Away, ShiftPattern, Window, instant, presences
from nps.desk.models import Absence, Membership, Shift, Team, User

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
FIRST_YEAR, LAST_YEAR = 2000, 2100
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


def monday_of(text: str) -> date | None:
    """The Monday of the week that “2026-W47” names; None where it names none between 2000 and 2100."""
    if (found := _WEEK.fullmatch(text)) and FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        with contextlib.suppress(ValueError):  # a year of 52 weeks has no 53rd
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    return None


@dataclass(frozen=True)
class Week:
    """Seven dates from a Monday, as the clocks of `zone` count them."""

    monday: date
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, zone: ZoneInfo, at: datetime) -> "Week":
        """The week that “2026-W47” names; the one of `at` where the text names none between 2000 and 2100."""
        today = at.astimezone(zone).date()
        return cls(monday_of(text) or today - timedelta(days=today.weekday()), zone)

    @property
    def name(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02d}"

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(7)]

    @property
    def span(self) -> Window:
        """From its first moment to just before the next week, in UTC."""
        return self.begins(self.monday), self.begins(self.monday + timedelta(days=7))

    def begins(self, day: date) -> datetime:
        return instant(day, time(), self.zone)

    def moved(self, weeks: int) -> "Week":
        return Week(self.monday + timedelta(weeks=weeks), self.zone)


@dataclass(frozen=True)
class Piece:
    """One stretch at work (or away, of a shift that an absence takes), in UTC."""

    start: datetime
    end: datetime
    name: str
    is_away: bool = False


@dataclass(frozen=True)
class Line:
    """A person of a team and what they work that day."""

    user: User
    takes_calls: bool
    pieces: list[Piece]


@dataclass(frozen=True)
class Gap:
    """Nobody is at work who could take a call. `team` None: nobody of any team shown; else only nobody of this one,
    although it is open, and `covered_by` are the people of others."""

    start: datetime
    end: datetime
    team: Team | None
    covered_by: tuple[User, ...] = ()


@dataclass(frozen=True)
class TeamDay:
    team: Team
    lines: list[Line]


@dataclass(frozen=True)
class Day:
    """One date of the reader's zone, of 23, 24 or 25 hours."""

    on: date
    start: datetime
    end: datetime
    teams: list[TeamDay]
    slots: list[Slot]
    gaps: list[Gap]

    @property
    def hours(self) -> list[datetime]:
        return [self.start + number * HOUR for number in range(round((self.end - self.start) / HOUR))]


@dataclass(frozen=True)
class Roster:
    week: Week
    days: list[Day]
    gaps: list[Gap]
    people: dict[int, User]


class _Plan:
    """Everybody's shifts and absences of the week, read once."""

    def __init__(self, teams: list[Team], since: datetime, until: datetime) -> None:
        self.members: dict[int, list[Membership]] = defaultdict(list)
        self.people: dict[int, User] = {}
        rows = Membership.objects.filter(team__in=teams, user__is_active=True).select_related("user")
        for row in rows.order_by("-takes_outreach", "user__first_name", "user_id"):
            self.members[row.team_id].append(row)
            self.people[row.user_id] = row.user
        patterns: dict[int, list[ShiftPattern]] = defaultdict(list)
        for shift in Shift.objects.filter(user__in=self.people).order_by("starts", "pk"):
            patterns[shift.user_id].append(shift.pattern())
        aways: dict[int, list[Away]] = defaultdict(list)
        for absence in Absence.objects.filter(user__in=self.people, ends_at__gt=since, starts_at__lt=until):
            aways[absence.user_id].append(absence.away())
        self.pieces: dict[int, list[Piece]] = {}
        for pk in self.people:
            here = [Piece(*found) for found in presences(patterns[pk], aways[pk], pk, since, until)]
            full = presences(patterns[pk], [], pk, since, until) if aways[pk] else []
            gone = [
                Piece(max(start, away.starts_at), min(end, away.ends_at), name, is_away=True)
                for start, end, name in full
                for away in aways[pk]
                if start < away.ends_at and away.starts_at < end
            ]
            self.pieces[pk] = sorted([*here, *gone], key=lambda piece: (piece.start, piece.end))

    def present(self, members: Iterable[Membership]) -> list[tuple[int, datetime, datetime]]:
        """Who can take a call, and when."""
        takers = dict.fromkeys(row.user_id for row in members if row.takes_outreach)
        return [(pk, one.start, one.end) for pk in takers for one in self.pieces[pk] if not one.is_away]


def roster(*, week: Week, teams: list[Team]) -> Roster:
    """The week of these teams, which come with `hours` and `holidays` prefetched. Three statements."""
    since, until = week.span
    plan = _Plan(teams, since, until)
    everybody = [row for team in teams for row in plan.members[team.pk]]
    all_slots = coverage.slots(plan.present(everybody), since, until)
    gaps = _gaps(plan, teams, all_slots, since, until)
    days = []
    for on in week.days:
        start, end = week.begins(on), week.begins(on + timedelta(days=1))
        lines = [TeamDay(team, _lines(plan, team, start, end)) for team in teams]
        here = coverage.slots(plan.present(everybody), start, end)
        days.append(Day(on, start, end, lines, here, [gap for gap in gaps if gap.start < end and start < gap.end]))
    return Roster(week, days, gaps, plan.people)


def _lines(plan: _Plan, team: Team, start: datetime, end: datetime) -> list[Line]:
    found = []
    for row in plan.members[team.pk]:
        pieces = [piece for piece in plan.pieces[row.user_id] if piece.start < end and start < piece.end]
        if pieces:
            found.append(Line(row.user, row.takes_outreach, pieces))
    return found


def _gaps(plan: _Plan, teams: list[Team], everybody: list[Slot], since: datetime, until: datetime) -> list[Gap]:
    """First where nobody at all is there, then, for each team with hours of its own, where only others are."""
    opened = {team.pk: coverage.open_windows(team.calendar(), since, until) for team in teams}
    needed = [window for windows in opened.values() for window in windows]
    gaps = [Gap(start, end, None) for start, end in coverage.unmanned(needed, everybody)]
    for team in teams:
        if team.follows_sun:
            continue
        own = coverage.slots(plan.present(plan.members[team.pk]), since, until)
        for start, end in coverage.unmanned(opened[team.pk], own):
            for slot in everybody:
                first, last = max(start, slot.start), min(end, slot.end)
                if first < last and slot.user_ids:
                    gaps.append(Gap(first, last, team, tuple(plan.people[pk] for pk in slot.user_ids)))
    return sorted(gaps, key=lambda gap: (gap.start, gap.team is not None))
