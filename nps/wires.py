"""How a district tells the next one: so that nothing a later room does can lose what was already written."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import Error, transaction
from django.dispatch import Signal

from nps.outbox.models import ReceiverFailure

logger = logging.getLogger("nines.wires")

_has_savepoints: ContextVar[bool] = ContextVar("has_savepoints", default=True)


class ReceiverFailed(Exception):
    """Ends the first try of `write_and_say`; its cause is what the receiver raised."""


def in_savepoint(receiver: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a receiver so that its failure rolls back its own writes only."""

    @wraps(receiver)
    def wrapped(sender: object, **kwargs: Any) -> Any:
        with transaction.atomic(savepoint=_has_savepoints.get()):
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
            name = f"{getattr(receiver, '__module__', '')}.{getattr(receiver, '__qualname__', receiver)}"
            logger.error("receiver %s failed: %r", name, result, exc_info=result)
            _raise_if_away(result)
            _note_failure(name, kwargs.get("at"), result)


def _raise_if_away(error: Exception) -> None:
    connection = transaction.get_connection()
    if connection.needs_rollback or connection.closed_in_transaction:
        raise error


def _note_failure(receiver: str, at: datetime | None, error: Exception) -> None:
    """For the operators' page. Where it cannot be written, what the customer said is kept all the same."""
    if at is None:
        return
    try:
        with transaction.atomic():
            ReceiverFailure.note(receiver=receiver, at=at, error=error)
    except Error as problem:
        logger.warning("the failure of %s could not be noted: %r", receiver, problem)
        _raise_if_away(problem)


def write_and_say(write: Callable[[], bool], signal: Signal, *, sender: object, **kwargs: Any) -> bool:
    """`write()` and, if it says that it wrote, `say`, in one transaction; whether it wrote.

    For the act that every customer waits for. Receivers hardly ever fail and savepoints cost a third of the act, so
    first all is done without them. Should a receiver fail, all of it is rolled back and done once more, with each
    receiver in its savepoint: `write` has to bear being called twice."""
    try:
        with transaction.atomic():
            if not write():
                return False
            _say_without_savepoints(signal, sender, kwargs)
    except ReceiverFailed as failed:
        logger.warning("a receiver failed, trying again with savepoints: %r", failed.__cause__)
    else:
        return True
    with transaction.atomic():
        if not write():
            return False
        say(signal, sender=sender, **kwargs)
    return True


def _say_without_savepoints(signal: Signal, sender: object, kwargs: dict[str, Any]) -> None:
    token = _has_savepoints.set(False)
    try:
        signal.send(sender, **kwargs)
    except Exception as error:
        if settings.STRICT_WIRES or transaction.get_connection().closed_in_transaction:
            raise
        raise ReceiverFailed from error
    finally:
        _has_savepoints.reset(token)
