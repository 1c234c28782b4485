"""Lists over REST: every row once, in order, a constant number of statements, and filters that filter."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from followups.models import FollowUp, Lesson, RootCause
from followups.services import learning
from nps.desk.models import Absence, Account, Customer, Product, Shift, Ticket, User
from nps.desk.services import resolving, taking_in
from nps.survey.models import Invitation, Response, Survey, Topic
from nps.survey.services import answering
from tests import factories
from tests.api.conftest import World
from tests.api.doors import Scene
from tests.factories import AT


def statements(name: str, client: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/api/v1/{name}/?page_size=200").status_code == 200
    return len(captured)


def a_row(world: World, number: int) -> None:
    """One more row of everything there is a list of, with everything a row can show."""
    account = Account.objects.create(name=f"Account {number}", external_id=f"A{number}", created_at=AT)
    customer = factories.customer(f"Customer {number}", account=account)
    product = Product.objects.create(name=f"Product {number}", slug=f"product-{number}")
    team = factories.team(f"Team{number}")
    agent = factories.agent(f"agent{number}", team, world.billing)
    Absence.objects.create(user=agent, starts_at=AT, ends_at=AT + timedelta(days=1))
    ticket, _ = taking_in.take_in(
        customer=customer, at=AT, tags=["vat", f"tag{number}"], subject="Help", team=world.billing, assignee=agent,
        product=product, body="Words",
    )  # fmt: skip
    resolution = resolving.resolve(ticket=ticket, at=AT, by=agent)
    invitation = Invitation.objects.select_related("resolution__account").get(resolution=resolution)
    response, _ = answering.record_answer(invitation=invitation, score=number % 9, at=AT)
    answering.change_score(response=response, score=(number + 1) % 9, at=AT)
    answering.add_reason(response=response, at=AT, comment="Slow", topics=Topic.objects.all()[:2])
    Survey.objects.create(name=f"Survey {number}", slug=f"survey-{number}").teams.add(team, world.billing)
    cause = RootCause.objects.create(
        name=f"Cause {number}", slug=f"cause-{number}", attributable_to="agent",
        parent=RootCause.objects.filter(parent=None).first(),
    )  # fmt: skip
    learning.learn(text="Ask for the number before you answer.", root_cause=cause, owner=agent, at=AT, by=agent)


LISTS = [
    "tickets", "resolutions", "customers", "accounts", "teams", "users", "products", "surveys", "invitations",
    "responses", "follow-ups", "lessons", "root-causes", "shifts", "absences",
]  # fmt: skip


def test_statements_do_not_grow_with_the_rows(world: World) -> None:
    """3 rows or 30. By key, the key's own look-up among them: tickets 3 (tags), resolutions 2, customers 2, accounts 2,
    teams 2, users 5 (groups, memberships, their teams), products 2, surveys 3 (teams), invitations 2, responses 4
    (topics, revisions), follow-ups 3 (promises), lessons 3 (what was measured), root-causes 2, shifts 2, absences 2."""
    for number in range(3):
        a_row(world, number)
    clients = world.with_key("read"), world.as_(world.alice)
    noted_at = timezone.now()
    with time_machine.travel(noted_at, tick=False):  # a key's use is written down once a minute
        few = {name: [statements(name, client) for client in clients] for name in LISTS}
    for number in range(3, 30):
        a_row(world, number)
    for name in LISTS:
        with time_machine.travel(noted_at, tick=False):
            assert [statements(name, client) for client in clients] == few[name], name
        assert len(clients[0].get(f"/api/v1/{name}/?page_size=200").data["results"]) >= 30, name
    by_key = {name: count for name, (count, _) in few.items()}
    assert by_key == {
        "tickets": 3, "resolutions": 2, "customers": 2, "accounts": 2, "teams": 2, "users": 5, "products": 2,
        "surveys": 3, "invitations": 2, "responses": 4, "follow-ups": 3, "lessons": 3, "root-causes": 2, "shifts": 2,
        "absences": 2,
    }  # fmt: skip


# ---- pages --------------------------------------------------------------------------------------------------
def walked(client: Any, path: str) -> tuple[list[int], list[str]]:
    """Every id by `next` until its end, and the links that led there."""
    ids, links = [], [path]
    while links[-1]:
        page = client.get(links[-1]).data
        ids += [row["id"] for row in page["results"]]
        links.append(page["next"])
    return ids, links[:-1]


@pytest.mark.parametrize("ordering", ["id", "-id", "score", "-score", "answered_at", "-answered_at"])
def test_every_row_comes_once_however_many_tie(world: World, ordering: str) -> None:
    for score in [6] * 7 + [3, 9, 6, 0]:
        body = {"customer": world.customer.pk, "score": score, "origin": "api"}
        world.key.post("/api/v1/responses/", body)
    Response.objects.filter(score=6).update(answered_at=AT)
    name = ordering.lstrip("-")
    expected = list(
        Response.objects.order_by(*([ordering] if name == "id" else [ordering, ordering.replace(name, "id")]))
        .values_list("pk", flat=True)
    )  # fmt: skip
    path = f"/api/v1/responses/?ordering={ordering}&page_size=3"
    ids, links = walked(world.key, path)
    assert ids == expected
    assert len(links) == 4
    back, link = [], links[-1]
    while link:
        page = world.key.get(link).data
        back = [row["id"] for row in page["results"]] + back
        link = page["previous"]
    assert back == expected


def test_rows_that_arrive_move_no_page(world: World) -> None:
    for number in range(4):
        factories.ticket(world.customer, world.billing, subject=str(number))
    first = world.key.get("/api/v1/tickets/?page_size=2").data
    factories.ticket(world.customer, world.billing, subject="late")
    second = world.key.get(first["next"]).data
    assert [row["subject"] for row in first["results"] + second["results"]] == ["3", "2", "1", "0"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "cursor",
    ["x", "", "%00", "e30", "WzFd", "A" * 5000, "WyItaWQiLCIiLDk5OTk5OTk5OTk5OTk5OTk5OTk5LDBd", "WyJpZCIsIiIsMSwwXQ"],
)
def test_a_cursor_that_was_never_given_out(world: World, cursor: str) -> None:
    refused = world.key.get(f"/api/v1/tickets/?cursor={cursor}")
    assert (refused.status_code, refused.data["code"]) == (400, "invalid_cursor")


def test_a_cursor_bent_by_hand(world: World) -> None:
    from config.pagination import Position

    bent = ["9999-12-31T23:59:59-23:59", "nonsense", "", "2026-01-01", "1e999"]
    for value in bent:
        cursor = Position("opened_at", value, 1, False).encoded()
        answer = world.key.get(f"/api/v1/tickets/?ordering=opened_at&cursor={cursor}")
        assert answer.status_code in (200, 400), value
    cursor = Position("score", str(10**30), 1, False).encoded()
    assert world.key.get(f"/api/v1/responses/?ordering=score&cursor={cursor}").status_code == 400


@pytest.mark.parametrize("size", ["0", "-1", "201", "x", "", "1e2", "９", "99999999999999999999"])
def test_a_page_size_that_is_none(world: World, size: str) -> None:
    refused = world.key.get(f"/api/v1/tickets/?page_size={size}")
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, "/page_size")


def test_an_ordering_that_is_none(world: World) -> None:
    refused = world.key.get("/api/v1/tickets/?ordering=subject")
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, "/ordering")
    assert "opened_at" in refused.data["detail"]


# ---- filters ------------------------------------------------------------------------------------------------
def found(world: World, path: str) -> set[int]:
    answer = world.key.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.data
    return {row["id"] for row in answer.data["results"]}


def test_filters_of_tickets(world: World) -> None:
    scene = Scene(world)
    mine, done = scene.open_ticket(), scene.resolved_ticket()
    other = factories.ticket(factories.customer(), world.network, source="sync", external_id="X 1 ", channel="phone")
    everything = {mine.pk, done.pk, other.pk}
    assert found(world, "tickets/?status=open") == {mine.pk, other.pk}
    assert found(world, "tickets/?status=open&status=resolved") == everything
    assert found(world, "tickets/?team=network") == found(world, f"tickets/?team={world.network.pk}") == {other.pk}
    assert found(world, "tickets/?team=nowhere") == set()
    assert found(world, f"tickets/?customer={other.customer_id}") == {other.pk}
    assert found(world, f"tickets/?account={world.customer.account_id}") == {mine.pk, done.pk}
    assert found(world, f"tickets/?assignee={world.alice.pk}") == {mine.pk}
    assert found(world, "tickets/?source=sync&external_id=X%201%20") == {other.pk}
    assert found(world, "tickets/?external_id=X%201") == set(), "text is compared as it came"
    assert found(world, "tickets/?channel=phone") == {other.pk}
    assert found(world, "tickets/?opened_at_before=2026-11-18T09:00:01Z") == {other.pk}
    assert found(world, "tickets/?opened_at_after=2026-11-18T10:00:00%2B01:00&is_duplicate=false") == everything


def test_filters_of_resolutions(world: World) -> None:
    ticket = Scene(world).resolved_ticket()
    nobody = factories.ticket(factories.customer(email=""), world.network)
    resolving.resolve(ticket=nobody, at=AT)
    asked, skipped = (Ticket.objects.get(pk=t.pk).resolutions.get().pk for t in (ticket, nobody))
    assert found(world, "resolutions/?outcome=invited") == {asked}
    assert found(world, "resolutions/?outcome=skipped&reason=no_address") == {skipped}
    assert found(world, f"resolutions/?ticket={ticket.pk}") == {asked}
    assert found(world, f"resolutions/?agent={world.anton.pk}&team=billing") == {asked}
    assert found(world, "resolutions/?is_reopened=true") == set()
    assert found(world, "resolutions/?is_reopened=false") == {asked, skipped}
    assert found(world, "resolutions/?resolved_at_before=2026-11-18T09:00:01Z") == {skipped}
    (shown,) = world.key.get("/api/v1/resolutions/?outcome=skipped").data["results"]
    assert (shown["decision"]["reason"], shown["invitation"]) == ("no_address", None)


def test_filters_of_follow_ups(world: World) -> None:
    scene = Scene(world)
    nobodys, held, closed = scene.open_follow_up(), scene.held_follow_up(), scene.closed_follow_up()
    FollowUp.objects.filter(pk=held.pk).update(due_at=AT - timedelta(days=900), score=2)
    everything = {nobodys.pk, held.pk, closed.pk}
    assert found(world, "follow-ups/?status=open") == {nobodys.pk}
    assert found(world, "follow-ups/?overdue=true") == {held.pk}
    assert found(world, "follow-ups/?overdue=false") == {nobodys.pk, closed.pk}
    assert found(world, f"follow-ups/?assignee={world.alice.pk}&status=assigned") == {held.pk}
    assert found(world, "follow-ups/?score_max=2") == {held.pk}
    assert found(world, "follow-ups/?score_min=3") == {nobodys.pk, closed.pk}
    assert found(world, f"follow-ups/?customer={world.customer.pk}&team=billing") == everything
    assert found(world, "follow-ups/?opened_at_before=2000-01-01T00:00:00Z") == set()
    assert found(world, "follow-ups/?root_cause=policy-or-price-invoice-wrong&outcome=solved") == {closed.pk}
    assert found(world, f"follow-ups/?response={held.response_id}") == {held.pk}
    assert found(world, f"follow-ups/?ticket={held.response.resolution.ticket_id}") == {held.pk}
    by_due = world.key.get("/api/v1/follow-ups/?ordering=due_at").data["results"]
    assert by_due[0]["id"] == held.pk


def test_filters_of_people(world: World) -> None:
    assert found(world, "users/?username=bob") == {world.bob.pk}
    assert found(world, f"users/?team={world.network.pk}") == {world.bob.pk}
    assert found(world, "users/?role=Leads") == {world.lena.pk}
    assert found(world, f"shifts/?user={world.bob.pk}") == {Shift.objects.get(user=world.bob).pk}
    assert found(world, f"shifts/?team={world.network.pk}") == {Shift.objects.get(user=world.bob).pk}
    shown = world.key.get(f"/api/v1/users/{world.lena.pk}/").data
    assert shown["roles"] == ["Leads"]
    assert shown["teams"] == [{"id": world.billing.pk, "slug": "billing", "is_lead": True, "takes_outreach": True}]
    assert User.objects.get(pk=shown["id"]).username == shown["username"]


def test_filters_of_customers(world: World) -> None:
    customer = Customer.objects.get(pk=world.customer.pk)
    assert found(world, f"customers/?email={customer.email.upper()}") == {customer.pk}
    assert found(world, "customers/?name=SOLH") == {customer.pk}
    assert found(world, f"customers/?account={customer.account_id}&is_internal=false") == {customer.pk}
    assert found(world, "accounts/?is_key=true") == set()


def test_filters_of_lessons(world: World) -> None:
    lesson = Scene(world).lesson()
    Lesson.objects.filter(pk=lesson.pk).update(owner=world.maya)
    assert found(world, f"lessons/?owner={world.maya.pk}&status=new") == {lesson.pk}
    assert found(world, "lessons/?root_cause=no-such-cause") == set()
    assert found(world, f"root-causes/?parent={lesson.root_cause.parent_id}&is_active=true") >= {lesson.root_cause_id}
