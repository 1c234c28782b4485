"""A temporary table of this connection, filled in bulk. Other connections do not see it and are not kept waiting by it.

PostgreSQL is fed by COPY. SQLite keeps temporary tables in a file of their own, so that filling one takes no lock that
a customer's answer would have to wait for."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from nps.importing.kinds import written
from nps.importing.plans import Columns

_TYPES = {
    "postgresql": {"text": "text", "moment": "timestamptz", "day": "date", "flag": "boolean", "number": "integer"},
    "sqlite": {"text": "text", "moment": "text", "day": "text", "flag": "integer", "number": "integer"},
}
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_FLAGS = {True: "t", False: "f", None: "\\N"}


class Staging:
    """`fields`: name → kind of value, in the order of its columns, behind `position` (1, 2, …) and `line`."""

    def __init__(self, connection: BaseDatabaseWrapper, name: str, fields: Mapping[str, str]) -> None:
        self.connection, self.name, self.fields = connection, name, dict(fields)
        self.rows = 0
        self.refused = self.left_out = 0  # lines that were taken out again
        self._types = _TYPES[connection.vendor]
        self._derived: list[Staging] = []
        self._open = ExitStack()
        self._copy: Any = None

    def __getitem__(self, field: str) -> str:
        """The column of `field` as SQL, the table being called s; a NULL of text where the map does not name it."""
        return self.typed(field, "text")

    def typed(self, field: str, sql: str) -> str:
        """As [field], the NULL being of that kind."""
        return f's."{field}"' if field in self.fields else self.typed_null(sql)

    def typed_null(self, sql: str) -> str:
        return f"CAST(NULL AS {self._types[sql]})"

    def moment(self, at: datetime) -> str:
        """`at` as SQL."""
        text = written(at)
        return f"TIMESTAMPTZ '{text}+00'" if self.connection.vendor == "postgresql" else f"'{text}'"

    def has(self, field: str) -> bool:
        return field in self.fields

    def create(self) -> None:
        columns = "".join(f', "{name}" {self._types[sql]}' for name, sql in self.fields.items())
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.name}")
            cursor.execute(f"CREATE TEMPORARY TABLE {self.name} (position integer, line integer{columns})")

    def add(self, columns: Columns) -> None:
        if not columns.lines:
            return
        positions = range(self.rows + 1, self.rows + 1 + len(columns.lines))
        self.rows += len(columns.lines)
        if self.connection.vendor == "postgresql":
            self._send(positions, columns)
        else:
            self._insert(positions, columns)

    def index(self, *, is_unique: bool = True) -> None:
        """Once all is in: portions are cut out by position."""
        self._open.close()
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"CREATE {'UNIQUE ' if is_unique else ''}INDEX {self.name}_position ON {self.name} (position)"
            )
            if self.connection.vendor == "postgresql":
                # A small sample is enough to choose a plan by, and takes a tenth of the time.
                cursor.execute("SET default_statistics_target = 10")
                cursor.execute(f"ANALYZE {self.name}")
                cursor.execute("RESET default_statistics_target")

    def derived(self, name: str, chosen: str, *, is_by_position: bool = True) -> "Staging":
        """Another temporary table, made of this one by a SELECT that begins with position; dropped with it."""
        made = Staging(self.connection, name, self.fields)
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
            cursor.execute(f"CREATE TEMPORARY TABLE {name} AS {chosen}")
            cursor.execute(f"SELECT count(*) FROM {name}")
            made.rows = int(cursor.fetchone()[0])
        made.index(is_unique=is_by_position)
        self._derived.append(made)
        return made

    def drop(self) -> None:
        self._open.close()
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.name}")
        for other in self._derived:
            other.drop()

    def _send(self, positions: range, columns: Columns) -> None:
        written = [map(str, positions), map(str, columns.lines)]
        written += [_as_copied(columns.values[name], sql) for name, sql in self.fields.items()]
        text = "\n".join(map("\t".join, zip(*written, strict=True)))
        if self._copy is None:
            # One COPY for the whole file: the server takes lines in while the next ones are read.
            cursor = self._open.enter_context(self.connection.cursor())
            self._copy = self._open.enter_context(cursor.copy(f"COPY {self.name} FROM STDIN"))
        self._copy.write(text + "\n")

    def _insert(self, positions: range, columns: Columns) -> None:
        self.connection.ensure_connection()
        raw: Any = self.connection.connection
        values = [columns.values[name] for name in self.fields]
        marks = ", ".join("?" * (len(values) + 2))
        begins = not raw.in_transaction
        if begins:
            raw.execute("BEGIN DEFERRED")  # one for the batch; it never touches the file of the product's own rows
        raw.executemany(
            f"INSERT INTO {self.name} VALUES ({marks})", zip(positions, columns.lines, *values, strict=True)
        )
        if begins:
            raw.execute("COMMIT")


def _as_copied(values: list[Any], sql: str) -> Any:
    """A column in the text format of COPY."""
    if sql == "number":
        return ["\\N" if value is None else str(value) for value in values]
    if sql == "flag":
        return [_FLAGS[value] for value in values]
    if sql == "moment":
        return ["\\N" if value is None else f"{value}+00" for value in values]
    whole = "".join([value for value in values if value is not None]) if None in values else "".join(values)
    if "\\" in whole or "\n" in whole or "\t" in whole or "\r" in whole:
        return ["\\N" if value is None else value.translate(_ESCAPES) for value in values]
    return ["\\N" if value is None else value for value in values] if None in values else values


@contextmanager
def staged(connection: BaseDatabaseWrapper, name: str, fields: Mapping[str, str]) -> Iterator[Staging]:
    staging = Staging(connection, name, fields)
    staging.create()
    try:
        yield staging
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            staging.drop()
