"""How far somebody's reach goes over REST: whom they see and amend, whose answer they write, in whose name."""

import pytest

from followups.models import FollowUp
from nps.desk.models import Account, Customer
from nps.desk.models.users import Role
from nps.survey.models import Response
from tests import factories
from tests.api.conftest import World
from tests.api.doors import DOORS, Scene


# ---- customers and accounts ----------------------------------------------------------------------------------
def test_customers_are_seen_by_those_who_help_them(world: World) -> None:
    Scene(world).open_ticket()
    for name, pk in (("customers", world.customer.pk), ("accounts", world.customer.account_id)):
        for who, sees in (("alice", True), ("lena", True), ("maya", True), ("otto", True), ("bob", False)):
            client = world.as_(getattr(world, who))
            listed = [row["id"] for row in client.get(f"/api/v1/{name}/").data["results"]]
            assert (pk in listed) is sees, (name, who)
            assert client.get(f"/api/v1/{name}/{pk}/").status_code == (200 if sees else 404), (name, who)
        assert world.key.get(f"/api/v1/{name}/{pk}/").status_code == 200


def test_a_ticket_of_ones_own_opens_its_customer(world: World) -> None:
    factories.ticket(world.customer, world.billing, assignee=world.bob)
    assert world.as_(world.bob).get(f"/api/v1/customers/{world.customer.pk}/").status_code == 200


def test_agents_change_no_customers(world: World) -> None:
    Scene(world).open_ticket()
    alice = world.as_(world.alice)
    for path, body in (
        (f"customers/{world.customer.pk}/", {"email": "mine@alice.example"}),
        (f"accounts/{world.customer.account_id}/", {"name": "Mine"}),
    ):
        assert alice.patch(f"/api/v1/{path}", body).status_code == 403
        assert world.as_(world.bob).patch(f"/api/v1/{path}", body).status_code == 404
    for path in ("customers/", "accounts/"):
        assert alice.post(f"/api/v1/{path}", {"external_id": "X-1"}).status_code == 403
    assert not Customer.objects.filter(email="mine@alice.example").exists()
    assert not Account.objects.filter(external_id="X-1").exists()
    ticket = {"subject": "No invoice", "team": "billing", "customer": {"external_id": "X-1"}}
    assert alice.post("/api/v1/tickets/", ticket).status_code == 201
    assert Customer.objects.filter(external_id="X-1").exists()


def test_a_lead_learns_of_nobody_by_sending_a_name(world: World) -> None:
    account = Account.objects.create(name="Secret", external_id="A-1", created_at=factories.AT)
    foreign = factories.customer(account=account)
    lena = world.as_(world.lena)
    known = lena.post("/api/v1/customers/", {"email": foreign.email, "external_id": "C-1"})
    assert (known.status_code, known.data["code"]) == (409, "taken")
    foreign.refresh_from_db()
    assert foreign.external_id == "", "a refusal writes nothing"
    assert lena.post("/api/v1/accounts/", {"external_id": "A-1"}).status_code == 409
    Scene(world).open_ticket()
    linked = lena.patch(f"/api/v1/customers/{world.customer.pk}/", {"account": account.pk})
    assert (linked.status_code, linked.data["errors"][0]["pointer"]) == (422, "/account")
    own = world.customer.account_id
    assert lena.patch(f"/api/v1/customers/{world.customer.pk}/", {"account": own}).status_code == 200


# ---- answers -------------------------------------------------------------------------------------------------
def test_nobody_writes_the_answer_about_themself(world: World) -> None:
    said = {"ticket": Scene(world).resolved_ticket().pk, "score": 10, "origin": "phone"}
    for client, body in (
        (world.as_(world.anton), said),
        (world.as_(world.maya), {**said, "taken_by": world.anton.pk}),
        (world.key, {**said, "taken_by": world.anton.pk}),
    ):
        refused = client.post("/api/v1/responses/", body)
        assert (refused.status_code, refused.data["code"]) == (403, "rated_agent")
    assert not Response.objects.exists()
    taken = world.as_(world.lena).post("/api/v1/responses/", said)
    assert (taken.status_code, taken.data["taken_by"]) == (201, world.lena.pk)


def test_a_rated_lead_does_not_write_it_in_a_colleagues_name(world: World) -> None:
    ticket = Scene(world).open_ticket()
    lena = world.as_(world.lena)
    assert lena.post(f"/api/v1/tickets/{ticket.pk}/resolve/", {"agent": world.lena.pk}).status_code == 201
    said = {"ticket": ticket.pk, "score": 10, "origin": "phone", "taken_by": world.alice.pk}
    refused = lena.post("/api/v1/responses/", said)
    assert (refused.status_code, refused.data["code"]) == (403, "rated_agent")


# ---- in whose name -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("door", [door for door in DOORS if door.acting], ids=lambda door: door.name)
def test_a_key_acts_for_nobody_who_may_not(world: World, door) -> None:
    for person, why in ((world.otto, "auditors change nothing"), (world.nora, "no role")):
        path, body = door.prepare(world)
        refused = door.go(world.key, path, {**body, door.acting: person.pk})
        (error,) = refused.data["errors"]
        assert (refused.status_code, error["pointer"]) == (422, f"/{door.acting}"), refused.data
        assert why in str(refused.data)


def test_follow_ups_are_for_members_of_a_team_and_managers(world: World) -> None:
    follow_up = Scene(world).open_follow_up()
    loose = factories.agent("loose", role=Role.AGENT)
    path = f"/api/v1/follow-ups/{follow_up.pk}"
    for verb, body in (
        ("claim", {"agent": loose.pk}),
        ("attempts", {"via": "phone", "result": "no_answer", "by": loose.pk}),
        ("assign", {"to": loose.pk}),
    ):
        field = next(name for name in ("agent", "by", "to") if name in body)
        refused = world.key.post(f"{path}/{verb}/", body)
        assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, f"/{field}"), refused.data
    assert FollowUp.objects.get(pk=follow_up.pk).assignee is None
    assert world.key.post(f"{path}/claim/", {"agent": world.maya.pk}).data["assignee"] == world.maya.pk
