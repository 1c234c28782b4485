"""Pass a ticket to another person or team."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from nps.desk.models import Message, Team, Ticket, User
from nps.errors import Conflict


@transaction.atomic
def hand_over(
    *, ticket: Ticket, to: User | None, at: datetime, by: User | None = None, team: Team | None = None
) -> Ticket:
    """Give the ticket to `to` (None: to nobody in particular), in `team` if one is given. Counts as a hand-over when
    somebody had it before. Conflict if it is resolved."""
    team = team or ticket.team
    if ticket.assignee_id == (to.pk if to else None) and ticket.team_id == team.pk:
        return ticket
    is_handover = ticket.assignee_id is not None
    changed = Ticket.objects.filter(pk=ticket.pk, status__in=(Ticket.Status.OPEN, Ticket.Status.WAITING)).update(
        assignee=to,
        team=team,
        updated_at=at,
        handovers=F("handovers") + (1 if is_handover else 0),
        version=F("version") + 1,
    )
    if not changed:
        raise Conflict(f"Ticket {ticket.pk} is {ticket.get_status_display().lower()}; reopen it before passing it on.")
    Message.objects.create(
        ticket=ticket,
        kind=Message.Kind.EVENT,
        author=by,
        body=f"Passed to {to} in {team}." if to else f"Passed to {team}.",
        created_at=at,
    )
    ticket.refresh_from_db()
    return ticket
