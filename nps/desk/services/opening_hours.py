"""Say when a team is open: its week as people write it, whether it follows the sun, and its holidays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import transaction

from nps.desk.hours import MIDNIGHT
from nps.desk.models import Holiday, Team, User, WorkingHours
from nps.desk.models.teams import Weekday
from nps.errors import InvalidInput
from nps.remembered import Remembered
from nps.text import clean_text

Interval = tuple[time, time]
Day = tuple[Interval, ...]

MOST_INTERVALS = 6
_CLOCK = r"([01]?[0-9]|2[0-4])(?:[:.]([0-5][0-9]))?"
_INTERVAL = re.compile(rf"{_CLOCK}\s*[-–—]\s*{_CLOCK}", re.ASCII)
_CLOSED = frozenset({"", "-", "–", "closed"})
EXAMPLE = "Write hours such as 09:00–12:00, 13:00–17:00, or leave it empty where the team is closed."


@dataclass(frozen=True)
class Week:
    """Seven days, Monday first; each its intervals of local time, closing at 00:00 for the midnight that ends it."""

    days: tuple[Day, ...]
    follows_sun: bool = False


def read_day(text: str, *, field: str) -> Day:
    """“09:00–12:00, 13-17” as intervals in order; "" and “closed” are none. InvalidInput names `field`."""
    if text.strip().lower() in _CLOSED:
        return ()
    intervals = sorted(_read_interval(part.strip(), field) for part in re.split("[,;]", text))
    if len(intervals) > MOST_INTERVALS:
        raise InvalidInput(f"At most {MOST_INTERVALS} times a day.", field=field)
    for (_, closes), (opens, _) in pairwise(intervals):
        if closes == MIDNIGHT or opens < closes:
            raise InvalidInput("These times overlap; join them into one.", field=field)
    return tuple(intervals)


def _read_interval(text: str, field: str) -> Interval:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        raise InvalidInput(EXAMPLE, field=field)
    opens, closes = _clock(found[1], found[2]), _clock(found[3], found[4])
    if opens is None or closes is None or int(found[1]) == 24:
        raise InvalidInput("The last hour of a day is 24:00, and none begins there.", field=field)
    if closes != MIDNIGHT and closes <= opens:
        raise InvalidInput(
            "It ends before it begins; hours over midnight are written on both days: until 24:00, and from 00:00.",
            field=field,
        )
    return opens, closes


def _clock(hour: str, minute: str | None) -> time | None:
    """24:00 is the midnight that ends the day, as WorkingHours keeps it; None for 24:30."""
    minutes = int(minute or 0)
    if int(hour) == 24:
        return None if minutes else MIDNIGHT
    return time(int(hour), minutes)


def written(day: Sequence[Interval]) -> str:
    """As read_day reads it."""
    return ", ".join(f"{opens:%H:%M}–{'24:00' if closes == MIDNIGHT else f'{closes:%H:%M}'}" for opens, closes in day)


@transaction.atomic
def set_hours(*, team: Team, week: Week, by: User) -> bool:
    """The team's week from now on; clocks that run already keep what they were given. False if nothing is new.
    InvalidInput for a week that never opens, in which no clock would ever run out."""
    if not week.follows_sun and not any(week.days):
        raise InvalidInput("A team is open some time in the week; write hours on at least one day.", field="day_0")
    team = Team.objects.select_for_update().get(pk=team.pk)
    before = Week(team.calendar().weekly, team.follows_sun)
    if before == week:
        return False
    WorkingHours.objects.filter(team=team).delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(team=team, weekday=weekday, starts=opens, ends=closes)
        for weekday, day in enumerate(week.days)
        for opens, closes in day
    )
    Team.objects.filter(pk=team.pk).update(follows_sun=week.follows_sun)
    _log(by, team, CHANGE, f"Working hours were {_told(before)}; they are {_told(week)}.")
    return True


@transaction.atomic
def add_holiday(*, team: Team, on: date, name: str, by: User, today: date) -> Holiday:
    """The team is shut all that local day. The same day again gets the new name. InvalidInput for a day that is past:
    clocks of that day have run already."""
    name = clean_text(name, field="name", max_length=80, is_required=True).strip()
    if on < today:
        raise InvalidInput("That day is past; choose one from today on.", field="on")
    holiday, is_new = Holiday.objects.update_or_create(team=team, on=on, defaults={"name": name})
    _log(by, holiday, ADDITION if is_new else CHANGE, f"{team} is closed on {holiday}.")
    return holiday


@transaction.atomic
def remove_holiday(*, holiday: Holiday, by: User) -> bool:
    """The team works that day after all. False if it is gone already."""
    _log(by, holiday, DELETION, f"{holiday.team} is no longer closed on {holiday}.")
    return bool(Holiday.objects.filter(pk=holiday.pk).delete()[0])


def _told(week: Week) -> str:
    if week.follows_sun:
        return "around the clock"
    days = (f"{Weekday(number).label[:3]} {written(day)}" for number, day in enumerate(week.days) if day)
    return "; ".join(days) or "none"


def _log(by: User, row: Team | Holiday, flag: int, message: str) -> None:
    """In Django admin's own log, as for other settings; and this process counts by the new calendar at once."""
    Remembered.forget_all()
    LogEntry.objects.log_actions(by.pk, [row], flag, change_message=message, single_object=True)
