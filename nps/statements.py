"""INSERT and UPDATE of one row, for the acts that happen hundreds of times a second: written once instead of at each
call, and on PostgreSQL parsed and planned once per connection. Everything else is better off as a plain QuerySet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models.sql import InsertQuery
from psycopg.types.numeric import Int8


@dataclass(frozen=True)
class Stamp:
    """Plain values for columns of the row of `model` with this key."""

    model: type[models.Model]
    pk: int
    changes: Mapping[str, Any]


_cursor_class: Any = ServerBindingCursor
_fields: dict[type[models.Model], list[Any]] = {}
_compiled: dict[tuple[Any, ...], str] = {}


def insert_once(row: models.Model) -> bool:
    """Insert `row` and set its key; False, with nothing written, where a unique constraint says it is there already.

    A duplicate costs no savepoint and leaves the transaction usable; every other error of the database is raised. No
    pre_save and post_save signals; values must be plain ones."""
    connection = transaction.get_connection()
    given = [(field, value) for field in _fields_of(type(row)) if (value := field.pre_save(row, True)) is not None]
    key = (connection.vendor, type(row), tuple([field.attname for field, _ in given]))
    sql = _compiled.get(key)
    if sql is None:
        sql = _compiled[key] = _compile_insert(row, [field for field, _ in given])
    values = [field.get_db_prep_save(value, connection) for field, value in given]
    returned = ask_one(sql, values)
    if returned is None:
        return False
    row.pk = returned[0]
    row._state.adding, row._state.db = False, connection.alias
    return True


def update_row(model: type[models.Model], pk: int, *, held: Mapping[str, Any] | None = None, **changes: Any) -> bool:
    """Set columns of the row with this key to plain values, if its columns still hold what `held` says; whether so."""
    connection = transaction.get_connection()
    sql, values = _update(connection, Stamp(model, pk, changes), held or {})
    with _preparing(connection) as cursor:
        cursor.execute(sql, _of_one_width(connection, values))
        return bool(cursor.rowcount == 1)


def update_both(first: Stamp, second: Stamp, *, held: Mapping[str, Any]) -> bool:
    """Set columns of two rows together, if those of the first still hold what `held` says; whether so.

    One statement on PostgreSQL, and so one round trip with its commit; a transaction of two elsewhere."""
    connection = transaction.get_connection()
    if connection.vendor != "postgresql":
        with transaction.atomic():
            is_ours = update_row(first.model, first.pk, held=held, **first.changes)
            if is_ours:
                update_row(second.model, second.pk, **second.changes)
            return is_ours
    sql_first, values_first = _update(connection, first, held)
    sql_second, values_second = _update(connection, second, {})
    sql = (
        f"WITH ours AS ({sql_first} RETURNING 1), also AS ({sql_second} AND EXISTS (SELECT 1 FROM ours))"
        " SELECT count(*) FROM ours"
    )
    return ask_one(sql, [*values_first, *values_second]) == (1,)


def ask_one(sql: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row that this statement gives, or None. `sql` is one of a few texts, prepared once it comes often."""
    with _preparing(connection := transaction.get_connection()) as cursor:
        cursor.execute(sql, _of_one_width(connection, values))
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _preparing(connection: Any) -> Any:
    """A cursor that sends values apart from the text, so that the driver prepares the text once it has come a few times
    (settings.DATABASE_PREPARES). Django's own cursors write the values into the text."""
    if connection.vendor != "postgresql" or connection.queries_logged:  # the log cannot read what is sent apart
        return connection.cursor()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection._prepare_cursor(_cursor_class(connection.connection))


def _of_one_width(connection: Any, values: Sequence[Any]) -> Sequence[Any]:
    """Small and large numbers as one type: a statement is prepared for each set of types it comes with."""
    if connection.vendor != "postgresql":
        return values
    return [Int8(value) if type(value) is int else value for value in values]


def _update(connection: Any, stamp: Stamp, held: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The statement that writes `stamp` where `held` still holds, and its values."""
    model, changes = stamp.model, stamp.changes
    nulls = tuple([value is None for value in held.values()])
    key = (connection.vendor, model, tuple(changes), tuple(held), nulls)
    sql = _compiled.get(key)
    if sql is None:
        sql = _compiled[key] = _compile_update(model, list(changes), held, connection.ops.quote_name)
    given = [*changes.items(), ("pk", stamp.pk), *((name, value) for name, value in held.items() if value is not None)]
    return sql, [_field(model, name).get_db_prep_save(value, connection) for name, value in given]


def _fields_of(model: type[models.Model]) -> list[Any]:
    fields = _fields.get(model)
    if fields is None:
        ours = model._meta.local_concrete_fields
        fields = _fields[model] = [field for field in ours if not (field.primary_key or field.generated)]
    return fields


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _compile_insert(row: models.Model, fields: list[Any]) -> str:
    """INSERT of these columns alone: what is None is what the database puts there by itself."""
    model = type(row)
    query = InsertQuery(model)
    query.insert_values(fields, [row])
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.returning_fields = [model._meta.pk]
    ((sql, _),) = compiler.as_sql()
    insert, returning, key = sql.rpartition(" RETURNING ")
    # Not the ORM's OnConflict.IGNORE: on SQLite that is INSERT OR IGNORE, which swallows broken CHECKs and NULLs too.
    return f"{insert} ON CONFLICT DO NOTHING{returning}{key}"


def _compile_update(model: type[models.Model], names: list[str], held: Mapping[str, Any], quote: Any) -> str:
    def column(name: str) -> str:
        return quote(_field(model, name).column)

    sets = ", ".join(f"{column(name)} = %s" for name in names)
    conditions = [f"{column('pk')} = %s"]
    conditions += [
        f"{column(name)} IS NULL" if value is None else f"{column(name)} = %s" for name, value in held.items()
    ]
    return f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {' AND '.join(conditions)}"
