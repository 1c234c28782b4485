"""In whose name something is done over REST, and whose figures are whose. Who may do what at all, route by route, is in
tests/house/permissions.txt."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from nps.desk.models import ApiKey, User
from nps.desk.services import resolving
from nps.survey.services import taking_down
from tests import factories
from tests.api.conftest import World
from tests.api.doors import BY_NAME, DOORS, Door, Scene


def client_of(world: World, who: str) -> Any:
    if who == "nobody":
        return APIClient()
    return world.as_(getattr(world, who))


def test_nobody_is_told_how_to_ask(world: World) -> None:
    refused = client_of(world, "nobody").get("/api/v1/tickets/")
    assert refused["WWW-Authenticate"] == 'Bearer realm="api"'
    assert refused["Content-Type"] == "application/problem+json"


def test_addresses_are_for_keys_and_managers(world: World) -> None:
    path = f"/api/v1/users/{world.bob.pk}/"
    assert world.as_(world.maya).get(path).data["email"] == world.bob.email
    assert world.key.get(path).data["email"] == world.bob.email
    for who in (world.alice, world.lena, world.otto):
        assert "email" not in world.as_(who).get(path).data


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
    # There the product may act by itself.
    if door.name in ("responses", "response correct", "follow-up assign", "lesson tell"):
        assert answer.status_code == door.status
    else:
        assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, f"/{door.acting}")


def test_nobody_makes_a_colleague_responsible(world: World) -> None:
    ticket = Scene(world).open_ticket()
    path = f"/api/v1/tickets/{ticket.pk}/resolve/"
    assert world.as_(world.alice).post(path, {"agent": world.anton.pk}).status_code == 403
    assert world.as_(world.lena).post(path, {"agent": world.anton.pk}).data["agent"] == world.anton.pk


def test_work_is_given_to_nobody_who_changes_nothing(world: World) -> None:
    auditor, guest = factories.agent("ottilie", role="Auditors"), User.objects.create_user("guest")
    ticket, held = Scene(world).open_ticket(), Scene(world).held_follow_up()
    doors = [
        (f"tickets/{ticket.pk}/resolve/", "agent"),
        (f"tickets/{ticket.pk}/assign/", "to"),
        (f"follow-ups/{held.pk}/assign/", "to"),
    ]
    for path, name in doors:
        for person in (auditor, guest):
            refused = world.key.post(f"/api/v1/{path}", {name: person.pk, "by": world.maya.pk})
            assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, f"/{name}"), path


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


OWNERS = [
    ("alice", {"Alice"}),
    ("lena", {"Alice", "Anton", "Lena"}),
    ("maya", {"Alice", "Anton", "Bob"}),
    ("otto", {"Alice", "Anton", "Bob"}),
    ("bob", {"Bob"}),
    ("nora", set()),
    (None, set()),
]


@pytest.mark.parametrize(("owner", "seen"), OWNERS)
def test_a_key_is_shown_the_agents_that_its_owner_may_see(world: World, owner: str | None, seen: set[str]) -> None:
    """By name and by id, in every report that has them; as the page shows them to the same person."""
    for person in (world.alice, world.anton, world.bob):
        team = world.network if person is world.bob else world.billing
        ticket = factories.ticket(world.customer, team, assignee=person)
        at = timezone.now() - timedelta(hours=1)
        resolution = resolving.resolve(ticket=ticket, by=person, at=at)
        taking_down.take_down(
            customer=world.customer, resolution=resolution, score=9, at=at, origin="phone", taken_by=world.lena
        )
    by = getattr(world, owner) if owner else None
    _, secret = ApiKey.issue(name="Figures", scopes=["read"], at=timezone.now(), by=by)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    for report in ("breakdown", "first-contact"):
        rows = client.get(f"/api/v1/reports/{report}/", {"by": "agent"}).json()["rows"]
        assert {row["name"].split()[0] for row in rows} == seen - {"Lena"}, report
    if by is not None and by.has_role:
        page = world.as_(by).get("/dashboard/", {"by": "agent"})
        rows = client.get("/api/v1/reports/breakdown/", {"by": "agent"}).json()["rows"]
        assert [row["name"] for row in rows] == [one.name for one, *_ in page.context["segments"]]
    for report in ("nps", "breakdown", "first-contact", "loop", "recovery"):
        for name in ("alice", "bob"):
            answer = client.get(f"/api/v1/reports/{report}/", {"agent": getattr(world, name).pk})
            assert answer.status_code == (200 if name.capitalize() in seen else 403), (report, name)
    if by is not None:
        User.objects.filter(pk=by.pk).update(is_active=False)
        assert client.get("/api/v1/reports/breakdown/", {"by": "agent"}).json()["rows"] == [], "they left"


@pytest.mark.parametrize("name", ["follow-up reopen", "follow-up cancel"])
def test_a_key_acts_for_nobody_beyond_their_own_rights(world: World, name: str) -> None:
    door = BY_NAME[name]
    path, body = door.prepare(world)
    refused = door.go(world.key, path, {**body, door.acting: world.alice.pk})
    assert (refused.status_code, refused.data["code"]) == (403, "not_allowed")
    assert door.go(world.key, path, {**body, door.acting: world.lena.pk}).status_code == 200
