"""Say when a person is away, and take it back."""

from datetime import datetime, timedelta

from nps.desk.models import Absence, User
from nps.errors import InvalidInput
from nps.text import clean_text

LONGEST = timedelta(days=366)


def add_absence(*, user: User, starts_at: datetime, ends_at: datetime, at: datetime, reason: str = "") -> Absence:
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
    return same or Absence.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, reason=reason)


def remove_absence(*, absence: Absence) -> bool:
    """Take it back. False if that was done already."""
    return bool(Absence.objects.filter(pk=absence.pk).delete()[0])
