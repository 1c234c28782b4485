"""What commands about mails read and write: times with a zone, one line for each message."""

from datetime import datetime

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime

from nps.outbox.models import Delivery


def moment(text: str, name: str) -> datetime:
    """An aware datetime; CommandError says what is wrong and what would be right."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError(f"{name}: {text!r} is no time with a zone; such as 2026-11-27T03:00:00+01:00.")
    return at


def facts(row: Delivery) -> tuple[str, ...]:
    """Number, purpose, recipient, due time, status and Message-ID."""
    return str(row.pk), row.purpose, row.recipient, row.due_at.isoformat(), row.status, row.message_id
