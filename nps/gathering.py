"""Rows that belong together, written by one statement: on PostgreSQL one round trip and one commit for all of them.

While gathering, `insert_once` only notes its row. Foreign keys to a row that is noted too need no key yet."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from django.db import models, transaction

Call = Callable[[], None]


class NeedsTransaction(Exception):
    """A statement that writes was sent while rows were only gathered. Nothing was written."""


class Gathered:
    """Rows in the order in which they are to be written, and what is to be done once they are."""

    def __init__(self) -> None:
        self.rows: list[models.Model] = []
        self.afterwards: list[Call] = []


_gathered: ContextVar[Gathered | None] = ContextVar("gathered", default=None)


def current() -> Gathered | None:
    return _gathered.get()


def is_possible() -> bool:
    """Whether the database can, and no transaction is open that an error of the statement would end."""
    connection = transaction.get_connection()
    return connection.vendor == "postgresql" and not connection.in_atomic_block


@contextmanager
def gathering() -> Iterator[Gathered]:
    """Note rows instead of writing them. Whoever gathers writes them, with statements.insert_together.

    Raises NeedsTransaction where anything else is written meanwhile: it would be committed at once, and stay even if
    the rows are never written."""
    gathered = Gathered()
    token = _gathered.set(gathered)
    try:
        with transaction.get_connection().execute_wrapper(_only_reading):
            yield gathered
    finally:
        _gathered.reset(token)


def _only_reading(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if not sql.startswith("SELECT"):
        raise NeedsTransaction(sql.split(maxsplit=1)[0])
    return execute(sql, params, many, context)


def together() -> AbstractContextManager[object]:
    """For an act of several rows that may be part of a larger one: a transaction, or the rows being gathered."""
    return nullcontext() if current() is not None else transaction.atomic(savepoint=False)


def after_commit(call: Call) -> None:
    """`call` once what is being written is committed; at once where nothing is. What it raises is logged by Django."""
    gathered = current()
    if gathered is not None:
        gathered.afterwards.append(call)
    else:
        transaction.on_commit(call, robust=True)
