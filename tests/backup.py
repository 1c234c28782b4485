"""A backup of the whole test database, and its restoring, in the manner of either kind of database."""

import sqlite3
from typing import Any

from django.db import connection


def backup() -> Any:
    """What `restore` takes. Made while others write, like the tools of the database itself."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        copy = sqlite3.connect(":memory:")
        connection.connection.backup(copy)
        return copy
    numbers: dict[str, tuple[int, bool]] = {}
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
        for table in connection.introspection.table_names():
            cursor.execute(f"CREATE TABLE kept.{table} AS TABLE public.{table}")
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
        for (sequence,) in cursor.fetchall():
            cursor.execute(f"SELECT last_value, is_called FROM {sequence}")
            numbers[sequence] = cursor.fetchone()
    return numbers


def restore(kept: Any) -> None:
    """Everything as it was at the backup, the numbers given to rows included."""
    if connection.vendor == "sqlite":
        kept.backup(connection.connection)
        kept.close()
        return
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        for table in tables:
            cursor.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept.{table}")
        for sequence, (last_value, is_called) in kept.items():
            cursor.execute("SELECT setval(%s, %s, %s)", [sequence, last_value, is_called])
        cursor.execute("SET session_replication_role = origin; DROP SCHEMA kept CASCADE")
