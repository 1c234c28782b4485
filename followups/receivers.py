"""What the follow-ups do when the survey or the desk says something: one rule and one insert each."""

from datetime import datetime
from typing import Any

from followups.services import opening, rescoring, snoozing
from nps.desk.models import Ticket
from nps.survey.models import Response, ResponseRevision
from nps.wires import in_savepoint


@in_savepoint
def on_response_recorded(sender: object, *, response: Response, at: datetime, **kwargs: Any) -> None:
    opening.open_for(response=response, at=at)


@in_savepoint
def on_response_changed(
    sender: object, *, response: Response, revision: ResponseRevision, at: datetime, **kwargs: Any
) -> None:
    rescoring.note_change(response=response, revision=revision, at=at)


@in_savepoint
def on_customer_replied(sender: object, *, ticket: Ticket, at: datetime, **kwargs: Any) -> None:
    snoozing.wake_for_reply(ticket=ticket, at=at)
