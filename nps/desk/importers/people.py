"""Customers and accounts that lines name: found or made in bulk, as services/enrolling does it one by one.

Lines of every importer may name them; the fields have other names there, so each function is told them by `Names`."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nps.desk.importers import kinds
from nps.desk.models import Account, Customer
from nps.errors import InvalidInput
from nps.importing.fields import Field
from nps.importing.findings import CHANGED, REFUSED, Findings
from nps.importing.mapping import Map
from nps.importing.merging import insert_selected
from nps.importing.running import note, strike
from nps.importing.staging import Staging

CUSTOMERS, ACCOUNTS = Customer._meta.db_table, Account._meta.db_table
EMAIL_TAKEN = ("refuse", "blank")

ACCOUNT_FIELDS = (
    Field("account_external_id", kinds.text(120), "the account's id in the other system"),
    Field("account_name", kinds.text(200), "the account's name; else its id"),
    kinds.flag("account_is_key", "whether it is a key account"),
    Field("account_plan", kinds.text(80), "what they have bought"),
    kinds.day("account_since_on", "customer since"),
    kinds.day("account_renewal_on", "day of the next renewal"),
)


def named_fields(prefix: str) -> tuple[Field, ...]:
    """The fields by which lines about something else name their customer."""
    return (
        Field(f"{prefix}external_id", kinds.text(120), "the customer's id in the other system"),
        Field(f"{prefix}email", kinds.email, "the customer's address"),
        Field(f"{prefix}name", kinds.text(200), "the customer's name; else the address or the id"),
        Field(f"{prefix}language", kinds.language, "such as en or pt-BR"),
    )


@dataclass(frozen=True)
class Names:
    """The staging's names of what it says about customers: each field behind `prefix`."""

    staging: Staging
    prefix: str = ""

    def __getitem__(self, field: str) -> str:
        return self.staging[self.prefix + field]

    def has(self, field: str) -> bool:
        return self.staging.has(self.prefix + field)

    @property
    def key(self) -> str:
        """What a customer is known by: the external id, else the address."""
        return f"COALESCE('#' || {self['external_id']}, LOWER({self['email']}))"

    @property
    def is_there(self) -> bool:
        return self.has("external_id") or self.has("email")


def accept_account(mapping: Map) -> None:
    """InvalidInput where accounts are described and not named."""
    names = mapping.names
    if "account_external_id" not in names and any(name.startswith("account_") for name in names):
        raise InvalidInput("The map names an account's fields and not its account_external_id, which may be the same"
                           " column as account_name.", field="fields", code="map")  # fmt: skip


def look_at_addresses(names: Names, findings: Findings, *, taken: str) -> None:
    """An address that belongs to somebody else already, in the file or here, is refused, or left blank where the map
    says so."""
    if not (names.has("email") and names.has("external_id")):
        return
    staging, email, external_id = names.staging, names["email"], names["external_id"]
    twice = (
        f"SELECT y.position, y.line, y.email, y.first_line FROM (SELECT s.position, s.line, {email} AS email,"
        f" {external_id} AS own, FIRST_VALUE({external_id}) OVER w AS first_own, FIRST_VALUE(s.line) OVER w AS"
        f" first_line FROM {staging.name} s WHERE {email} IS NOT NULL AND {external_id} IS NOT NULL WINDOW w AS"
        f" (PARTITION BY LOWER({email}) ORDER BY s.position)) y WHERE y.own <> y.first_own"
    )
    theirs = (
        f"SELECT s.position, s.line, {email} AS email, c.id FROM {staging.name} s JOIN {CUSTOMERS} c"
        f" ON LOWER(c.email) = LOWER({email}) AND NOT (c.email = '')"
        f" WHERE {external_id} IS NOT NULL AND c.external_id NOT IN ('', {external_id})"
    )
    right = "An address of their own; or nothing; or “email_taken”: “blank” among the options of the map."
    for chosen, owner in ((twice, "line {:,}"), (theirs, "customer {:,} here")):

        def tell(row: tuple[Any, ...], owner: str = owner) -> tuple[str, str, str]:
            return (f"{names.prefix}email", f"The address {row[2]} belongs to {owner.format(row[3])}.", right)

        if taken != "blank":
            strike(staging, findings, chosen, became=REFUSED, tell=tell)
        elif note(staging, findings, chosen, became=CHANGED, tell=tell):
            with staging.connection.cursor() as cursor:
                cursor.execute(
                    f'UPDATE {staging.name} SET "{names.prefix}email" = NULL WHERE position IN'
                    f" (SELECT x.position FROM ({chosen}) x)"
                )


def write_accounts(staging: Staging, low: int, high: int, at: datetime) -> int:
    """Accounts of these lines that are not there yet; the first line that names one describes it."""
    if not staging.has("account_external_id"):
        return 0
    external_id = staging["account_external_id"]
    return insert_selected(
        staging.connection,
        Account,
        {
            "external_id": external_id,
            "name": f"COALESCE({staging['account_name']}, {external_id})",
            "is_key": _or(staging, "account_is_key", "FALSE"),
            "plan": f"COALESCE({staging['account_plan']}, '')",
            "since_on": staging.typed("account_since_on", "day"),
            "renewal_on": staging.typed("account_renewal_on", "day"),
        },
        f"FROM (SELECT s.*, ROW_NUMBER() OVER (PARTITION BY {external_id} ORDER BY s.position) AS nth"
        f" FROM {staging.name} s WHERE s.position BETWEEN %s AND %s AND {external_id} IS NOT NULL) s"
        f" WHERE s.nth = 1 AND NOT EXISTS (SELECT 1 FROM {ACCOUNTS} k WHERE k.external_id = {external_id}"
        f" AND NOT (k.external_id = '')) ORDER BY {external_id}",
        [low, high],
        constants={"created_at": at},
    )


def write_customers(names: Names, low: int, high: int, at: datetime, *, is_once: bool = False) -> int:
    """Customers of these lines that are not there yet; `is_once`: no two lines name the same one. Whoever is known by
    address alone is given the external id."""
    if not names.is_there:
        return 0
    staging, email, external_id = names.staging, names["email"], names["external_id"]
    if names.has("email") and names.has("external_id"):
        _give_external_ids(names, low, high)
    text = {
        name: f"COALESCE({names[name]}, '{default}')"
        for name, default in (("phone", ""), ("language", "en"), ("time_zone", "UTC"), ("preferred_contact", ""))
    }
    account = f"LEFT JOIN {ACCOUNTS} a ON a.external_id = {staging['account_external_id']} AND NOT (a.external_id = '')"
    has_account = staging.has("account_external_id")
    return insert_selected(
        staging.connection,
        Customer,
        {
            "external_id": f"COALESCE({external_id}, '')",
            "email": f"COALESCE({email}, '')",
            "name": f"COALESCE({names['name']}, {email}, {external_id})",
            "account_id": "a.id" if has_account else "CAST(NULL AS integer)",
            "is_internal": _or(staging, f"{names.prefix}is_internal", "FALSE"),
            "created_at": f"COALESCE({staging.typed(names.prefix + 'created_at', 'moment')}, {staging.moment(at)})",
            **text,
        },
        f"FROM {_each_once(names, is_once)} {account if has_account else ''}"
        f" WHERE s.nth = 1{_is_unknown(names)} ORDER BY {names.key}",
        [low, high],
    )


def _each_once(names: Names, is_once: bool) -> str:
    """The lines of a portion that name a customer; nth is 1 for the first that names this one."""
    nth = "1" if is_once else f"ROW_NUMBER() OVER (PARTITION BY {names.key} ORDER BY s.position)"
    within = f"s.position BETWEEN %s AND %s AND {names.key} IS NOT NULL"
    return f"(SELECT s.*, {nth} AS nth FROM {names.staging.name} s WHERE {within}) s"


def _is_unknown(names: Names) -> str:
    external_id, email = names["external_id"], names["email"]
    found = ""
    if names.has("external_id"):
        known = f"SELECT 1 FROM {CUSTOMERS} k WHERE k.external_id = {external_id} AND NOT (k.external_id = '')"
        found += f" AND NOT EXISTS ({known})"
    if names.has("email"):
        known = f"SELECT 1 FROM {CUSTOMERS} k WHERE LOWER(k.email) = LOWER({email}) AND NOT (k.email = '')"
        found += f" AND ({external_id} IS NOT NULL OR NOT EXISTS ({known}))"
    return found


def _give_external_ids(names: Names, low: int, high: int) -> None:
    staging, email, external_id = names.staging, names["email"], names["external_id"]
    unnamed = (
        f"LOWER({CUSTOMERS}.email) = LOWER({email}) AND NOT ({CUSTOMERS}.email = '') AND {CUSTOMERS}.external_id = ''"
    )
    free = f"NOT EXISTS (SELECT 1 FROM {CUSTOMERS} o WHERE o.external_id = {external_id} AND NOT (o.external_id = ''))"
    with staging.connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {CUSTOMERS} SET external_id = {external_id} FROM {staging.name} s WHERE s.position BETWEEN %s"
            f" AND %s AND {external_id} IS NOT NULL AND {unnamed} AND {free}",
            [low, high],
        )


def _or(staging: Staging, field: str, default: str) -> str:
    return f"COALESCE({staging[field]}, {default})" if staging.has(field) else default


def joined(names: Names) -> tuple[str, str]:
    """(joins, the customer's id) for statements FROM the staging as s."""
    joins, ids = "", []
    if names.has("external_id"):
        joins += f" LEFT JOIN {CUSTOMERS} ci ON ci.external_id = {names['external_id']} AND NOT (ci.external_id = '')"
        ids.append("ci.id")
    if names.has("email"):
        joins += f" LEFT JOIN {CUSTOMERS} ce ON LOWER(ce.email) = LOWER({names['email']}) AND NOT (ce.email = '')"
        joins += f" AND {names['external_id']} IS NULL" if names.has("external_id") else ""
        ids.append("ce.id")
    return joins, f"COALESCE({', '.join(ids)})" if len(ids) > 1 else ids[0]


def foresee(names: Names) -> Counter[str]:
    """How many customers and accounts writing would make."""
    staging, foreseen = names.staging, Counter[str]()
    with staging.connection.cursor() as cursor:
        if names.is_there:
            joins, found = joined(names)
            if names.has("email") and names.has("external_id"):
                joins = joins.replace(f" AND {names['external_id']} IS NULL", "")  # they would be given the id
            cursor.execute(f"SELECT count(DISTINCT {names.key}) FROM {staging.name} s {joins} WHERE {found} IS NULL")
            foreseen["customers"] = cursor.fetchone()[0]
        if staging.has("account_external_id"):
            external_id = staging["account_external_id"]
            cursor.execute(
                f"SELECT count(DISTINCT {external_id}) FROM {staging.name} s LEFT JOIN {ACCOUNTS} a ON a.external_id ="
                f" {external_id} AND NOT (a.external_id = '') WHERE a.id IS NULL"
            )
            foreseen["accounts"] = cursor.fetchone()[0]
    return foreseen
