"""Every way to write over REST with a body that works, for the tests that try all of them."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from followups.models import FollowUp
from followups.services import assigning, closing, learning, reaching_out
from followups.services.closing import RootCause
from nps.desk.models import Account, Customer, Resolution, Ticket, User
from nps.desk.services import resolving
from nps.survey.models import Invitation, Response, Survey
from nps.survey.services import answering, taking_down
from tests import factories
from tests.api.conftest import World

CAUSE = "policy-or-price-invoice-wrong"


class Scene:
    """One ticket in the state that an act needs, and what came of it. All of the billing team, the rated one Anton."""

    def __init__(self, world: World) -> None:
        self.world = world
        # A minute ago, so that what follows in the test is never before it.
        self.at = timezone.now() - timedelta(minutes=1)

    def open_ticket(self) -> Ticket:
        return factories.ticket(self.world.customer, self.world.billing, assignee=self.world.alice, at=self.at)

    def customer(self) -> Customer:
        return self.open_ticket().customer

    def account(self) -> Account:
        account = self.customer().account
        assert account is not None
        return account

    def resolved_ticket(self) -> Ticket:
        ticket = factories.ticket(self.world.customer, self.world.billing, assignee=self.world.anton, at=self.at)
        resolving.resolve(ticket=ticket, at=self.at)
        return ticket

    def phone_answer(self) -> Response:
        """Taken down by Alice."""
        resolution = Resolution.objects.select_related("account", "customer").get(ticket=self.resolved_ticket())
        return taking_down.take_down(
            customer=resolution.customer, resolution=resolution, score=9, at=self.at, origin="phone",
            taken_by=self.world.alice,
        )  # fmt: skip

    def open_follow_up(self) -> FollowUp:
        ticket = self.resolved_ticket()
        invitation = Invitation.objects.select_related("resolution__account").get(resolution__ticket=ticket)
        response, _ = answering.record_answer(invitation=invitation, score=6, at=self.at)
        return FollowUp.objects.select_related("policy", "customer").get(response=response)

    def held_follow_up(self, by: User | None = None) -> FollowUp:
        return assigning.claim(follow_up=self.open_follow_up(), by=by or self.world.alice, at=self.at)

    def asked_follow_up(self) -> FollowUp:
        """Alice says that the customer did not give this answer."""
        return closing.close(
            follow_up=self.held_follow_up(), by=self.world.alice, at=self.at, outcome="not_given", note="A slip.",
            lesson_kind="nothing_new", root_cause=RootCause.objects.get(slug=CAUSE),
        )  # fmt: skip

    def closed_follow_up(self) -> FollowUp:
        follow_up = self.held_follow_up()
        alice = self.world.alice
        reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=alice, at=self.at)
        return closing.close(
            follow_up=follow_up, by=alice, at=self.at, outcome="solved", lesson_kind="nothing_new",
            root_cause=RootCause.objects.get(slug=CAUSE),
        )  # fmt: skip

    def lesson(self) -> Any:
        cause = RootCause.objects.get(slug=CAUSE)
        return learning.learn(text="Check the number before the first invoice.", root_cause=cause, at=self.at)

    def heard_lesson(self) -> Any:
        """In place, with one customer to be told of it."""
        return heard(self.lesson(), self.held_follow_up(), at=self.at)


def heard(lesson: Any, follow_up: FollowUp, *, at: datetime) -> Any:
    """The lesson put in place, as one that this follow-up taught; its customer may be written to."""
    Survey.objects.update(quiet_days=0)
    reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=follow_up.assignee, at=at)
    closing.close(
        follow_up=follow_up, by=follow_up.assignee, at=at, outcome="solved", lesson_kind="known", lesson=lesson,
        root_cause=lesson.root_cause,
    )  # fmt: skip
    facts = {"change": "We look twice at every number.", "owner": User.objects.get(username="maya")}
    for status in ("accepted", "in_progress", "in_place") if lesson.status == "new" else ():
        learning.put(lesson=lesson, status=status, at=at, facts=facts)
    return lesson


@dataclass(frozen=True)
class Door:
    """`path` with {id} of what `makes` makes on the scene; `body` works, `acting` is the field that names the person
    for a key, `actor` who that is; `texts` are the free texts in it, as paths."""

    name: str
    path: str
    scope: str
    makes: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    acting: str = ""
    actor: str = "alice"
    texts: tuple[str, ...] = ()
    method: str = "post"
    status: int = 200

    def prepare(self, world: World) -> tuple[str, dict[str, Any]]:
        """The address and a body that works for a key, on a fresh row."""
        scene = Scene(world)
        path = self.path.format(id=getattr(scene, self.makes)().pk) if self.makes else self.path
        body = {name: filled(value, world) for name, value in self.body.items()}
        if self.acting:
            body[self.acting] = getattr(world, self.actor).pk
        return f"/api/v1/{path}", body

    def go(self, client: Any, path: str, body: Any) -> Any:
        # Not the test client's own encoder, which refuses what a bad client sends.
        return getattr(client, self.method)(path, data=json.dumps(body).encode(), content_type="application/json")


def filled(value: Any, world: Any) -> Any:
    """`value` with the id of `world.name` wherever it says "@name"."""
    if isinstance(value, dict):
        return {name: filled(inner, world) for name, inner in value.items()}
    return getattr(world, value[1:]).pk if isinstance(value, str) and value.startswith("@") else value


_CUSTOMER = {"external_id": "C-7", "email": "a@b.example", "name": "Ada", "phone": "+47 1"}
_CLOSE = {"outcome": "solved", "root_cause": CAUSE}
DOORS = [
    Door("tickets", "tickets/", "tickets:write", status=201,
         texts=("subject", "external_id", "source", "body", "tags/0"),
         body={"subject": "No invoice", "team": "billing", "external_id": "T-7", "source": "sync", "body": "Help",
               "customer": "@customer", "tags": ["vat"]}),
    Door("tickets with a customer", "tickets/", "tickets:write", status=201,
         body={"subject": "No invoice", "team": "billing", "external_id": "T-8",
               "customer": {**_CUSTOMER, "account": {"external_id": "A-7", "name": "Acme", "plan": "gold"}}},
         texts=("customer/external_id", "customer/email", "customer/name", "customer/phone", "customer/language",
                "customer/time_zone", "customer/account/external_id", "customer/account/name",
                "customer/account/plan")),
    Door("ticket reply", "tickets/{id}/reply/", "tickets:write", "open_ticket", acting="author", status=201,
         body={"kind": "answer", "body": "We look.", "external_id": "M-1"}, texts=("body", "external_id")),
    Door("ticket customer reply", "tickets/{id}/reply/", "tickets:write", "resolved_ticket", status=201,
         body={"kind": "customer", "body": "Still wrong.", "external_id": "M-1"}, texts=("body", "external_id")),
    Door("ticket assign", "tickets/{id}/assign/", "tickets:write", "open_ticket", body={"to": "@anton"}),
    Door("ticket resolve", "tickets/{id}/resolve/", "tickets:write", "open_ticket", status=201,
         body={"exception": "Supplier had to act."}, texts=("exception",)),
    Door("ticket reopen", "tickets/{id}/reopen/", "tickets:write", "resolved_ticket", body={"reason": "Came back"},
         texts=("reason",)),
    Door("ticket accept", "tickets/{id}/accept/", "tickets:write", "resolved_ticket"),
    Door("customers", "customers/", "tickets:write", status=201, body=_CUSTOMER,
         texts=("external_id", "email", "name", "phone")),
    Door("accounts", "accounts/", "tickets:write", status=201, body={"external_id": "A-9", "name": "Acme", "plan": "x"},
         texts=("external_id", "name", "plan")),
    Door("customer changes", "customers/{id}/", "tickets:write", "customer", method="patch",
         body={"email": "ada@b.example", "name": "Ada", "phone": "+47 1", "language": "nb"},
         texts=("email", "name", "phone")),
    Door("account changes", "accounts/{id}/", "tickets:write", "account", method="patch",
         body={"name": "Acme", "plan": "x"}, texts=("name", "plan")),
    Door("responses", "responses/", "responses:write", status=201, acting="taken_by",
         body={"customer": "@customer", "score": 6, "comment": "Slow", "origin": "phone", "language": "en"},
         texts=("comment", "language")),
    Door("response correct", "responses/{id}/correct/", "responses:write", "phone_answer", acting="by",
         body={"score": 3}),
    Door("follow-up assign", "follow-ups/{id}/assign/", "followups:write", "held_follow_up", acting="by",
         body={"to": "@lena", "note": "Please"}, texts=("note",)),
    Door("follow-up claim", "follow-ups/{id}/claim/", "followups:write", "open_follow_up", acting="agent"),
    Door("follow-up acknowledge", "follow-ups/{id}/acknowledge/", "followups:write", "held_follow_up", acting="by"),
    Door("follow-up release", "follow-ups/{id}/release/", "followups:write", "held_follow_up", acting="by"),
    Door("follow-up attempt", "follow-ups/{id}/attempts/", "followups:write", "held_follow_up", acting="by", status=201,
         body={"via": "phone", "result": "no_answer", "note": "Rang long"}, texts=("note",)),
    Door("follow-up letter", "follow-ups/{id}/attempts/", "followups:write", "held_follow_up", acting="by", status=201,
         body={"via": "email", "result": "emailed", "mail": {"subject": "Your refund", "body": "It is paid."}},
         texts=("mail/subject", "mail/body")),
    Door("follow-up snooze", "follow-ups/{id}/snooze/", "followups:write", "held_follow_up", acting="by",
         body={"until": (timezone.now() + timedelta(days=2)).isoformat()}),
    Door("follow-up close", "follow-ups/{id}/close/", "followups:write", "held_follow_up", acting="by",
         body={**_CLOSE, "lesson_kind": "new", "lesson_text": "Check the number before the first invoice.",
               "note": "Fine now", "promise": {"text": "A new invoice", "due_on": "2999-01-31"}},
         texts=("lesson_text", "note", "promise/text")),
    Door("follow-up confirm", "follow-ups/{id}/confirm/", "followups:write", "asked_follow_up", acting="by",
         actor="lena"),
    Door("follow-up decline", "follow-ups/{id}/decline/", "followups:write", "asked_follow_up", acting="by",
         actor="lena", body={"answer": "She told me that she did."}, texts=("answer",)),
    Door("follow-up withdraw", "follow-ups/{id}/withdraw/", "followups:write", "asked_follow_up", acting="by"),
    Door("follow-up about", "follow-ups/{id}/about/", "followups:write", "held_follow_up", acting="by",
         body={"about": "price"}),
    Door("follow-up reopen", "follow-ups/{id}/reopen/", "followups:write", "closed_follow_up", acting="by",
         actor="lena", body={"reason": "Called again"}, texts=("reason",)),
    Door("follow-up cancel", "follow-ups/{id}/cancel/", "followups:write", "held_follow_up", acting="by",
         actor="lena", body={"reason": "Written twice"}, texts=("reason",)),
    Door("lessons", "lessons/", "followups:write", status=201,
         body={"text": "Check the number before the first invoice.", "root_cause": CAUSE, "change": "A rule"},
         texts=("text", "change")),
    Door("lesson step", "lessons/{id}/", "followups:write", "lesson", method="patch",
         body={"status": "accepted", "change": "A rule", "note": "Rightly so"}, texts=("change", "note")),
    Door("lesson tell", "lessons/{id}/tell/", "followups:write", "heard_lesson", acting="by", actor="maya", status=201,
         body={"texts": {"en": "We look twice at every number."}}, texts=("texts/en",)),
]  # fmt: skip
BY_NAME = {door.name: door for door in DOORS}


def placed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `body` with `value` at `path` ("promise/text", "tags/0")."""
    name, _, rest = path.partition("/")
    if rest == "0":
        return {**body, name: [value]}
    return {**body, name: placed(body.get(name) or {}, rest, value) if rest else value}
