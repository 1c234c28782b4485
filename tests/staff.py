"""A small organisation with follow-ups in it, for tests of the staff pages. The clock stands at NOW."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from followups.models import FollowUp, RootCause
from followups.services import assigning
from nps.desk.models import Customer, Team, Ticket, User
from nps.desk.models.users import Role
from nps.desk.services import resolving
from nps.survey.models import Response
from nps.survey.services import answering
from tests import factories
from tests.factories import AT

SENTENCE = "Name one owner for every refund in the first reply."
#: half an hour after everything began
NOW = AT + timedelta(minutes=30)


@dataclass
class Office:
    """Sanna and Tomas are agents of Billing, Mara too (hers are the tickets that were rated); Lena leads it; Karl works
    in Network; Mira manages; Otto audits."""

    billing: Team
    network: Team
    sanna: User
    tomas: User
    mara: User
    lena: User
    karl: User
    mira: User
    otto: User
    clients: dict[int, Client] = field(default_factory=dict)

    @classmethod
    def open(cls) -> "Office":
        billing, network = factories.team("Billing", follows_sun=True), factories.team("Network")
        return cls(
            billing,
            network,
            *(factories.agent(name, billing) for name in ("sanna", "tomas", "mara")),
            lena=factories.agent("lena", billing, role=Role.LEAD, is_lead=True),
            karl=factories.agent("karl", network),
            mira=factories.agent("mira", starts=None, role=Role.MANAGER),
            otto=factories.agent("otto", starts=None, role=Role.AUDITOR),
        )

    def as_(self, user: User) -> Client:
        """A browser in which `user` is signed in; CSRF is switched off as in every test client."""
        if user.pk not in self.clients:
            self.clients[user.pk] = Client()
            self.clients[user.pk].force_login(user)
        return self.clients[user.pk]

    def answer(
        self, score: int, *, comment: str = "", name: str = "Ingrid Solheim", at: Any = AT, **given: Any
    ) -> Response:
        """A resolved ticket of Mara's and what its customer answered."""
        customer: Customer = given.pop("customer", None) or factories.customer(
            name, account=factories.account(f"{name.split()[-1]} Freight", is_key=given.pop("is_key", False))
        )
        team = given.pop("team", self.billing)
        ticket = factories.ticket(customer, team, assignee=given.pop("agent", self.mara), at=at, **given)
        invitation = resolving.resolve(ticket=ticket, by=ticket.assignee, at=at).invitation
        return answering.record_answer(invitation=invitation, score=score, comment=comment, at=at)[0]

    def follow_up(self, score: int = 5, *, to: User | None = None, due_in: int | None = None, **given: Any) -> FollowUp:
        """The follow-up of such an answer; with `to` if somebody has it, due `due_in` minutes from NOW if said."""
        made = FollowUp.objects.get(response=self.answer(score, **given))
        if to is not None:
            assigning.hand_over(follow_up=made, to=to, by=to, at=AT)
        if due_in is not None:
            FollowUp.objects.filter(pk=made.pk).update(due_at=NOW + timedelta(minutes=due_in))
        made.refresh_from_db()
        return made

    def ticket(self, *, assignee: User | None = None, team: Team | None = None, **given: Any) -> Ticket:
        return factories.ticket(
            given.pop("customer", None) or factories.customer(), team or self.billing, assignee=assignee, **given
        )


def cause(name: str = "No call back") -> RootCause:
    return RootCause.objects.get(name=name)


def to(name: str, *args: object, query: str = "") -> str:
    """The address of a page."""
    return reverse(name, args=args) + (f"?{query}" if query else "")


def close_form(**changes: object) -> dict[str, object]:
    """What closes a follow-up, with a new lesson."""
    return {"outcome": "solved", "root_cause": cause().pk, "lesson": "new", "lesson_text": SENTENCE, **changes}
