"""One mail at the start of a shift in place of many: who gets it, and when; and what each person chose."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time

from django.db import transaction

from followups.models import Digest, HeldNotice, NoticeChoice
from followups.notices import DIGEST, KINDS, RHYTHMS
from nps.desk.coverage import stay
from nps.desk.hours import Away, ShiftPattern, Window, next_start
from nps.desk.models import Absence, Shift, User
from nps.errors import InvalidInput
from nps.outbox.services.enqueueing import enqueue
from nps.statements import insert_once

Way = NoticeChoice.Way
#: the day of those who have no recurring shift, in their own zone
OFFICE_WEEKDAYS, OFFICE_STARTS, OFFICE_ENDS = frozenset(range(5)), time(8), time(17)


def choose(*, user: User, ways: dict[str, str], at: datetime) -> None:
    """How `user` hears of each kind named. InvalidInput for an unknown kind or way; nothing is written then.

    Whoever turns to the digest while at work gets the first one with their next shift."""
    for kind, way in ways.items():
        if kind not in KINDS and kind not in RHYTHMS:
            known = ", ".join([*KINDS, *RHYTHMS])
            raise InvalidInput(f"There are no mails of the kind {kind}; there are {known}.", field=kind)
        ways_of = Way.values if kind in KINDS else [Way.AT_ONCE.value, Way.OFF.value]
        if way not in ways_of:
            raise InvalidInput(f"Choose one of {', '.join(ways_of)}.", field=kind)
    with transaction.atomic():
        had_digest = NoticeChoice.objects.filter(user=user, way=Way.DIGEST).exists()
        NoticeChoice.objects.bulk_create(
            [NoticeChoice(user=user, kind=kind, way=way) for kind, way in ways.items()],
            update_conflicts=True,
            unique_fields=["user", "kind"],
            update_fields=["way"],
        )
        if Way.DIGEST in ways.values() and not had_digest:
            window = stays([user], at).get(user.pk)
            if window is not None:
                insert_once(Digest(user=user, shift_starts_at=window[0], shift_ends_at=window[1], made_at=at))


def send_digests(*, at: datetime) -> int:
    """One for everybody who takes digests and whose shift has begun; how many were made. The unique constraint on
    person and start of the shift decides: two sweeps at once send one."""
    takers = list(User.objects.filter(notice_choices__way=Way.DIGEST, is_active=True).distinct().order_by("pk"))
    if not takers:
        return 0
    windows = stays(takers, at)
    made = set(Digest.objects.filter(user__in=windows, shift_ends_at__gt=at).values_list("user_id", "shift_starts_at"))
    return sum(
        _send(user, windows[user.pk], at)
        for user in takers
        if user.pk in windows and (user.pk, windows[user.pk][0]) not in made
    )


@transaction.atomic
def _send(user: User, window: Window, at: datetime) -> bool:
    digest = Digest(user=user, shift_starts_at=window[0], shift_ends_at=window[1], made_at=at)
    if not insert_once(digest):
        return False
    HeldNotice.objects.filter(user=user, digest=None, at__lte=at).update(digest=digest)
    if user.email:
        enqueue(purpose=DIGEST, subject_id=digest.pk, recipient=user.email, at=at, priority=1)
    return bool(user.email)


def stays(people: Iterable[User], at: datetime) -> dict[int, Window]:
    """Who of them is at work at `at`, from when to when. Two statements."""
    people = list(people)
    patterns, aways = _plans(people, at)
    found = {
        person.pk: stay(patterns[person.pk] or [office_day(person)], aways[person.pk], person.pk, at)
        for person in people
    }
    return {pk: window for pk, window in found.items() if window is not None}


def _plans(people: list[User], at: datetime) -> tuple[dict[int, list[ShiftPattern]], dict[int, list[Away]]]:
    """Their shifts, and their absences that end after `at`, by person."""
    patterns: dict[int, list[ShiftPattern]] = defaultdict(list)
    for shift in Shift.objects.filter(user__in=people):
        patterns[shift.user_id].append(shift.pattern())
    aways: dict[int, list[Away]] = defaultdict(list)
    for absence in Absence.objects.ending_after(at).filter(user__in=people):
        aways[absence.user_id].append(absence.away())
    return patterns, aways


def next_digest_at(user: User, at: datetime) -> datetime | None:
    """When the next shift of this person begins, so that its digest comes. Two statements."""
    patterns, aways = _plans([user], at)
    return next_start(patterns[user.pk] or [office_day(user)], aways[user.pk], user.pk, at)


def office_day(user: User) -> ShiftPattern:
    """What counts as the shift of somebody who has none."""
    return ShiftPattern(user.pk, "Day", user.time_zone, OFFICE_WEEKDAYS, OFFICE_STARTS, OFFICE_ENDS)
