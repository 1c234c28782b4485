"""Django admin under what no page of it sends: refused in words, and never an error of ours."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from nps.desk.models import Membership, Team
from nps.managing import address_of, list_of
from tests import factories
from tests.house.filled_forms import forms_in
from tests.managed import NOW, House, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]

NO_KEYS = ("abc", "\x00", "9" * 20, "x" * 5_000)
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def house() -> House:
    house = House.open()
    house.fill(1)
    return house


def test_an_act_on_rows_that_cannot_exist_is_refused(house: House) -> None:
    client = browser_of(house.root)
    request: Any = client.get(reverse("admin:index")).wsgi_request
    wrong = []
    for model in MODELS:
        for name in admin.site._registry[model].get_actions(request):
            for key in NO_KEYS:
                answer = client.post(list_of(model), {"action": name, "_selected_action": [key]}, follow=True)
                if answer.status_code != 200 or "cannot exist" not in answer.content.decode():
                    wrong.append((model._meta.label, name, key[:20], answer.status_code))
    assert wrong == []


def test_a_form_that_names_what_cannot_exist_is_shown_again(house: House) -> None:
    client = browser_of(house.root)
    wrong, tried = [], 0
    for model in MODELS:
        row = model._default_manager.order_by("pk").first()
        adding = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        for address in (adding, address_of(row)):
            page = client.get(address)
            form = next((one for one in forms_in(page.content.decode()) if "_save" in one.names), None)
            if form is None:
                continue
            links = [
                field.name
                for field in (*model._meta.fields, *model._meta.many_to_many)
                if isinstance(field, models.ForeignKey | models.ManyToManyField) and field.name in form.names
            ]
            for name in links:
                for key in NO_KEYS:
                    tried += 1
                    answer = client.post(address, {**form.fields, name: [key], "_save": "Save"})
                    if answer.status_code != 200 or not answer.context["errors"]:
                        wrong.append((address, name, key[:20], answer.status_code))
    assert wrong == []
    assert tried > 100


@pytest.mark.parametrize("number", ["99999999999999999999", "2000", "-1", "x"])
def test_a_form_makes_no_more_rows_than_were_sent(house: House, number: str) -> None:
    client = browser_of(house.root)
    for model in MODELS:
        address = address_of(model._default_manager.order_by("pk").first())
        form = next((one for one in forms_in(client.get(address).content.decode()) if "_save" in one.names), None)
        counts = [name for name in form.fields if name.endswith("-TOTAL_FORMS")] if form else []
        if not counts:
            continue
        assert form is not None
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(address, {**form.fields, **dict.fromkeys(counts, number), "_save": "Save"})
        assert answer.status_code in (200, 302, 403), address
        assert len(asked) < 120, address


def test_the_page_of_a_team_costs_the_same_with_more_members(house: House) -> None:
    client = browser_of(house.root)
    team = Team.objects.create(name="Dockside", slug="dockside", time_zone="Europe/Oslo")

    def page_with(members: int) -> int:
        for n in range(members):
            person = factories.agent(f"docker-{members}-{n}", starts=None)
            Membership.objects.create(team=team, user=person)
        client.get(address_of(team))
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address_of(team)).content.decode()
        assert str(person) in page
        return len(asked)

    assert page_with(2) == page_with(9)
