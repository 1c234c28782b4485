"""What the survey says to the rooms after it. Sent by the verb, inside its transaction."""

from django.dispatch import Signal

#: response: Response, at: datetime — a customer answered (or staff took the answer down)
response_recorded = Signal()
#: response: Response, revision: ResponseRevision, at: datetime — the score was changed
response_changed = Signal()
