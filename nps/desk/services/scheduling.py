"""Say when a person works and when they are away: recurring shifts and absences."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import transaction

from nps.desk.hours import ShiftPattern, occurrences, zone_named
from nps.desk.models import Absence, Shift, User
from nps.desk.models.teams import Weekday
from nps.errors import InvalidInput
from nps.text import clean_text

LONGEST = timedelta(days=366)
#: the clocks change twice in this time: two shifts in different zones that ever meet meet within it
LOOK_FOR_OVERLAPS = timedelta(days=370)


@dataclass(frozen=True)
class Times:
    """A recurring shift as it is typed: `weekdays` (0 = Monday) on which it starts, local times of `time_zone`; `ends`
    at or before `starts` is on the next day. `valid_from` and `valid_to` are both inclusive, None is without bound."""

    name: str
    weekdays: list[int]
    starts: time
    ends: time
    time_zone: str
    valid_from: date | None = None
    valid_to: date | None = None


@transaction.atomic
def add_shift(*, user: User, times: Times, by: User, at: datetime) -> Shift:
    """One more recurring shift; the same again is the same row. InvalidInput names the field that is wrong, and the
    shift that it would overlap."""
    User.objects.select_for_update().get(pk=user.pk)  # two planners at once are one after the other
    fields = _clean(times)
    for same in Shift.objects.filter(user=user, **{name: fields[name] for name in fields if name != "weekdays"}):
        if same.weekdays == fields["weekdays"]:
            return same
    shift = Shift(user=user, **fields)
    _refuse_overlap(shift, at)
    shift.save()
    _log(by, shift, ADDITION, f"Added {shift} for {user}.")
    return shift


@transaction.atomic
def change_shift(*, shift: Shift, times: Times, from_on: date, by: User, at: datetime) -> Shift:
    """Other times from `from_on` on. What was worked before that day stays as it was: the old shift ends the day
    before, and a new one begins. Without an earlier day it is changed in place."""
    User.objects.select_for_update().get(pk=shift.user_id)
    fields = _clean(times) | {"valid_from": from_on}
    if fields["valid_to"] is not None and fields["valid_to"] < from_on:
        raise InvalidInput("It would end before it begins; choose a later last day.", field="valid_to")
    if shift.valid_to is not None and from_on > shift.valid_to:
        raise InvalidInput("This shift has ended by then; add a new one instead.", field="from_on")
    is_whole = shift.valid_from is not None and from_on <= shift.valid_from
    changed = Shift(pk=shift.pk if is_whole else None, user=shift.user, **fields)
    before = str(shift)
    _refuse_overlap(changed, at, besides=shift.pk)
    if not is_whole:
        Shift.objects.filter(pk=shift.pk).update(valid_to=from_on - timedelta(days=1))
    changed.save()
    _log(by, changed, CHANGE, f"{before} of {shift.user} becomes {changed} from {from_on}.")
    return changed


@transaction.atomic
def end_shift(*, shift: Shift, last_on: date, by: User) -> bool:
    """`last_on` is the last day on which it starts; before its first day it goes altogether. False if it is gone."""
    if shift.valid_to is not None and last_on > shift.valid_to:
        raise InvalidInput(f"It ends on {shift.valid_to:%Y-%m-%d} already; choose an earlier day.", field="last_on")
    same = Shift.objects.filter(pk=shift.pk)
    if shift.valid_from is not None and last_on < shift.valid_from:
        _log(by, shift, DELETION, f"Removed {shift} of {shift.user}, which had not begun.")
        return bool(same.delete()[0])
    _log(by, shift, CHANGE, f"{shift} of {shift.user} ends with {last_on}.")
    return bool(same.update(valid_to=last_on))


def _clean(times: Times) -> dict[str, Any]:
    name = clean_text(times.name, field="name", max_length=40, is_required=True).strip()
    weekdays = sorted(set(times.weekdays))
    if not weekdays or not set(weekdays) <= set(range(7)):
        raise InvalidInput("Choose at least one day on which it starts.", field="weekdays", code="required")
    try:
        zone_named(times.time_zone)
    except ValueError as error:
        raise InvalidInput(str(error), field="time_zone") from None
    if times.valid_from and times.valid_to and times.valid_to < times.valid_from:
        raise InvalidInput("It would end before it begins; choose a later last day.", field="valid_to")
    return {**vars(times), "name": name, "weekdays": weekdays}


def _refuse_overlap(shift: Shift, at: datetime, besides: int = 0) -> None:
    """Nobody works two shifts at the same time: InvalidInput says which other one, and on which day."""
    # East of Greenwich a local day begins before the day of UTC does.
    begins = datetime.combine(shift.valid_from, time(), UTC) - timedelta(days=1) if shift.valid_from else at
    since = max(begins, at)
    until = since + LOOK_FOR_OVERLAPS
    mine = list(occurrences(shift.pattern(), since, until))
    for other in Shift.objects.filter(user_id=shift.user_id).exclude(pk=besides).order_by("pk"):
        if (day := _first_meeting(mine, other.pattern(), since, until)) is not None:
            weekday = Weekday(day.weekday()).label
            raise InvalidInput(
                f"It overlaps {other} on {weekday} {day:%Y-%m-%d}; end that one first, or choose other times.",
                field="starts",
                code="overlap",
            )


def _first_meeting(
    mine: list[tuple[datetime, datetime]], other: ShiftPattern, since: datetime, until: datetime
) -> date | None:
    """The local day of the first of `mine` that overlaps one of `other`; both are in order."""
    theirs = list(occurrences(other, since, until))
    place = 0
    for start, end in mine:
        while place < len(theirs) and theirs[place][1] <= start:
            place += 1
        if place < len(theirs) and theirs[place][0] < end:
            return start.astimezone(zone_named(other.zone)).date()
    return None


def _log(by: User, row: Shift | Absence, flag: int, message: str) -> None:
    """Who changed whose plan: in Django admin's own log, as for other settings."""
    LogEntry.objects.log_actions(by.pk, [row], flag, change_message=message, single_object=True)


def add_absence(
    *, user: User, starts_at: datetime, ends_at: datetime, at: datetime, reason: str = "", by: User | None = None
) -> Absence:
    """`user` is away from `starts_at` until just before `ends_at`. The same absence again is the same row.
    InvalidInput if it ends before it begins, is already over, or is longer than a year."""
    reason = clean_text(reason, field="reason", max_length=120)
    if ends_at <= starts_at:
        raise InvalidInput("It has to end after it begins; choose a later end.", field="ends_at")
    if ends_at <= at:
        raise InvalidInput("This absence is over already; choose a later end.", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise InvalidInput("One absence can be a year at most; choose an earlier end.", field="ends_at")
    # Two equal absences would do no harm, so a second press of the button needs no constraint to be caught.
    same = Absence.objects.filter(user=user, starts_at=starts_at, ends_at=ends_at).first()
    if same is not None:
        return same
    absence = Absence.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, reason=reason)
    if by is not None and by != user:
        _log(by, absence, ADDITION, f"Added: {absence}.")
    return absence


def remove_absence(*, absence: Absence, by: User | None = None) -> bool:
    """Take it back. False if that was done already."""
    if by is not None and by.pk != absence.user_id:
        _log(by, absence, DELETION, f"Took back: {absence}.")
    return bool(Absence.objects.filter(pk=absence.pk).delete()[0])
