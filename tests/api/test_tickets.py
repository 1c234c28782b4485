"""Tickets over REST: taken in once, answered, resolved, opened again."""

from nps.desk.models import Account, Customer, Message, Resolution, Tag, Ticket
from nps.survey.models import SurveyDecision
from tests import factories
from tests.api.conftest import World

NEW = {
    "subject": "Invoice shows the wrong VAT number",
    "team": "billing",
    "external_id": "INC-1",
    "source": "servicenow",
    "channel": "phone",
    "body": "It says 0 %.",
    "tags": ["vat", "invoice"],
    "customer": {
        "external_id": "C-1",
        "email": "ingrid@fjordvik.example",
        "name": "Ingrid Solheim",
        "account": {"external_id": "A-1", "name": "Fjordvik Freight"},
    },
}


def test_a_ticket_is_taken_in_once_with_its_customer_and_account(world: World) -> None:
    answer = world.key.post("/api/v1/tickets/", NEW)
    assert answer.status_code == 201, answer.data
    again = world.key.post("/api/v1/tickets/", {**NEW, "subject": "Another subject"})
    assert again.status_code == 200
    assert again.data == answer.data
    ticket = Ticket.objects.get(source="servicenow")
    assert (ticket.subject, ticket.team, ticket.channel) == (NEW["subject"], world.billing, "phone")
    assert ticket.customer.account == Account.objects.get(external_id="A-1")
    assert sorted(answer.data["tags"]) == ["invoice", "vat"]
    assert Message.objects.get(ticket=ticket).body == "It says 0 %."
    assert Tag.objects.count() == 2


def test_a_ticket_sent_again_makes_nothing_else_that_it_names(world: World) -> None:
    first = world.key.post("/api/v1/tickets/", NEW).data
    other = {
        "external_id": "C-2",
        "email": "b@fjordvik.example",
        "name": "B",
        "account": {"external_id": "A-2", "name": "B"},
    }
    again = world.key.post("/api/v1/tickets/", {**NEW, "customer": other, "tags": ["other"]})
    assert (again.status_code, again.data) == (200, first)
    assert not Customer.objects.filter(external_id="C-2").exists()
    assert not Account.objects.filter(external_id="A-2").exists()
    assert not Tag.objects.filter(name="other").exists()


def test_resolving_answers_with_the_decision_and_the_invitation(world: World) -> None:
    ticket = factories.ticket(world.customer, world.billing, assignee=world.alice)
    answer = world.key.post(f"/api/v1/tickets/{ticket.pk}/resolve/", {})
    assert answer.status_code == 201, answer.data
    assert answer.data["agent"] == world.alice.pk
    assert answer.data["decision"]["outcome"] == "invited"
    assert answer.data["invitation"]["id"]
    assert answer.data["invitation"]["answered"] is None
    refused = world.key.post(f"/api/v1/tickets/{ticket.pk}/resolve/", {})
    assert refused.status_code == 409
    assert refused["Content-Type"] == "application/problem+json"
    assert Resolution.objects.count() == SurveyDecision.objects.count() == 1


def test_the_customers_words_reopen_a_resolved_ticket(world: World) -> None:
    ticket = factories.ticket(world.customer, world.billing, assignee=world.alice)
    world.key.post(f"/api/v1/tickets/{ticket.pk}/resolve/", {})
    said = {"kind": "customer", "body": "Still wrong.", "external_id": "M-1"}
    assert world.key.post(f"/api/v1/tickets/{ticket.pk}/reply/", said).status_code == 201
    assert world.key.get(f"/api/v1/tickets/{ticket.pk}/").data["status"] == "open"
    again = world.key.post(f"/api/v1/tickets/{ticket.pk}/reply/", said)
    assert (again.status_code, again.data["errors"][0]["pointer"]) == (409, "/external_id")
    kinds = [row["kind"] for row in world.key.get(f"/api/v1/tickets/{ticket.pk}/messages/").data["results"]]
    assert kinds == ["event", "customer"]


def test_accepting_closes_and_reopening_is_told(world: World) -> None:
    ticket = factories.ticket(world.customer, world.billing, assignee=world.alice)
    path = f"/api/v1/tickets/{ticket.pk}"
    assert world.key.post(f"{path}/accept/").status_code == 409
    assert world.key.post(f"{path}/reopen/", {}).status_code == 409
    world.key.post(f"{path}/resolve/", {"agent": world.anton.pk, "exception": "Supplier", "by": world.lena.pk})
    accepted = world.key.post(f"{path}/accept/")
    assert (accepted.status_code, accepted.data["acceptance"]) == (200, "accepted")
    assert (accepted.data["agent"], accepted.data["resolved_by"]) == (world.anton.pk, world.lena.pk)
    undone = world.key.post(f"{path}/reopen/", {"reason": "Came back"})
    assert (undone.status_code, undone.data["reopen_reason"]) == (200, "Came back")
    assert undone.data["invitation"]["cancelled_at"], "its mail had not left"


def test_a_session_acts_in_its_own_name(world: World) -> None:
    ticket = factories.ticket(world.customer, world.billing, assignee=world.alice)
    resolution = world.as_(world.alice).post(f"/api/v1/tickets/{ticket.pk}/resolve/", {}).data
    assert resolution["resolved_by"] == world.alice.pk


def test_passing_on(world: World) -> None:
    ticket = factories.ticket(world.customer, world.billing, assignee=world.alice)
    path = f"/api/v1/tickets/{ticket.pk}/assign/"
    passed = world.key.post(path, {"to": world.bob.pk, "team": "network"}).data
    assert (passed["assignee"], passed["team"], passed["handovers"]) == (world.bob.pk, world.network.pk, 1)
    assert world.key.post(path, {"to": None}).data["assignee"] is None
    missing = world.key.post(path, {"team": "network"})
    assert (missing.status_code, missing.data["errors"][0]["pointer"]) == (422, "/to")
    world.bob.is_active = False
    world.bob.save()
    gone = world.key.post(path, {"to": world.bob.pk})
    assert (gone.status_code, gone.data["errors"][0]["pointer"]) == (422, "/to")


def test_an_external_id_of_a_foreign_ticket_is_taken_and_not_shown(world: World) -> None:
    body = {"subject": "Help", "team": "network", "external_id": "X-1", "customer": world.customer.pk}
    assert world.key.post("/api/v1/tickets/", body).status_code == 201
    refused = world.as_(world.alice).post("/api/v1/tickets/", body)
    assert (refused.status_code, refused.data["code"]) == (409, "taken")
    assert "Help" not in refused.content.decode()
