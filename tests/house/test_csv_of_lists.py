"""Every list out as CSV: the rows of the page under its filters, all of them, for those who may see the page."""

import csv
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from followups.models import FollowUp
from nps.desk.models import Customer, Ticket
from nps.managing import list_of
from tests import factories
from tests.managed import House, browser_of

pytestmark = pytest.mark.django_db


def rows_of(client: Any, address: str, **query: Any) -> list[dict[str, str]]:
    answer = client.get(address, query)
    assert answer.status_code == 200, address
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    return list(csv.DictReader(answer.getvalue().decode().splitlines(keepends=True)))


def test_tickets_customers_lessons_and_the_queue_come_out_as_shown() -> None:
    house = House.open()
    house.fill(3)
    client = browser_of(house.manager)
    tickets = rows_of(client, reverse("tickets"), status="all", format="csv")
    assert {int(row["id"]) for row in tickets} == set(Ticket.objects.values_list("pk", flat=True))
    customers = rows_of(client, reverse("customers"), format="csv")
    assert len(customers) == Customer.objects.count()
    one = customers[0]["name"]
    assert {row["name"] for row in rows_of(client, reverse("customers"), q=one, format="csv")} == {one}
    rows_of(client, reverse("lessons"), format="csv")
    queue = rows_of(client, reverse("queue"), view="team", format="csv")
    shown = client.get(reverse("queue"), {"view": "team"}).context["total"]
    assert len(queue) == shown
    low = rows_of(client, reverse("queue"), view="team", tab="low", format="csv")
    assert all(int(row["score"]) <= 6 for row in low)


def test_a_csv_shows_no_more_than_its_page() -> None:
    house = House.open()
    house.fill(2)
    stranger = factories.agent("stranger", factories.team("Elsewhere"))
    client = browser_of(stranger)
    for name, query in (("tickets", {"status": "all"}), ("customers", {}), ("queue", {})):
        assert rows_of(client, reverse(name), **query, format="csv") == [], name
    assert client.get(f"{list_of(FollowUp)}csv/").status_code in (302, 403)
    client.logout()
    assert client.get(reverse("tickets"), {"format": "csv"}).status_code == 302


FORMULAS = ["=10+20+cmd|' /C calc'!A0", '+cmd|"/C notepad"!A1', "-2+3", "@SUM(1+9)*cmd|' /C calc'!A0", "\tx", "\r=1"]


def check_formulas(names: list[str]) -> None:
    house = House.open()
    for number, name in enumerate(names):
        factories.customer(name[:200], email=f"formula{number}@x.example")
    client = browser_of(house.root)
    for address, query in ((reverse("customers"), {"format": "csv"}), (f"{list_of(Customer)}csv/", {})):
        body = client.get(address, query).getvalue().decode()
        cells = [cell for row in csv.reader(body.splitlines(keepends=True)) for cell in row]
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
        assert {f"'{name}" if name[0] in "=+-@\t\r" else name for name in names} <= set(cells)


def test_no_cell_of_a_list_is_a_formula() -> None:
    check_formulas([name for name in FORMULAS if "\r" not in name])


def test_the_payloads_that_people_pass_around_are_only_text(shared_data: Path) -> None:
    path = shared_data / "naughty" / "csv_formula_injection.txt"
    check_formulas([line for line in path.read_text().splitlines() if line])
