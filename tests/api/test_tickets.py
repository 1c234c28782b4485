"""Tickets over REST: taken in once, answered, resolved, opened again."""

from nps.desk.models import Account, Message, Resolution, Tag, Ticket
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
