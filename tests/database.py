"""The test database: migrated once for each state of the migrations and copied from then on, and emptied after a test
without asking the product what a fresh database is given."""

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.db import connection, transaction

from tests.live import ROOT

KEPT = ROOT / "var" / "tests"


# ---- made once, copied from then on --------------------------------------------------------------------------
def make() -> None:
    """A fresh test database under the name that the settings give it, migrated and with its defaults."""
    KEPT.mkdir(parents=True, exist_ok=True)
    copy = _copy_file if connection.vendor == "sqlite" else _copy_database
    with one_at_a_time(KEPT / "lock"):
        copy(digest())


def digest() -> str:
    """Of all that says what a fresh database holds: another version of Django, another migration or default, another
    digest."""
    found = hashlib.sha256(f"{django.get_version()} {connection.vendor}".encode())
    for app in ("config", "nps", "followups"):
        for path in sorted((ROOT / app).rglob("*.py")):
            # Defaults and permissions come from models and from what runs after migrate: all but the doors counts.
            if not {"views", "api", "demo", "templatetags"}.intersection(path.parts):
                found.update(path.read_bytes())
    return found.hexdigest()[:16]


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy_file(state: str) -> None:
    kept = KEPT / f"{state}.sqlite3"
    name = Path(connection.creation._get_test_db_name())
    if not kept.exists():
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        for old in KEPT.glob("*.sqlite3"):
            old.unlink(missing_ok=True)
        shutil.copyfile(name, kept.with_suffix(f".{os.getpid()}"))
        kept.with_suffix(f".{os.getpid()}").rename(kept)
        return
    connection.close()
    for path in (name, Path(f"{name}-wal"), Path(f"{name}-shm")):
        path.unlink(missing_ok=True)
    shutil.copyfile(kept, name)
    _use(str(name))


def _copy_database(state: str) -> None:
    """By PostgreSQL itself, from a database that nobody is connected to."""
    creation = connection.creation
    name = creation._get_test_db_name()
    base = f"kept_{connection.settings_dict['NAME']}"[:40]
    kept = f"{base}_{state}"
    quote = connection.ops.quote_name
    connection.close()
    with creation._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{base}_%"])
        there = {row[0] for row in cursor.fetchall()}
    if kept not in there:
        creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
        with creation._nodb_cursor() as cursor:
            for old in there:
                cursor.execute(f"DROP DATABASE IF EXISTS {quote(old)}")
            cursor.execute(f"CREATE DATABASE {quote(kept)} TEMPLATE {quote(name)}")
        return
    with creation._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {quote(name)} TEMPLATE {quote(kept)}")
    _use(name)


def _use(name: str) -> None:
    from django.conf import settings

    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    connection.ensure_connection()


def destroy(name: str) -> None:
    """The test database at the end of the run; `name` is what the settings called it before. A thread that was given up
    by the deadline may still hold a session of it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    connection.creation.destroy_test_db(name, verbosity=0)


# ---- emptied after each test ---------------------------------------------------------------------------------
class Fresh:
    """What a fresh database holds, table by table, to be put back after a test that committed."""

    def __init__(self) -> None:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._tables = sorted(names)
        self._quote = connection.ops.quote_name
        with connection.cursor() as cursor:
            self._rows = {table: rows for table in self._tables if (rows := self._read(cursor, table))}

    def _read(self, cursor: Any, table: str) -> list[tuple[Any, ...]]:
        cursor.execute(f"SELECT * FROM {self._quote(table)} ORDER BY 1")
        return list(cursor.fetchall())

    def restore(self) -> None:
        """Foreign keys are checked at the commit, on both databases: so rows go and come in any order."""
        with transaction.atomic(), connection.cursor() as cursor:
            held = self._held(cursor)
            for table in self._tables:
                wanted = self._rows.get(table, [])
                if table in held and wanted and self._read(cursor, table) == wanted:
                    continue
                if table in held:
                    cursor.execute(f"DELETE FROM {self._quote(table)}")
                if wanted:
                    marks = ", ".join(["%s"] * len(wanted[0]))
                    cursor.executemany(f"INSERT INTO {self._quote(table)} VALUES ({marks})", wanted)

    def _held(self, cursor: Any) -> set[str]:
        """Tables that hold any row."""
        asked = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {self._quote(table)})" for table in self._tables
        )
        cursor.execute(asked)
        return {row[0] for row in cursor.fetchall()}
