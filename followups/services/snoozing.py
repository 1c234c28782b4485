"""Look at it again later. Snoozed is a time, not a status; it never moves a deadline."""

from datetime import UTC, datetime, timedelta

from followups.models import FollowUp
from followups.services.moving import move
from nps.desk.models import Ticket, User
from nps.errors import InvalidInput

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
        detail={"until": until.isoformat()},
        snoozed_until=until,
    )


def wake(*, follow_up: FollowUp, at: datetime, by: User | None = None, why: str = "Woken up.") -> FollowUp:
    """Show it again now."""
    return move(follow_up, "snooze", at=at, actor=by, sentence=why, snoozed_until=None)


def wake_for_reply(*, ticket: Ticket, at: datetime) -> int:
    """The customer wrote: what was snoozed for them wakes up."""
    sleeping = list(FollowUp.objects.snoozed(at).filter(customer_id=ticket.customer_id))
    for follow_up in sleeping:
        wake(follow_up=follow_up, at=at, why=f"Woken up: the customer replied on ticket {ticket.pk}.")
    return len(sleeping)
