"""From the staging table into the product's own: INSERT … SELECT that knows each model's columns and defaults."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

_conflict: ContextVar[str] = ContextVar("conflict", default=" ON CONFLICT DO NOTHING")
_growth: ContextVar["Growth | None"] = ContextVar("growth", default=None)
WORTH_LOOKING = 1_000  # rows


class Growth:
    """Keeps PostgreSQL's planner told while tables grow under it. What it knows of a table that was nearly empty, or
    whose rows were of another kind (no external ids, say), makes it compare every line with every row: a portion then
    takes seconds instead of a tenth. So a table that has doubled is looked at again, by a small sample."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._known: dict[str, int] = {}
        self._since: dict[str, int] = {}

    def added(self, table: str, rows: int) -> None:
        if self._connection.vendor != "postgresql":
            return
        since = self._since[table] = self._since.get(table, 0) + rows
        if since < WORTH_LOOKING:
            return
        with self._connection.cursor() as cursor:
            if table not in self._known:
                cursor.execute("SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", [table])
                self._known[table] = max(int(cursor.fetchone()[0]), 0)
            if since >= self._known[table]:
                cursor.execute("SET LOCAL default_statistics_target = 10")
                cursor.execute(f"ANALYZE {self._connection.ops.quote_name(table)}")
                cursor.execute("SET LOCAL default_statistics_target TO DEFAULT")
                self._known[table] += since
                self._since[table] = 0


@contextmanager
def growing(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Inside, tables that rows are inserted into are watched."""
    token = _growth.set(Growth(connection))
    try:
        yield
    finally:
        _growth.reset(token)


def _tell(model: type[models.Model], rows: int) -> None:
    growth = _growth.get()
    if growth is not None:
        growth.added(model._meta.db_table, rows)


@contextmanager
def hopeful() -> Iterator[None]:
    """Inside, a row that is there already is an IntegrityError. Statements leave out what they see to be there, so only
    another writer at the same moment brings that about; to be prepared for it costs a third of each insert, so it is
    done when it happened (running)."""
    token = _conflict.set("")
    try:
        yield
    finally:
        _conflict.reset(token)


def insert_selected(
    connection: BaseDatabaseWrapper,
    model: type[models.Model],
    columns: Mapping[str, str],
    source: str,
    params: Sequence[Any] = (),
    *,
    constants: Mapping[str, Any] | None = None,
) -> int:
    """Insert a row of `model` per row of `source` (“FROM … WHERE … ORDER BY …”); how many were new.

    `columns`: attname → SQL expression without parameters; `constants`: attname → value. Every other column gets the
    default of its field, so that a field which the model gains later needs no word here. What a unique constraint knows
    already is passed over, unless `hopeful`. Rows are inserted in the order of `source`: two imports that take rows in
    one order cannot lock each other out."""
    sql, values = _statement(connection, model, columns, source, constants or {})
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *params])
        rows = max(cursor.rowcount, 0)
    _tell(model, rows)
    return rows


def insert_returning(
    connection: BaseDatabaseWrapper,
    model: type[models.Model],
    columns: Mapping[str, str],
    source: str,
    params: Sequence[Any] = (),
    *,
    constants: Mapping[str, Any] | None = None,
) -> list[int]:
    """As insert_selected; the keys of the new rows."""
    sql, values = _statement(connection, model, columns, source, constants or {})
    key = connection.ops.quote_name(str(model._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {key}", [*values, *params])
        keys = [row[0] for row in cursor.fetchall()]
    _tell(model, len(keys))
    return keys


def _statement(
    connection: BaseDatabaseWrapper,
    model: type[models.Model],
    columns: Mapping[str, str],
    source: str,
    constants: Mapping[str, Any],
) -> tuple[str, list[Any]]:
    given, values = dict(columns), []
    for field in model._meta.local_concrete_fields:
        if not field.primary_key and not field.generated and field.attname not in columns:
            given[field.attname] = "%s"
            value = constants[field.attname] if field.attname in constants else field.get_default()
            values.append(field.get_db_prep_save(value, connection))
    quote = connection.ops.quote_name
    column_of = {field.attname: str(field.column) for field in model._meta.local_concrete_fields}
    names = ", ".join(quote(column_of[name]) for name in given)
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(given.values())} {source}{_conflict.get()}", values


def among(connection: BaseDatabaseWrapper, column: str, keys: Sequence[int]) -> tuple[str, Any]:
    """`column` is one of `keys`, as SQL and its one parameter: however many they are."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", list(keys)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(list(keys))
