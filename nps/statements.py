"""INSERT and UPDATE of one row, for the acts that happen hundreds of times a second: compiled once instead of at each
call. Everything else is better off as a plain QuerySet."""

from collections.abc import Mapping
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.sql import InsertQuery

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
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        returned = cursor.fetchone()
    if returned is None:
        return False
    row.pk = returned[0]
    row._state.adding, row._state.db = False, connection.alias
    return True


def update_row(model: type[models.Model], pk: int, *, held: Mapping[str, Any] | None = None, **changes: Any) -> bool:
    """Set columns of the row with this key to plain values, if its columns still hold what `held` says; whether so."""
    connection = transaction.get_connection()
    held = held or {}
    nulls = tuple([value is None for value in held.values()])
    key = (connection.vendor, model, tuple(changes), tuple(held), nulls)
    sql = _compiled.get(key)
    if sql is None:
        sql = _compiled[key] = _compile_update(model, list(changes), held, connection.ops.quote_name)
    given = [*changes.items(), ("pk", pk), *((name, value) for name, value in held.items() if value is not None)]
    values = [_field(model, name).get_db_prep_save(value, connection) for name, value in given]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount == 1


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
