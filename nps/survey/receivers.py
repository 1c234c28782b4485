"""What the survey does when the desk says something: one rule and one insert each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nps.desk.models import Resolution
from nps.survey.services import deciding, inviting
from nps.wires import in_savepoint


@in_savepoint
def on_ticket_resolved(sender: object, *, resolution: Resolution, at: datetime, **kwargs: Any) -> None:
    deciding.decide(resolution=resolution, at=at)


def on_history_imported(sender: object, *, resolution_ids: Sequence[int], at: datetime, **kwargs: Any) -> None:
    deciding.decide_history(resolution_ids=resolution_ids, at=at)


@in_savepoint
def on_ticket_reopened(sender: object, *, resolution: Resolution, at: datetime, **kwargs: Any) -> None:
    inviting.cancel_unsent(resolution=resolution, at=at)
