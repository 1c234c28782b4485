"""Customers and accounts over REST: known once, amended, never doubled."""

import pytest

from nps.desk.models import Account, Customer
from nps.desk.services import enrolling
from nps.desk.services.enrolling import NewCustomer
from tests import factories
from tests.api.conftest import World
from tests.factories import AT

INGRID = {"external_id": "C-1", "email": "Ingrid@Fjordvik.example", "name": "Ingrid Solheim", "language": "nb"}


def test_a_customer_is_known_once(world: World) -> None:
    first = world.key.post("/api/v1/customers/", INGRID)
    assert first.status_code == 201
    for known in (INGRID, {"external_id": "C-1", "name": "Other"}, {"email": "ingrid@fjordvik.EXAMPLE"}):
        again = world.key.post("/api/v1/customers/", known)
        assert (again.status_code, again.data) == (200, first.data)


def test_an_address_gets_its_external_id_later(world: World) -> None:
    known = world.key.post("/api/v1/customers/", {"email": "ola@b.example"}).data
    assert (known["name"], known["external_id"]) == ("ola@b.example", "")
    named = world.key.post("/api/v1/customers/", {"email": "OLA@b.example", "external_id": "C-2"}).data
    assert (named["id"], named["external_id"]) == (known["id"], "C-2")
    refused = world.key.post("/api/v1/customers/", {"email": "ola@b.example", "external_id": "C-3"})
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (409, "/email")
    nested = {"subject": "Help", "team": "billing", "customer": {"email": "ola@b.example", "external_id": "C-3"}}
    refused = world.key.post("/api/v1/tickets/", nested)
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (409, "/customer/email")


def test_somebody_without_id_and_address_would_be_doubled(world: World) -> None:
    refused = world.key.post("/api/v1/customers/", {"name": "Ingrid"})
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, "/external_id")


def test_an_account_is_known_once_and_made_with_its_customer(world: World) -> None:
    acme = {"external_id": "A-1", "name": "Acme", "is_key": True, "since_on": "2020-02-29"}
    assert world.key.post("/api/v1/accounts/", acme).status_code == 201
    assert world.key.post("/api/v1/accounts/", {"external_id": "A-1"}).data["name"] == "Acme"
    customer = world.key.post("/api/v1/customers/", {**INGRID, "account": {"external_id": "A-1"}}).data
    assert customer["account"] == Account.objects.get(external_id="A-1").pk
    by_id = world.key.post("/api/v1/customers/", {"email": "b@b.example", "account": customer["account"]}).data
    assert by_id["account"] == customer["account"]


def test_what_is_known_is_amended(world: World) -> None:
    path = f"/api/v1/customers/{world.customer.pk}/"
    answer = world.key.patch(path, {"phone": "", "time_zone": "Asia/Tokyo", "is_internal": True, "account": None})
    assert answer.status_code == 200
    changed = Customer.objects.get(pk=world.customer.pk)
    assert (changed.phone, changed.time_zone, changed.is_internal, changed.account) == ("", "Asia/Tokyo", True, None)
    assert changed.name == world.customer.name
    other = factories.customer()
    refused = world.key.patch(path, {"email": other.email.upper()})
    assert (refused.status_code, refused.data["code"]) == (409, "taken")
    for wrong in ({"name": ""}, {"name": " "}, {"time_zone": "Mars/Base"}, {"email": "x"}, {"language": "english!"}):
        refused = world.key.patch(path, wrong)
        assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, f"/{next(iter(wrong))}")
    assert world.key.patch(path, {}).status_code == 200
    assert world.key.patch(path, {"external_id": "X"}).status_code == 422, "an external id is given once"


def test_whoever_was_quicker_wins(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two programs make the same customer known at once: the second insert meets the constraint and finds the first."""
    first, _ = enrolling.enrol_customer(customer=NewCustomer(external_id="C-1"), at=AT)
    looks = iter([None])
    known = enrolling._known
    monkeypatch.setattr(enrolling, "_known", lambda *args: next(looks, known(*args)))
    assert enrolling.enrol_customer(customer=NewCustomer(external_id="C-1"), at=AT) == (first, False)
