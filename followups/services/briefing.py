"""The mail of figures: to managers each Monday, to leads each morning, at eight of their own clock."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from followups.models import Briefing, NoticeChoice
from followups.notices import BRIEFING
from nps import organisation
from nps.desk.models import User
from nps.desk.roles import Role
from nps.outbox.services.enqueueing import enqueue
from nps.statements import insert_once

MORNING = time(8)
#: Figures of yesterday are of no use in the evening; what an outage held up longer is left out.
LATEST = {"weekly": timedelta(days=2), "daily": timedelta(hours=6)}
#: After surveys and whatever somebody waits for.
PRIORITY = -1


def send_briefings(*, at: datetime) -> int:
    """One for everybody whose morning has come and who has none yet; how many were made. The unique constraint on
    person, rhythm and day decides: two sweeps at once send one. Three statements where it is nobody's morning."""
    due = [
        (user, rhythm, day)
        for user, rhythm in _readers()
        if (day := _day_of(rhythm, ZoneInfo(user.time_zone), at)) is not None
    ]
    if not due:
        return 0
    days = {day for _, _, day in due}
    made = set(Briefing.objects.filter(day__in=days).values_list("user_id", "rhythm", "day"))
    return sum(_send(user, rhythm, day, at) for user, rhythm, day in due if (user.pk, rhythm, day) not in made)


def _readers() -> Iterator[tuple[User, str]]:
    """Managers weekly, leads of a team daily, unless they turned it off; whoever is both gets both."""
    off = set(NoticeChoice.objects.filter(way=NoticeChoice.Way.OFF).values_list("user_id", "kind"))
    people = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
    manages, leads = Q(groups__name=Role.MANAGER) | Q(is_superuser=True), Q(groups__name__in=(Role.LEAD, Role.MANAGER))
    weekly = people.filter(manages).distinct()
    daily = people.filter(leads, memberships__is_lead=True).distinct()
    for rhythm, readers in (("weekly", weekly), ("daily", daily)):
        yield from ((user, rhythm) for user in readers if (user.pk, rhythm) not in off)


def _day_of(rhythm: str, zone: ZoneInfo, at: datetime) -> date | None:
    """The organisation's day that a mail of now would be for; None where it is not time for one."""
    here = at.astimezone(zone)
    first = here.date() - timedelta(days=here.weekday() if rhythm == "weekly" else 0)
    began = datetime.combine(first, MORNING, tzinfo=zone)
    if not began <= at < began + LATEST[rhythm]:
        return None
    return organisation.day_of(began)


@transaction.atomic
def _send(user: User, rhythm: str, day: date, at: datetime) -> bool:
    briefing = Briefing(user=user, rhythm=rhythm, day=day, made_at=at)
    if not insert_once(briefing):
        return False
    enqueue(purpose=BRIEFING, subject_id=briefing.pk, recipient=user.email, at=at, priority=PRIORITY)
    return True
