"""Look at it again later. Snoozed is a time, not a status; it never moves a deadline."""

from datetime import UTC, datetime, timedelta

from django.utils.dateparse import parse_datetime

from followups import rules
from followups.models import FollowUp
from followups.services.moving import move
from nps.desk.models import Ticket, User
from nps.errors import Conflict, InvalidInput

LONGEST = timedelta(days=60)


def snooze(
    *, follow_up: FollowUp, until: datetime, by: User, at: datetime, expected_version: int | None = None
) -> FollowUp:
    """Hide it until `until` (aware); InvalidInput if that is past or over 60 days ahead."""
    if until <= at:
        raise InvalidInput("The time to wake up is in the past; choose a later one.", field="until")
    if until > at + LONGEST:
        raise InvalidInput("60 days is the longest a follow-up can be snoozed.", field="until")
    return move(
        follow_up,
        "snooze",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=f"Snoozed until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC.",
        detail={"until": until.isoformat(), "before": follow_up.snoozed_until and follow_up.snoozed_until.isoformat()},
        snoozed_until=until,
    )


def undo_snooze(*, follow_up: FollowUp, by: User, at: datetime) -> FollowUp:
    """Take back one's own snooze: it is awake, or sleeps until when it did before. Twice is harmless; Conflict where
    something else was done since, which stays."""
    last = follow_up.history.filter(verb__in=rules.TRANSITIONS).order_by("-at", "-pk").first()
    if last is None or last.verb != "snooze" or last.actor_id != by.pk:
        raise Conflict("Something else was done with this follow-up since; it stays as it is.")
    if last.detail.get("is_undone"):
        return follow_up
    if "until" not in last.detail:
        raise Conflict("This follow-up was woken up since; it stays awake.")
    before = parse_datetime(last.detail.get("before") or "")
    return move(
        follow_up,
        "snooze",
        at=at,
        actor=by,
        sentence="Took back the snooze.",
        detail={"is_undone": True},
        snoozed_until=before if before is not None and before > at else None,
    )


def wake(*, follow_up: FollowUp, at: datetime, by: User | None = None, why: str = "Woken up.") -> FollowUp:
    """Show it again now."""
    return move(follow_up, "wake", at=at, actor=by, sentence=why, snoozed_until=None)


def wake_for_reply(*, ticket: Ticket, at: datetime) -> int:
    """The customer wrote: what was snoozed for them wakes up."""
    sleeping = list(FollowUp.objects.snoozed(at).filter(customer_id=ticket.customer_id))
    for follow_up in sleeping:
        wake(follow_up=follow_up, at=at, why=f"Woken up: the customer replied on ticket {ticket.pk}.")
    return len(sleeping)
