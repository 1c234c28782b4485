"""What the desk says to the rooms after it. Sent by the verb, inside its transaction."""

from django.dispatch import Signal

#: resolution: Resolution, at: datetime
ticket_resolved = Signal()
#: resolution: Resolution (the one undone), at: datetime
ticket_reopened = Signal()
#: resolution_ids: Sequence[int], at: datetime — of tickets that were solved in another system before they came here
history_imported = Signal()
#: ticket: Ticket, at: datetime — the customer wrote on it
customer_replied = Signal()
