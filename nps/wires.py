"""How a district tells the next one: each receiver in a savepoint of its own, so that nothing a later room does can
lose what was already written."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal

logger = logging.getLogger("nines.wires")


def in_savepoint(receiver: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a receiver so that its failure rolls back its own writes only."""

    @wraps(receiver)
    def wrapped(sender: object, **kwargs: Any) -> Any:
        with transaction.atomic():
            return receiver(sender, **kwargs)

    return wrapped


def say(signal: Signal, *, sender: object, **kwargs: Any) -> None:
    """Tell every receiver inside the current transaction. A receiver that fails is logged; a sweep makes good what it
    left undone. With settings.STRICT_WIRES (tests) it raises instead.

    A database that went away under a receiver is no failure of that receiver: the outer transaction cannot commit any
    more, and `atomic` would end it without a word. So that one is raised: nobody is thanked for what is not stored."""
    if settings.STRICT_WIRES:
        signal.send(sender, **kwargs)
        return
    for receiver, result in signal.send_robust(sender, **kwargs):
        if isinstance(result, Exception):
            logger.error("receiver %s failed: %r", getattr(receiver, "__name__", receiver), result)
            connection = transaction.get_connection()
            if connection.needs_rollback or connection.closed_in_transaction:
                raise result
