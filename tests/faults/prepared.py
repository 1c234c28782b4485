"""What every bench starts from, made once: migrated databases with the organisation in them, static files, keys."""

import json
import shutil
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.faults.product import Product
from tests.faults.servers import Missing, Postgres

TEMPLATE = "prepared"


class Prepared:
    """Made when first asked for; `close` throws all of it away."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="nines-faults-"))
        self._benches = 0

    @cached_property
    def postgres(self) -> Postgres:
        """One cluster for all benches; each has a database of its own in it."""
        return Postgres()

    @cached_property
    def _on_postgres(self) -> tuple[Path, dict[str, Any]]:
        self.postgres.create_database(TEMPLATE)
        return self._make("postgres", self.postgres.url(TEMPLATE))

    @cached_property
    def _on_sqlite(self) -> tuple[Path, dict[str, Any]]:
        return self._make("sqlite", "")

    def _make(self, name: str, database_url: str) -> tuple[Path, dict[str, Any]]:
        folder = self._home / name
        for part in ("queue", "control"):
            (folder / "var" / "broker" / part).mkdir(parents=True)
        try:
            made = Product(folder, database_url, "", smtp_port=1).run("-m", "tests.faults.world")
        except RuntimeError as error:
            raise Missing(f"there is no product to break: {error}") from None
        return folder, json.loads(made.splitlines()[-1])

    def copy(self, *, is_embedded: bool) -> tuple[Path, str, dict[str, Any]]:
        """A folder, a database's name (empty: SQLite, in the folder) and the organisation, for one bench alone."""
        source, world = self._on_sqlite if is_embedded else self._on_postgres
        self._benches += 1
        name = f"bench{self._benches}"
        folder = self._home / name
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("static"))
        (folder / "var" / "static").symlink_to(source / "var" / "static")
        if not is_embedded:
            self.postgres.create_database(name, like=TEMPLATE)
        return folder, "" if is_embedded else name, world

    def close(self) -> None:
        if "postgres" in self.__dict__:
            self.postgres.close()
        shutil.rmtree(self._home, ignore_errors=True)
