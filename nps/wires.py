"""How a district tells the next one: so that nothing a later room does can lose what was already written."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DataError, Error, IntegrityError, models, transaction
from django.dispatch import Signal

from nps import gathering
from nps.outbox.models import ReceiverFailure
from nps.statements import insert_once, insert_together

logger = logging.getLogger("nines.wires")

_has_savepoints: ContextVar[bool] = ContextVar("has_savepoints", default=True)


class ReceiverFailed(Exception):
    """Ends a try of `insert_and_say`; its cause is what the receiver raised."""


def in_savepoint(receiver: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a receiver so that its failure rolls back its own writes only."""

    @wraps(receiver)
    def wrapped(sender: object, **kwargs: Any) -> Any:
        if gathering.current() is not None:
            return receiver(sender, **kwargs)
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


def insert_and_say(row: models.Model, signal: Signal, *, sender: object, **kwargs: Any) -> bool:
    """Insert `row` as insert_once does and, if it is new, `say`, in one transaction; whether it is new.

    For the act that every customer waits for. Receivers hardly ever fail, and savepoints and round trips are most of
    the act, so first all is tried as one statement (where the database can), or else without savepoints. Should a
    receiver fail, nothing of that is kept and all is done once more, with each receiver in its savepoint. So has a
    receiver that writes otherwise than by insert_once, or that misses the row, which has no key before the end."""
    if gathering.is_possible():
        try:
            return _insert_gathered(row, signal, sender, kwargs)
        except (ReceiverFailed, IntegrityError, DataError) as failed:
            logger.warning("not written as one statement, trying again in steps: %r", failed.__cause__ or failed)
    try:
        with transaction.atomic():
            if not insert_once(row):
                return False
            _say_without_savepoints(signal, sender, kwargs)
    except ReceiverFailed as failed:
        logger.warning("a receiver failed, trying again with savepoints: %r", failed.__cause__)
        row.pk = None
    else:
        return True
    with transaction.atomic():
        if not insert_once(row):
            return False
        say(signal, sender=sender, **kwargs)
    return True


def _insert_gathered(row: models.Model, signal: Signal, sender: object, kwargs: dict[str, Any]) -> bool:
    with gathering.gathering() as gathered:
        insert_once(row)
        try:
            signal.send(sender, **kwargs)
        except Exception as error:
            raise ReceiverFailed from error
    if not insert_together(gathered.rows):
        return False
    for call in gathered.afterwards:
        gathering.after_commit(call)
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
