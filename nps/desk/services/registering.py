"""Open a ticket for somebody who is known by nothing but their address."""

from datetime import datetime
from typing import Any

from nps.desk.models import Ticket
from nps.desk.services.enrolling import NewCustomer
from nps.desk.services.taking_in import take_in


def open_for_address(*, name: str, email: str, at: datetime, **ticket: Any) -> tuple[Ticket, bool]:
    """The ticket and whether it is new, for the customer of that address, enrolled by `name` if they are not known yet:
    both or neither. `ticket` is what opening.open_ticket takes."""
    return take_in(customer=NewCustomer(email=email, name=name), at=at, **ticket)
