"""Django admin as managers use it: every row can be found, nothing is edited that a verb writes, no page has N+1."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups.models import FollowUp, HistoryEntry, Lesson, Promise
from nps.desk.models import Ticket, User
from nps.desk.roles import NOT_FOR_LEADS, make_groups
from nps.managing import list_of
from nps.outbox.models import Delivery
from nps.survey.models import Response
from tests import factories
from tests.managed import NOW, House, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
KEPT = ("Response", "ResponseRevision", "FollowUp", "Attempt", "HistoryEntry", "Resolution", "SurveyDecision", "Ticket")


def page_of(row: Any, name: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[quote(row.pk)])


def statements(client: Any, address: str) -> int:
    client.get(address)  # what a process remembers for some seconds is not counted
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
    assert answer.status_code == 200, address
    return len(seen)


def test_every_model_of_the_product_has_its_list() -> None:
    own = {model for label in ("nps", "followups") for model in apps.get_app_config(label).get_models()}
    assert own <= set(MODELS)


def test_statements_do_not_grow_with_the_rows(remembering: None) -> None:
    house = House.open()
    client = browser_of(house.root)
    addresses = [list_of(model) for model in MODELS] + [f"{list_of(model)}?q=a" for model in MODELS]
    for model in MODELS:
        if admin.site._registry[model].csv_columns:
            addresses.append(f"{list_of(model)}csv/")
    addresses += [reverse("admin:index"), reverse("admin:followups_tracking"), reverse("admin:followups_tracking_csv")]
    house.fill(3)
    few = {address: statements(client, address) for address in addresses}
    house.fill(27)
    many = {address: statements(client, address) for address in addresses}
    assert {address: (few[address], many[address]) for address in addresses if few[address] != many[address]} == {}
    # Counts beside every filter cost Django one look at all the others each.
    counted = {list_of(Lesson), list_of(Promise), f"{list_of(Lesson)}?q=a", f"{list_of(Promise)}?q=a"}
    assert max(many[address] for address in counted) <= 40
    assert max(number for address, number in many.items() if address not in counted) <= 20


@pytest.mark.parametrize("who", ["root", "manager", "auditor", "lead"])
def test_every_page_of_every_row_opens(who: str) -> None:
    house = House.open()
    house.fill(1)
    client = browser_of(getattr(house, who))
    for model in MODELS:
        if client.get(list_of(model)).status_code != 200:
            shut = NOT_FOR_LEADS | {"group"} if who == "lead" else {"group"}
            assert model._meta.model_name in shut, model
            continue
        row = model._default_manager.order_by("pk").first()
        answer = client.get(page_of(row))
        seen = answer.status_code == 200 or (who == "lead" and answer.status_code == 302)
        assert seen, (model, answer.status_code)
        if model._meta.app_label != "auth" and admin.site._registry[model].has_add_permission(answer.wsgi_request):
            adding = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
            assert client.get(adding).status_code == 200, model


def test_nobody_deletes_what_was_said_and_done() -> None:
    house = House.open()
    house.fill(1)
    client = browser_of(house.root)
    for model in MODELS:
        if model.__name__ not in KEPT:
            continue
        row = model._default_manager.first()
        assert client.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403, model
        chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        client.post(list_of(model), chosen)
        assert model._default_manager.filter(pk=row.pk).exists(), model


def test_nobody_edits_an_answer_or_the_history() -> None:
    house = House.open()
    response = house.follow_up(3).response
    entry = HistoryEntry.objects.first()
    client = browser_of(house.root)
    assert client.post(page_of(response), {"score": "10", "comment": "Lovely."}).status_code == 403
    assert client.post(page_of(entry), {"sentence": "Nothing happened."}).status_code == 403
    response.refresh_from_db()
    assert response.score == 3
    assert client.get(reverse("admin:nps_response_add")).status_code == 403


def test_agents_have_no_business_here_and_auditors_change_nothing() -> None:
    house = House.open()
    ticket = house.answered(9).resolution.ticket
    assert browser_of(house.sanna).get(reverse("admin:index"), follow=True).status_code == 403
    auditor = browser_of(house.auditor)
    assert auditor.get(list_of(Ticket)).status_code == 200
    auditor.post(list_of(Ticket), {"action": "reopen", "_selected_action": ticket.pk, "apply": "1", "reason": "x"})
    assert auditor.post(page_of(ticket), {"is_duplicate": "on"}).status_code == 403
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert not ticket.is_duplicate


def test_a_lead_sees_the_rows_of_the_teams_they_lead() -> None:
    house = House.open()
    mine, other = house.follow_up(3), house.follow_up(3, team=house.chat)
    lead = browser_of(house.lead)
    listed = lead.get(list_of(FollowUp)).context["cl"].queryset
    assert list(listed) == [mine]
    assert lead.get(page_of(other)).status_code == 302  # as for a row that does not exist
    assert lead.get(list_of(Response)).context["cl"].queryset.get() == mine.response
    page = lead.get(reverse("admin:followups_tracking"))
    assert page.context["loop"].created == 1
    foreign = lead.get(reverse("admin:followups_tracking"), {"team": house.chat.pk})
    assert foreign.context["loop"].created == 1


def test_what_a_lead_may_not_know_is_taken_back_from_an_older_installation() -> None:
    house = House.open()
    leads, delivery = Group.objects.get(name="Leads"), Permission.objects.get(codename="view_delivery")
    leads.permissions.add(delivery)
    make_groups(apps.get_app_config("nps"))
    assert not User.objects.get(pk=house.lead.pk).has_perm("nps.view_delivery")
    assert User.objects.get(pk=house.lead.pk).has_perm("nps.view_ticket")
    assert User.objects.get(pk=house.auditor.pk).has_perm("nps.view_delivery")


def test_from_the_answer_to_the_follow_up_to_the_ticket_and_back() -> None:
    house = House.open()
    follow_up = house.follow_up(3)
    response, ticket = follow_up.response, follow_up.response.resolution.ticket
    client = browser_of(house.manager)
    ways = {
        row: {href for _, href in client.get(page_of(row)).context["related_links"]}
        for row in (follow_up, response, ticket)
    }
    assert {page_of(response), page_of(ticket)} <= ways[follow_up]
    assert {page_of(follow_up), page_of(ticket)} <= ways[response]
    assert {page_of(follow_up), page_of(response)} <= ways[ticket]


def test_the_state_of_the_day_and_the_rows_behind_it() -> None:
    house = House.open()
    late = house.follow_up(2)
    FollowUp.objects.filter(pk=late.pk).update(due_at=NOW.replace(hour=1))
    house.follow_up(8, is_assigned=False)
    orphan = house.follow_up(7)
    HistoryEntry.objects.filter(follow_up=orphan)._raw_delete("default")
    Delivery.objects.filter(subject_id=orphan.pk, purpose__startswith="followups.").delete()
    FollowUp.objects.filter(pk=orphan.pk).delete()
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(status="dead", settled_at=NOW)

    client = browser_of(house.manager)
    cards = {card.words: card for card in client.get(reverse("admin:index")).context["cards"]}
    expected = {
        "Overdue follow-ups": 1,
        "Nobody’s yet": 1,
        "Scores of 8 or below without a follow-up": 1,
        "Mails not sent": 1,
        "Promises past their day": 0,
        "New lessons to decide on": 0,
    }
    assert {words: int(cards[words].figure) for words in expected} == expected
    for words, count in expected.items():
        assert client.get(cards[words].href).context["cl"].result_count == count, words
    assert cards["Heartbeat of the worker"].tone == "bad"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nonsense_in_the_address_of_a_list_is_no_server_error(model: Any) -> None:
    client = browser_of(User.objects.create_superuser("root", "", "correct horse"))
    for nonsense in ("\x00", "9" * 40, "-1'"):
        for name in ("q", "id__exact", "p", "state", "cause", "created_at__year"):
            answer = client.get(list_of(model), {name: nonsense})
            assert answer.status_code in (200, 302, 400), (name, nonsense)
    assert client.get(reverse("admin:nps_user_change", args=["nonsense"])).status_code == 302


def test_a_csv_holds_the_rows_of_its_filters_and_no_formula() -> None:
    house = House.open()
    house.answered(3, customer=factories.customer("=HYPERLINK(1)"))
    house.answered(10, customer=factories.customer("Ola Nilsen"))
    client = browser_of(house.manager)
    body = b"".join(client.get(f"{list_of(Response)}csv/?score__exact=3").streaming_content).decode()
    assert "'=HYPERLINK(1)" in body
    assert "Ola Nilsen" not in body
    assert len(body.splitlines()) == 2
    assert browser_of(house.sanna).get(f"{list_of(Response)}csv/").status_code in (302, 403)


@pytest.mark.parametrize("model", [Lesson, Promise])
def test_the_small_lists_show_their_counts_at_once(model: Any) -> None:
    house = House.open()
    house.fill(2)
    page = browser_of(house.manager).get(list_of(model))
    assert "(2)" in page.content.decode()


def test_no_list_is_left_over_on_the_first_page() -> None:
    house = House.open()
    page = browser_of(house.root).get(reverse("admin:index"))
    assert [area["name"] for area in page.context["app_list"]][-1] == "Machinery"
    assert sum(len(area["models"]) for area in page.context["app_list"]) == len(MODELS)
