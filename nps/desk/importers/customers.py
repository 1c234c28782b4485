"""Customers and their accounts out of a CSV. Whoever is known stays as they stand, as at the REST door."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from nps.desk.importers import kinds, people
from nps.desk.models import Customer
from nps.errors import InvalidInput
from nps.importing.fields import Field
from nps.importing.findings import LEFT_OUT, Findings
from nps.importing.mapping import Map
from nps.importing.plans import Columns
from nps.importing.running import strike
from nps.importing.staging import Staging


class CustomerImporter:
    """One run. Lines that name no customer, only an account, make the account."""

    kind = "customers"
    options: ClassVar = {"email_taken": people.EMAIL_TAKEN}
    fields = (
        *people.named_fields(""),
        Field("phone", kinds.text(40), "the phone number"),
        Field("time_zone", kinds.zone, "IANA name, such as Europe/Oslo"),
        Field("preferred_contact", kinds.choice(Customer.Contact.values), "phone or email"),
        kinds.flag("is_internal", "a colleague: never surveyed"),
        kinds.moment("created_at", "customer since, as a time"),
        *people.ACCOUNT_FIELDS,
    )

    def __init__(self, mapping: Map, at: datetime) -> None:
        self._mapping, self._at = mapping, at
        self._is_accounts_only = not mapping.names & {"external_id", "email"}
        self.noun = "accounts" if self._is_accounts_only else "customers"

    @staticmethod
    def accept(mapping: Map) -> None:
        """InvalidInput where the map could not tell one customer from another."""
        names = mapping.names
        if not names & {"external_id", "email", "account_external_id"}:
            raise InvalidInput(
                "The map needs external_id, email or account_external_id: without one of them a second run would make"
                " everybody twice.",
                field="fields",
                code="map",
            )
        people.accept_account(mapping)

    def check(self, columns: Columns) -> Iterator[tuple[int, str, str, str]]:
        if self._is_accounts_only:
            yield from _empty(columns, ("account_external_id",))
        else:
            yield from _empty(columns, ("external_id", "email"))

    def look(self, staging: Staging, findings: Findings) -> Staging:
        names = people.Names(staging)
        key = staging["account_external_id"] if self._is_accounts_only else names.key
        strike_repeated(staging, findings, key, names=("external_id", "email", "account_external_id"))
        people.look_at_addresses(names, findings, taken=self._mapping.options.get("email_taken", "refuse"))
        return staging

    def prepare(self, staging: Staging) -> Counter[str]:
        return Counter()  # nothing is shared by many

    def write(self, staging: Staging, low: int, high: int) -> Counter[str]:
        made = Counter[str]()
        made["accounts"] = people.write_accounts(staging, low, high, self._at)
        made["customers"] = people.write_customers(people.Names(staging), low, high, self._at, is_once=True)
        return made

    def foresee(self, staging: Staging) -> Counter[str]:
        return people.foresee(people.Names(staging))


def _empty(columns: Columns, names: tuple[str, ...]) -> Iterator[tuple[int, str, str, str]]:
    given: list[list[Any]] = [columns.values[name] for name in names if name in columns.values]
    if all(None not in column for column in given[:1]) and given:
        return
    for index, cells in enumerate(zip(*given, strict=True)):
        if not any(cells):
            wanted = " or ".join(names)
            yield index, wanted, "Nothing says who this is.", f"A value for {wanted}."


def strike_repeated(staging: Staging, findings: Findings, key: str, *, names: tuple[str, ...]) -> None:
    """Leave out lines whose key an earlier line of the file has."""
    column = " or ".join(name for name in names if staging.has(name))
    with staging.connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {staging.name} s GROUP BY {key} HAVING count(*) > 1 LIMIT 1")
        if cursor.fetchone() is None:
            return
    chosen = (
        f"SELECT y.position, y.line, y.first_line FROM (SELECT s.position, s.line, FIRST_VALUE(s.line) OVER w AS"
        f" first_line, FIRST_VALUE(s.position) OVER w AS first_position FROM {staging.name} s"
        f" WINDOW w AS (PARTITION BY {key} ORDER BY s.position)) y WHERE y.position <> y.first_position"
    )
    strike(
        staging,
        findings,
        chosen,
        became=LEFT_OUT,
        tell=lambda row: (column, f"The same as in line {row[2]:,}.", "One line each."),
    )
