"""Know an account or a customer: once per external id or address, however often a program says so."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Lower

from nps.desk.contacts import clean_email, clean_language, clean_zone
from nps.desk.models import Account, Customer, User
from nps.errors import Conflict, InvalidInput
from nps.text import clean_text

Row = TypeVar("Row", Account, Customer)


@dataclass(frozen=True)
class NewAccount:
    """An account as another system knows it."""

    external_id: str
    name: str = ""
    is_key: bool = False
    plan: str = ""
    since_on: date | None = None
    renewal_on: date | None = None


@dataclass(frozen=True)
class NewCustomer:
    """A customer as another system knows them: by `external_id`, by `email`, or by both."""

    external_id: str = ""
    email: str = ""
    name: str = ""
    phone: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    preferred_contact: str = ""
    is_internal: bool = False
    account: Account | NewAccount | None = None


@transaction.atomic
def enrol_account(*, account: NewAccount, at: datetime, by: User | None = None) -> tuple[Account, bool]:
    """The account of that external id and whether it is new. One that is known is returned as it stands; Conflict if
    `by` does not see it."""
    fields = _clean(asdict(account))
    if not fields["external_id"]:
        raise InvalidInput("external_id is missing: without it, sending again would make a second account.",
                           field="external_id", code="required")  # fmt: skip
    fields["name"] = fields["name"] or fields["external_id"]
    known = Account.objects.filter(external_id=fields["external_id"])
    if found := known.first():
        return _seen(found, by, "external_id"), False
    try:
        with transaction.atomic():
            return Account.objects.create(**fields, created_at=at), True
    except IntegrityError:
        return _seen(known.get(), by, "external_id"), False


@transaction.atomic
def enrol_customer(*, customer: NewCustomer, at: datetime, by: User | None = None) -> tuple[Customer, bool]:
    """The customer of that external id or address and whether they are new. One who is known is returned as they
    stand; an address known without an external id gets this one. Conflict if the address is another's,
    or if `by` does not see who or what is known."""
    # Not asdict(): it would copy a whole Account.
    fields = _clean({name: value for name, value in vars(customer).items() if name != "account"})
    if not (fields["external_id"] or fields["email"]):
        raise InvalidInput(
            "Send external_id or email: without one, sending again would make a second customer.",
            field="external_id",
            code="required",
        )
    named = "external_id" if fields["external_id"] else "email"
    if found := _known(fields["external_id"], fields["email"]):
        return _seen(found, by, named), False
    account = customer.account
    if isinstance(account, NewAccount):
        account = enrol_account(account=account, at=at, by=by)[0]
    fields["name"] = fields["name"] or fields["email"] or fields["external_id"]
    try:
        with transaction.atomic():
            return Customer.objects.create(**fields, account=account, created_at=at), True
    except IntegrityError:
        found = _known(fields["external_id"], fields["email"])
        if found is None:
            raise
        return _seen(found, by, named), False


def amend_account(*, account: Account, **changes: Any) -> Account:
    """Change what is known about an account."""
    return _amend(account, _clean(changes))


def amend_customer(*, customer: Customer, **changes: Any) -> Customer:
    """Change what is known about a customer. Conflict if the address or the external id is another's."""
    return _amend(customer, _clean(changes))


def _amend(row: Any, changes: dict[str, Any]) -> Any:
    if changes.get("name") == "":
        raise InvalidInput("name is empty; write something.", field="name", code="required")
    if changes:
        try:
            with transaction.atomic():
                type(row)._default_manager.filter(pk=row.pk).update(**changes)
        except IntegrityError:
            taken = "email" if "email" in changes else "external_id"
            raise Conflict(f"Another one has this {taken} already.", field=taken, code="taken") from None
        row.refresh_from_db()
    return row


def _seen(row: Row, by: User | None, field: str) -> Row:
    """The row; but nobody learns of one that is outside their reach by sending its name."""
    if by is not None and not type(row)._default_manager.filter(pk=row.pk).visible_to(by).exists():
        raise Conflict(f"This {field} is taken.", field=field, code="taken")
    return row


def _known(external_id: str, email: str) -> Customer | None:
    rows = Customer.objects.select_related("account")
    if external_id and (found := rows.filter(external_id=external_id).first()):
        return found
    if not email:
        return None
    # Lowered by the database, as the constraint does it: SQLite lowers ASCII only.
    found = rows.alias(address=Lower("email")).filter(address=Lower(Value(email))).first()
    if found is None or not external_id:
        return found
    # Its own external id already: another program's ticket of the same customer came between the two looks.
    nameable = Customer.objects.filter(pk=found.pk, external_id__in=("", external_id))
    if nameable.update(external_id=external_id) != 1:
        raise Conflict(
            f"The address belongs to customer {found.pk}, whose external_id is another.", field="email", code="taken"
        )
    found.external_id = external_id
    return found


#: what is kept of each text, and how it is read
_LENGTHS = {"external_id": 120, "name": 200, "plan": 80, "phone": 40}
_READERS = {"email": clean_email, "time_zone": clean_zone, "language": clean_language}


def _clean(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they can be kept; InvalidInput names the first that cannot."""
    for name, length in _LENGTHS.items():
        if name in fields:
            fields[name] = clean_text(fields[name], field=name, max_length=length)
    for name, read in _READERS.items():
        if name in fields:
            fields[name] = read(fields[name], field=name)
    if fields.get("preferred_contact", "") not in Customer.Contact.values:
        raise InvalidInput("preferred_contact must be phone or email, or left out.", field="preferred_contact")
    return fields
