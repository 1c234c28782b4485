"""What to say on the phone: four short steps by score band, with the customer's and the ticket's names. Pure."""

from dataclasses import dataclass

from django.conf import settings

from followups.models import FollowUp
from nps.desk.models import User


@dataclass(frozen=True)
class Step:
    title: str
    words: str = ""


def guide_for(follow_up: FollowUp, user: User) -> list[Step]:
    """The steps for a score of 0 to 6, or for one of 7 and above. `response.resolution.ticket` comes loaded."""
    resolution = follow_up.response.resolution
    about = f"your request “{resolution.ticket.subject}”" if resolution else "our support"
    caller = user.first_name or str(user)
    opening = (
        f"Hello {follow_up.customer.first_name}, this is {caller} from {settings.ORGANISATION['name']}. "
        f"You told us about {about}. Do you have five minutes?"
    )
    if follow_up.score <= 6:
        return [
            Step("Open", opening),
            Step("Listen first", "What happened from your side? Where did it go wrong?"),
            Step("Repeat it back, then agree on one next step and a date"),
            Step("Ask", "What would have made this a 9 or 10?"),
        ]
    return [
        Step("Open", opening),
        Step("Thank them, then ask", "What was good, and what was missing?"),
        Step("Say what happens with it, and only that"),
        Step("Ask", "What one thing would have made it a 9 or 10?"),
    ]
