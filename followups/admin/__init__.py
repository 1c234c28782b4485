"""The rows of the follow-ups in Django admin; it adds the way to them to the answers' and tickets' pages."""

from followups.admin import beside, confirmations, guides, lessons, letters, notices, outreach, policies, report_backs  # noqa: F401
