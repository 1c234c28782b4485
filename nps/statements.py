"""INSERT and UPDATE of one row, for the acts that happen hundreds of times a second: written once instead of at each
call, and on PostgreSQL parsed and planned once per connection. Everything else is better off as a plain QuerySet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models.sql import InsertQuery
from psycopg.types.numeric import Int8

from nps import gathering


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
    pre_save and post_save signals; values must be plain ones. While rows are gathered this one is noted, and said to
    be new."""
    gathered = gathering.current()
    if gathered is not None:
        gathered.rows.append(row)
        return True
    connection = transaction.get_connection()
    given = _given(row)
    key = (connection.vendor, type(row), tuple([field.attname for field, _ in given]))
    sql = _compiled.get(key)
    if sql is None:
        sql = _compiled[key] = _compile_insert(row, [field for field, _ in given])
    values = [field.get_db_prep_save(value, connection) for field, value in given]
    returned = ask_one(sql, values)
    if returned is None:
        return False
    _has_key(row, returned[0], connection.alias)
    return True


def insert_together(rows: Sequence[models.Model]) -> bool:
    """Insert `rows` by one statement and set their keys; False, with nothing written, where a unique constraint says
    that the first is there already. PostgreSQL only, outside a transaction.

    A foreign key that is empty because its row comes earlier in `rows` is filled in by the statement. Every other
    error, and a duplicate of a later row, is raised with nothing written."""
    if len(rows) == 1:
        return insert_once(rows[0])
    connection = transaction.get_connection()
    numbers = {id(row): number for number, row in enumerate(rows)}
    columns = [_with_earlier(row, numbers) for row in rows]
    key = tuple(
        [
            (type(row), *[(f.attname, earlier) for f, _, earlier in given])
            for row, given in zip(rows, columns, strict=True)
        ]
    )
    sql = _compiled.get(key)
    if sql is None:
        sql = _compiled[key] = _compile_together([type(row) for row in rows], columns, connection.ops.quote_name)
    values = [
        field.get_db_prep_save(value, connection) for given in columns for field, value, earlier in given if earlier < 0
    ]
    keys = ask_one(sql, values)
    if keys is None or keys[0] is None:
        return False
    for row, given, pk in zip(rows, columns, keys, strict=True):
        _has_key(row, pk, connection.alias)
        for field, _, earlier in given:
            if earlier >= 0:
                row.__dict__[field.attname] = keys[earlier]
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


def _given(row: models.Model) -> list[tuple[Any, Any]]:
    """The fields that the row says something about, with its values."""
    return [(field, value) for field in _fields_of(type(row)) if (value := field.pre_save(row, True)) is not None]


def _with_earlier(row: models.Model, numbers: Mapping[int, int]) -> list[tuple[Any, Any, int]]:
    """As _given; and for a foreign key to one of the rows that get their keys only now, which one (else -1)."""
    given = []
    for field in _fields_of(type(row)):
        value = field.pre_save(row, True)
        if value is not None:
            given.append((field, value, -1))
        elif field.is_relation and (earlier := numbers.get(id(field.get_cached_value(row, None)), -1)) >= 0:
            given.append((field, None, earlier))
    return given


def _has_key(row: models.Model, pk: int, alias: str) -> None:
    row.pk = pk
    row._state.adding, row._state.db = False, alias


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


def _compile_together(models_: Sequence[type[models.Model]], columns: Sequence[Any], quote: Any) -> str:
    """One CTE for each row. PostgreSQL checks foreign keys when the whole statement is done, so the order of rows that
    refer to each other is ours. Values without a type (texts) take that of their column."""
    parts = []
    for number, (model, given) in enumerate(zip(models_, columns, strict=True)):
        names = ", ".join(quote(field.column) for field, _, _ in given)
        values = ", ".join("%s" if earlier < 0 else f"r{earlier}.id" for _, _, earlier in given)
        sources = sorted({0, *(earlier for _, _, earlier in given if earlier >= 0)})  # nothing without the first
        tables = ", ".join(f"r{source}" for source in sources)
        what = f"SELECT {values} FROM {tables}" if number else f"VALUES ({values})"
        otherwise = "" if number else " ON CONFLICT DO NOTHING"
        parts.append(
            f"r{number} AS (INSERT INTO {quote(model._meta.db_table)} ({names}) {what}{otherwise}"
            f" RETURNING {quote(_field(model, 'pk').column)} AS id)"
        )
    keys = ", ".join(f"(SELECT id FROM r{number})" for number in range(len(parts)))
    return f"WITH {', '.join(parts)} SELECT {keys}"


def _compile_update(model: type[models.Model], names: list[str], held: Mapping[str, Any], quote: Any) -> str:
    def column(name: str) -> str:
        return quote(_field(model, name).column)

    sets = ", ".join(f"{column(name)} = %s" for name in names)
    conditions = [f"{column('pk')} = %s"]
    conditions += [
        f"{column(name)} IS NULL" if value is None else f"{column(name)} = %s" for name, value in held.items()
    ]
    return f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {' AND '.join(conditions)}"
