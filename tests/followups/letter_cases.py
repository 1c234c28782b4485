"""What the tests of e-mails to customers type."""

from typing import Any

from followups.models import FollowUp

LINE_BREAKS = ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x1b"]


def letter_form(made: FollowUp, **changes: Any) -> dict[str, Any]:
    """An e-mail that can be sent."""
    return {"version": made.version, "subject": "Your refund", "body": "Hello Ingrid", **changes}
