"""The organisation as the server publishes it, and the people of the log mapped onto its people."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from .log import NOBODY
from .rest import Api
from .shifts import Absence, Plan, Shift


@dataclass(frozen=True)
class Person:
    id: int
    username: str
    teams: frozenset[int]
    calls_for: frozenset[int]  # the teams for which they may be given a follow-up


@dataclass
class Organisation:
    teams: list[int]  # active ones, by slug
    people: dict[int, Person]  # active ones
    plan: Plan
    root_causes: list[int]
    members: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        by_name = sorted(self.people.values(), key=lambda person: person.username)
        self.members = {team: [one.id for one in by_name if team in one.teams] for team in self.teams}
        self.teams = [team for team in self.teams if self.members[team]]
        if not self.teams:
            raise ValueError("No active team has an active member; seed the server first.")

    def team_of(self, group: str) -> int:
        """The team that stands for a group of the log; the same for the same group, always."""
        return self.teams[number_of(group) % len(self.teams)]

    def person_of(self, team: int, person: str) -> int | None:
        """The member of `team` who stands for a person of the log; None for nobody."""
        members = self.members[team]
        return None if person == NOBODY else members[number_of(person) % len(members)]

    def may_call(self, team: int, rated: int | None) -> set[int]:
        """Who may be given a follow-up of `team`: whoever takes outreach for it, save the one it is about."""
        return {one.id for one in self.people.values() if team in one.calls_for and one.id != rated}

    def may_help(self, rated: int | None) -> set[int]:
        """Who may be given it when that team has nobody on shift: whoever takes outreach anywhere."""
        return {one.id for one in self.people.values() if one.calls_for and one.id != rated}


def number_of(name: str) -> int:
    """A number for an id of the log, the same in every run."""
    return int(name) if name.isascii() and name.isdigit() else crc32(name.encode())


def load(api: Api) -> Organisation:
    """Everything about staff, in a few requests."""
    teams = sorted((row for row in api.every("teams/") if row["is_active"]), key=lambda row: str(row["slug"]))
    active = {row["id"] for row in teams}
    return Organisation(
        teams=[row["id"] for row in teams],
        people={row["id"]: _person(row, active) for row in api.every("users/") if row["is_active"]},
        plan=Plan(_shifts(api.every("shifts/")), _absences(api.every("absences/"))),
        root_causes=[row["id"] for row in api.every("root-causes/") if row["is_active"]],
    )


def _person(row: dict[str, Any], teams: set[int]) -> Person:
    own = [one for one in row["teams"] if one["id"] in teams]
    takes = frozenset(one["id"] for one in own if one["takes_outreach"])
    return Person(row["id"], row["username"], frozenset(one["id"] for one in own), takes)


def _shifts(rows: Iterable[dict[str, Any]]) -> list[Shift]:
    return [
        Shift(
            person=row["user"],
            weekdays=frozenset(row["weekdays"]),
            starts=time.fromisoformat(row["starts"]),
            ends=time.fromisoformat(row["ends"]),
            zone=ZoneInfo(row["time_zone"]),
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
        )
        for row in rows
    ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _absences(rows: Iterable[dict[str, Any]]) -> list[Absence]:
    return [Absence(row["user"], moment(row["starts_at"]), moment(row["ends_at"])) for row in rows]


def moment(text: str) -> datetime:
    """An ISO 8601 moment with its offset."""
    return datetime.fromisoformat(text)
