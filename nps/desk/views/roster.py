"""The roster of a week: who covers which hour in every zone, drawn as tables, and as lists where there is no room."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from nps.desk.access import plannable_ids, reader, roster_teams, staff_page
from nps.desk.coverage import open_windows
from nps.desk.forms import RosterFilter
from nps.desk.hours import zone_named
from nps.desk.models import Team, User
from nps.desk.roster import QUARTER, Day, Line, Piece, Week, roster
from nps.filtering import value_of
from nps.times import place


@dataclass(frozen=True)
class Cell:
    """`span` quarters of an hour in a row of the table; empty where nothing is."""

    span: int
    kind: str = ""
    text: str = ""


@dataclass(frozen=True)
class PersonRow:
    user: User
    takes_calls: bool
    is_linked: bool
    cells: list[Cell]


@dataclass(frozen=True)
class TeamRows:
    team: Team
    city: str
    hours: list[Cell]
    people: list[PersonRow]


@dataclass(frozen=True)
class DayView:
    day: Day
    is_today: bool
    note: str
    hours: list[Cell]
    teams: list[TeamRows]
    cover: list[Cell]


@staff_page()
def roster_page(request: HttpRequest) -> HttpResponse:
    user, at = reader(request), timezone.now()
    zone = zone_named(user.time_zone)
    week = Week.read(value_of(request.GET, "week"), zone, at)
    every_team = list(roster_teams(user).prefetch_related("hours", "holidays"))
    chosen = [team for team in every_team if team.slug == value_of(request.GET, "team")]
    found = roster(week=week, teams=chosen or every_team)
    linked = plannable_ids(user)
    form = RosterFilter(request.GET, teams=every_team)
    context = {
        "refused": form.refused,
        "week": week,
        "roster": found,
        "days": [_view(day, at, zone, linked) for day in found.days],
        "teams": every_team,
        "chosen": chosen[0] if chosen else None,
        "zones": _zones(chosen or every_team, user.time_zone),
        "before": week.moved(-1).name,
        "after": week.moved(1).name,
        "today": at.astimezone(zone).date(),
        "is_this_week": week == Week.read("", zone, at),
        "last_day": week.days[-1],
    }
    return render(request, "nps/desk/roster.html", context)


def _zones(teams: Iterable[Team], own: str) -> list[str]:
    """The other zones that are worth naming beside the reader's."""
    return [zone for zone in dict.fromkeys(team.time_zone for team in teams) if zone != own]


def _view(day: Day, at: datetime, zone: ZoneInfo, linked: frozenset[int]) -> DayView:
    length = len(day.hours)
    note = "" if length == 24 else f"{length} hours: the clocks change in {place(zone.key)}"
    return DayView(
        day=day,
        is_today=day.start <= at < day.end,
        note=note,
        hours=[Cell(4, "", _clock(hour, zone)) for hour in day.hours],
        teams=[
            TeamRows(
                rows.team,
                place(rows.team.time_zone),
                _hours_of(rows.team, day),
                [_person(line, day, zone, linked) for line in rows.lines],
            )
            for rows in day.teams
        ],
        cover=[_cover(slot.user_ids, cell) for slot, cell in zip(day.slots, _spans(day), strict=True)],
    )


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.minute else f"{local:%H}"


def _hours_of(team: Team, day: Day) -> list[Cell]:
    """Each hour as the clocks of the team read it; “shut” where it is closed all that hour."""
    zone = zone_named(team.time_zone)
    opened = open_windows(team.calendar(), day.start, day.end)
    cells = []
    for start, end in pairwise([*day.hours, day.end]):
        is_open = any(begin < end and start < finish for begin, finish in opened)
        cells.append(Cell(4, "" if is_open else "shut", _clock(start, zone)))
    return cells


def _person(line: Line, day: Day, zone: ZoneInfo, linked: frozenset[int]) -> PersonRow:
    return PersonRow(line.user, line.takes_calls, line.user.pk in linked, list(_cells(line.pieces, day, zone)))


def _cells(pieces: list[Piece], day: Day, zone: ZoneInfo) -> Iterator[Cell]:
    """What is worked, with blanks between; of overlapping pieces the later one begins where the earlier ends."""
    total, place_now = len(day.hours) * 4, 0
    for piece in pieces:
        first = max((max(piece.start, day.start) - day.start) // QUARTER, place_now)
        last = min(-((day.start - min(piece.end, day.end)) // QUARTER), total)
        if last <= first:
            continue
        if first > place_now:
            yield Cell(first - place_now)
        hours = f"{piece.start.astimezone(zone):%H:%M}–{piece.end.astimezone(zone):%H:%M}"
        yield Cell(last - first, "away" if piece.is_away else "on", f"Away {hours}" if piece.is_away else hours)
        place_now = last
    if place_now < total:
        yield Cell(total - place_now)


def _spans(day: Day) -> list[int]:
    """How many quarters each slot takes: together those of the day, and none is narrower than one."""
    edges = [round((slot.end - day.start) / QUARTER) for slot in day.slots]
    return [max(last - first, 1) for first, last in pairwise([0, *edges])]


def _cover(user_ids: tuple[int, ...], span: int) -> Cell:
    return Cell(span, "on" if user_ids else "gap", str(len(user_ids)) if user_ids else "Nobody")
