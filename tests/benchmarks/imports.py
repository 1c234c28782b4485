"""Benchmarks: an import of customers, checked and idempotent, beside COPY of rows that need neither, and beside save().
The time that reading the CSV takes by itself is left out of ours, as the baselines read none."""

import csv
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from django.db import connection
from django.utils import timezone

from nps.desk.importers.customers import CustomerImporter
from nps.desk.models import Account, Customer
from nps.importing import registry
from nps.importing.findings import Findings
from nps.importing.reading import reading
from nps.importing.running import Order, run
from tests.benchmarks.servers import CannotMeasure
from tests.benchmarks.stack import Stack
from tests.benchmarks.table import Figure, spread

ROUNDS = 3
SPEC = {
    "fields": {
        "external_id": "id",
        "email": "mail",
        "name": "name",
        "phone": "phone",
        "language": "language",
        "time_zone": "zone",
        "created_at": "since",
        "account_external_id": "firm",
    }
}
COPIED = ("external_id", "email", "name", "phone", "language", "time_zone", "preferred_contact", "is_internal",
          "account_id", "created_at")  # fmt: skip


def measure(stack: Stack) -> list[Figure]:
    """Two figures: beside COPY, and beside save(). CannotMeasure without PostgreSQL."""
    if connection.vendor != "postgresql":
        raise CannotMeasure("an import is measured beside COPY, so it needs PostgreSQL")
    lines = 2_000 if stack.is_quick else 100_000
    path = stack.folder / "people.csv"
    _write(path, lines)
    rounds = 1 if stack.is_quick else ROUNDS
    copied, ours, saved = [], [], []
    for _ in range(rounds):
        copied.append(lines / _timed(lambda: _copy(lines)))
        reading_alone = _seconds(lambda: _read(path))
        ours.append(lines / (_timed(lambda: _import(path, lines, stack.folder)) - reading_alone))
        few = max(lines // 50, 100)
        saved.append(few / _timed(lambda few=few: _save(few)))  # type: ignore[misc]
    notes = [
        f"{lines:,} customers of {_firms(lines):,} accounts, {rounds} rounds, in turns",
        f"COPY, lines/s: {spread(copied)}",
        f"import, lines/s: {spread(ours)}",
    ]
    return [
        Figure("import beside COPY", "lines/s", median(copied), median(ours), least_ratio=0.5, notes=notes),
        Figure("import beside save()", "lines/s", median(saved), median(ours), least_ratio=20),
    ]


def _firms(lines: int) -> int:
    return max(lines // 20, 1)


def _person(n: int, lines: int) -> tuple[str, ...]:
    firm = n % _firms(lines)
    return (f"c-{n}", f"person.{n}@company{firm}.example", f"Person {n}", f"+47{n:08}", "nb", "Europe/Oslo",
            f"2024-{n % 12 + 1:02}-{n % 28 + 1:02} 10:{n % 60:02}:00", f"f{firm}")  # fmt: skip


def _write(path: Path, lines: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SPEC["fields"].values())
        writer.writerows(_person(n, lines) for n in range(lines))


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _timed(prepare: Callable[[], Callable[[], object]]) -> float:
    """Seconds of what `prepare` gives, on empty tables."""
    act = prepare()
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Customer._meta.db_table}, {Account._meta.db_table} RESTART IDENTITY CASCADE")
    return _seconds(act)


def _copy(lines: int) -> Callable[[], object]:
    """Rows that are right, with their keys known, straight into both tables."""
    at = timezone.now().isoformat()
    firms = "".join(f"{n + 1}\tf{n}\tf{n}\tf\t\t{at}\n" for n in range(_firms(lines)))
    people = []
    for n in range(lines):
        external_id, email, name, phone, language, zone, since, firm = _person(n, lines)
        cells = (external_id, email, name, phone, language, zone, "", "f", str(int(firm[1:]) + 1), f"{since}+00")
        people.append("\t".join(cells) + "\n")
    packs = ["".join(people[low : low + 2_000]) for low in range(0, lines, 2_000)]

    def act() -> None:
        with connection.cursor() as cursor:
            table = Account._meta.db_table
            with cursor.copy(f"COPY {table} (id, name, external_id, is_key, plan, created_at) FROM STDIN") as copy:
                copy.write(firms)
            with cursor.copy(f"COPY {Customer._meta.db_table} ({', '.join(COPIED)}) FROM STDIN") as copy:
                for pack in packs:
                    copy.write(pack)

    return act


def _read(path: Path) -> None:
    with reading(path) as file:
        for _ in file.batches():
            pass


def _import(path: Path, lines: int, folder: Path) -> Callable[[], object]:
    def act() -> None:
        at = timezone.now()
        mapping = registry.checked(CustomerImporter.kind, SPEC)
        with Findings(folder / "people.errors.csv") as findings:
            outcome = run(CustomerImporter(mapping, at), Order(path, mapping, at), connection, findings)
        if outcome.made["customers"] != lines:
            raise CannotMeasure(f"{outcome.made['customers']:,} customers came of {lines:,} lines")

    return act


def _save(few: int) -> Callable[[], object]:
    at = timezone.now()

    def act() -> None:
        for n in range(few):
            external_id, email, name, phone, language, zone, *_ = _person(n, few)
            Customer(external_id=external_id, email=email, name=name, phone=phone, language=language, time_zone=zone,
                     created_at=at).save()  # fmt: skip

    return act
