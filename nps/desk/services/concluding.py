"""Answer and resolve in one act: both or neither."""

from datetime import datetime

from django.db import transaction

from nps.desk.models import Resolution, Ticket, User
from nps.desk.services.replying import reply
from nps.desk.services.resolving import resolve


@transaction.atomic
def answer_and_resolve(
    *, ticket: Ticket, by: User, kind: str, body: str, at: datetime, external_id: str = "", exception: str = ""
) -> Resolution:
    """The last message and the resolution. Conflict unless the ticket is open or waiting; then nothing is written."""
    reply(ticket=ticket, by=by, kind=kind, body=body, at=at, external_id=external_id)
    return resolve(ticket=ticket, by=by, at=at, exception=exception)
