"""INSERT for the acts that happen hundreds of times a second: compiled by the ORM once instead of at each call, and
decided by the unique constraint inside the one statement."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.sql import InsertQuery

_fields: dict[type[models.Model], list[Any]] = {}
_inserts: dict[tuple[str, type[models.Model], tuple[str, ...]], str] = {}


def insert_once(row: models.Model) -> bool:
    """Insert `row` and set its key; False, with nothing written, where a unique constraint says it is there already.

    A duplicate costs no savepoint and leaves the transaction usable; every other error of the database is raised. No
    pre_save and post_save signals; values must be plain ones."""
    connection = transaction.get_connection()
    given = [(field, value) for field in _fields_of(type(row)) if (value := field.pre_save(row, True)) is not None]
    key = (connection.vendor, type(row), tuple([field.attname for field, _ in given]))
    sql = _inserts.get(key)
    if sql is None:
        sql = _inserts[key] = _compile_insert(row, [field for field, _ in given])
    values = [field.get_db_prep_save(value, connection) for field, value in given]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        returned = cursor.fetchone()
    if returned is None:
        return False
    row.pk = returned[0]
    row._state.adding, row._state.db = False, connection.alias
    return True


def _fields_of(model: type[models.Model]) -> list[Any]:
    fields = _fields.get(model)
    if fields is None:
        ours = model._meta.local_concrete_fields
        fields = _fields[model] = [field for field in ours if not (field.primary_key or field.generated)]
    return fields


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
