"""The rows of the follow-ups in Django admin; it adds the way to them to the answers' and tickets' pages."""

from followups.admin import (  # noqa: F401
    beside,
    confirmations,
    guides,
    lesson_steps,
    lessons,
    letters,
    notices,
    outreach,
    policies,
    report_backs,
)
