"""Who may do what: every route × every kind of asker, generated from the routes. A new route without a row fails."""

from typing import Any

import pytest

from config.api import v1
from nps.desk.models import User
from tests.api.conftest import World
from tests.api.doors import DOORS, Door, Scene

# Alice is of the team whose things these are, Lena leads it, Bob is of another team; Nora has no role.
ASKERS = ["nobody", "nora", "bob", "alice", "lena", "maya", "otto"]
SCOPES = ["read", "tickets:write", "responses:write", "followups:write"]

# ---- writing: door -> who may (2xx); "404" and "403" for everybody else by name --------------------------------
OWN = {"nobody": 401, "nora": 403, "otto": 403, "bob": 404}
OPEN_TO_STAFF = {"nobody": 401, "nora": 403, "otto": 403}
LEADS_ONLY = {**OWN, "alice": 403}
KEPT_BY_LEADS = {**OPEN_TO_STAFF, "bob": 403, "alice": 403}
WRITES: dict[str, dict[str, int]] = {
    "tickets": OPEN_TO_STAFF,
    "tickets with a customer": OPEN_TO_STAFF,
    "ticket reply": OWN,
    "ticket customer reply": OWN,
    "ticket assign": OWN,
    "ticket resolve": OWN,
    "ticket reopen": OWN,
    "ticket accept": OWN,
    "customers": KEPT_BY_LEADS,
    "accounts": KEPT_BY_LEADS,
    "responses": OPEN_TO_STAFF,
    "follow-up assign": OWN,
    "follow-up claim": OWN,
    "follow-up release": OWN,
    "follow-up attempt": OWN,
    "follow-up snooze": OWN,
    "follow-up close": OWN,
    "follow-up reopen": LEADS_ONLY,
    "follow-up cancel": LEADS_ONLY,
    "lessons": OPEN_TO_STAFF,
    "lesson step": {**OPEN_TO_STAFF, "alice": 403, "bob": 403, "lena": 403},
}
READS = [
    "tickets/", "resolutions/", "customers/", "accounts/", "teams/", "users/", "products/", "surveys/", "invitations/",
    "responses/", "follow-ups/", "lessons/", "root-causes/", "shifts/", "absences/", "reports/nps/",
]  # fmt: skip
PATCHES = ["customers/{id}/", "accounts/{id}/"]


def client_of(world: World, who: str) -> Any:
    if who == "nobody":
        from rest_framework.test import APIClient

        return APIClient()
    return world.as_(getattr(world, who))


@pytest.mark.parametrize("who", ASKERS)
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_writing_by_role(world: World, door: Door, who: str) -> None:
    path, body = door.prepare(world)
    body.pop(door.acting, None)
    answer = door.go(client_of(world, who), path, body)
    assert answer.status_code == WRITES[door.name].get(who, door.status), answer.data
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_writing_by_scope(world: World, door: Door, scope: str) -> None:
    path, body = door.prepare(world)
    answer = door.go(world.with_key(scope), path, body)
    assert answer.status_code == (door.status if scope == door.scope else 403), answer.data


@pytest.mark.parametrize("path", READS)
def test_reading(world: World, path: str) -> None:
    for who in ASKERS:
        status = {"nobody": 401, "nora": 403}.get(who, 200)
        assert client_of(world, who).get(f"/api/v1/{path}").status_code == status, who
    for scope in SCOPES:
        assert world.with_key(scope).get(f"/api/v1/{path}").status_code == (200 if scope == "read" else 403), scope


def test_nobody_is_told_how_to_ask(world: World) -> None:
    refused = client_of(world, "nobody").get("/api/v1/tickets/")
    assert refused["WWW-Authenticate"] == 'Bearer realm="api"'
    assert refused["Content-Type"] == "application/problem+json"


def test_what_is_foreign_does_not_exist(world: World) -> None:
    """Bob sees none of billing's rows: not in a list, not by id; Alice sees them all."""
    follow_up = Scene(world).open_follow_up()
    response = follow_up.response
    rows = {
        "tickets": response.resolution.ticket_id,
        "resolutions": response.resolution_id,
        "invitations": response.invitation_id,
        "responses": response.pk,
        "follow-ups": follow_up.pk,
    }
    for name, pk in rows.items():
        for who, sees in (("alice", True), ("lena", True), ("otto", True), ("maya", True), ("bob", False)):
            client = client_of(world, who)
            listed = [row["id"] for row in client.get(f"/api/v1/{name}/").data["results"]]
            assert (pk in listed) is sees, (name, who)
            assert client.get(f"/api/v1/{name}/{pk}/").status_code == (200 if sees else 404), (name, who)
    for nested in ("attempts", "history"):
        path = f"/api/v1/follow-ups/{follow_up.pk}/{nested}/"
        assert client_of(world, "alice").get(path).status_code == 200
        assert client_of(world, "bob").get(path).status_code == 404
    messages = f"/api/v1/tickets/{rows['tickets']}/messages/"
    assert client_of(world, "alice").get(messages).status_code == 200
    assert client_of(world, "bob").get(messages).status_code == 404


def test_a_colleagues_follow_up_is_not_seen(world: World) -> None:
    held = Scene(world).held_follow_up(by=world.lena)
    assert world.as_(world.alice).get(f"/api/v1/follow-ups/{held.pk}/").status_code == 404


def test_addresses_are_for_keys_and_managers(world: World) -> None:
    path = f"/api/v1/users/{world.bob.pk}/"
    assert world.as_(world.maya).get(path).data["email"] == world.bob.email
    assert world.key.get(path).data["email"] == world.bob.email
    for who in (world.alice, world.lena, world.otto):
        assert "email" not in world.as_(who).get(path).data


def test_every_route_has_a_row() -> None:
    rows = {door.path for door in DOORS} | set(READS) | set(PATCHES)
    missing = []
    for prefix, viewset, _ in v1.registry:
        for action in viewset.get_extra_actions():
            tail = f"{prefix}/{{id}}/{action.url_path}/" if action.detail else f"{prefix}/{action.url_path}/"
            if "post" in action.mapping and tail not in rows:
                missing.append(tail)
        for method, tail in (("list", f"{prefix}/"), ("create", f"{prefix}/"), ("partial_update", f"{prefix}/{{id}}/")):
            if hasattr(viewset, method) and tail not in rows:
                missing.append(f"{method} {tail}")
    assert not missing


def test_amending_by_role(world: World) -> None:
    Scene(world).open_ticket()
    rows = {"customers": world.customer.pk, "accounts": world.customer.account_id}
    for name, pk in rows.items():
        path = f"/api/v1/{name}/{pk}/"
        for who in ASKERS:
            status = LEADS_ONLY.get(who, 200)
            assert client_of(world, who).patch(path, {"name": f"By {who}"}).status_code == status, who
        for scope in SCOPES:
            status = 200 if scope == "tickets:write" else 403
            assert world.with_key(scope).patch(path, {"name": "By a key"}).status_code == status, scope


# ---- in whose name ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "named", "status"),
    [
        ("alice", "alice", 201),
        ("alice", "anton", 403),
        ("lena", "alice", 201),
        ("lena", "bob", 403),
        ("maya", "bob", 201),
    ],
)
def test_naming_somebody_else(world: World, who: str, named: str, status: int) -> None:
    ticket = Scene(world).open_ticket()
    person: User = getattr(world, named)
    said = {"kind": "answer", "body": "We look into it.", "author": person.pk}
    answer = client_of(world, who).post(f"/api/v1/tickets/{ticket.pk}/reply/", said)
    assert answer.status_code == status
    if status == 201:
        assert answer.data["author"] == person.pk


@pytest.mark.parametrize("door", [door for door in DOORS if door.acting], ids=lambda door: door.name)
def test_a_key_says_who_acts(world: World, door: Door) -> None:
    path, body = door.prepare(world)
    body.pop(door.acting)
    answer = door.go(world.key, path, body)
    if door.name in ("responses", "follow-up assign"):  # there the product may act by itself
        assert answer.status_code == door.status
    else:
        assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, f"/{door.acting}")


def test_nobody_makes_a_colleague_responsible(world: World) -> None:
    ticket = Scene(world).open_ticket()
    path = f"/api/v1/tickets/{ticket.pk}/resolve/"
    assert world.as_(world.alice).post(path, {"agent": world.anton.pk}).status_code == 403
    assert world.as_(world.lena).post(path, {"agent": world.anton.pk}).data["agent"] == world.anton.pk


def test_agents_pass_on_what_is_theirs(world: World) -> None:
    scene = Scene(world)
    mine, nobodys = scene.held_follow_up(), scene.open_follow_up()
    alice = world.as_(world.alice)
    assert alice.post(f"/api/v1/follow-ups/{nobodys.pk}/assign/", {"to": world.lena.pk}).status_code == 403
    assert alice.post(f"/api/v1/follow-ups/{nobodys.pk}/assign/", {"to": world.alice.pk}).status_code == 200
    assert alice.post(f"/api/v1/follow-ups/{mine.pk}/assign/", {"to": world.lena.pk}).status_code == 200


def test_an_agents_figures_are_theirs_and_their_leads(world: World) -> None:
    for who, status in (("alice", 200), ("anton", 403), ("bob", 403), ("lena", 200), ("maya", 200), ("otto", 200)):
        answer = client_of(world, who).get("/api/v1/reports/nps/", {"agent": world.alice.pk})
        assert answer.status_code == status, who
