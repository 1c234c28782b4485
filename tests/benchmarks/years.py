"""Benchmarks: years of resolved tickets, answers and follow-ups by the hundred thousand, copied inside PostgreSQL
from rows that the product's models made. Every column that a figure is broken down by differs from row to row."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from followups.models import Attempt, FollowUp, Policy, RootCause
from nps import kept_days
from nps.desk.models import Customer, Product, Resolution, Team, Ticket, User
from nps.survey.models import Invitation, Response, SurveyDecision
from tests.benchmarks import crowd, world
from tests.benchmarks.crowd import array, clone

FIRST = 200_000_000
DAYS = 730
CUSTOMER_GIVES = 10  # answers
ANSWERED = "mod(g, 4) <> 0"  # three tickets of four
SCORES = "(ARRAY[10, 9, 10, 8, 9, 7, 10, 6, 9, 8, 10, 3, 9])[1 + mod(g * 7, 13)]"
TABLES: tuple[type[models.Model], ...] = (
    Customer, Ticket, Resolution, SurveyDecision, Invitation, Response, FollowUp, Attempt,
)  # fmt: skip


class Years:
    """An organisation of five teams, four products and twelve agents, and the rows that others are copies of."""

    def __init__(self, org: world.World) -> None:
        at = timezone.now()
        names = ("Connect", "Platform", "Hosting", "Devices")
        others = [Team.objects.create(name=name, slug=name.lower(), time_zone="Europe/Oslo") for name in names]
        self._teams = [org.team, *others]
        self._products = [
            Product.objects.create(name=name, slug=name.lower()) for name in ("Ledger", "Port", "Relay", "Dock")
        ]
        self._agents = list(User.objects.filter(username__startswith="agent").order_by("pk"))
        self._causes = list(RootCause.objects.order_by("pk")[:8])
        self._accounts = org.accounts
        invitation = world.invitations(org, 1)[0]
        response = Response.objects.create(
            invitation=invitation,
            survey=org.survey,
            customer_id=invitation.customer_id,
            resolution=invitation.resolution,
            account=org.accounts[0],
            team=org.team,
            agent=org.rated,
            score=6,
            comment="Nobody called back about the invoice.",
            origin=Response.Origin.HUMAN,
            answered_at=at,
            editable_until=at,
        )
        follow_up = FollowUp.objects.create(
            response=response,
            policy=Policy.objects.order_by("pk").first(),
            customer_id=invitation.customer_id,
            account=org.accounts[0],
            team=org.team,
            rated_agent=org.rated,
            score=6,
            assignee=self._agents[1],
            opened_at=at,
            first_contact_due_at=at,
            close_due_at=at + timedelta(days=5),
            due_at=at,
            status=FollowUp.Status.CLOSED,
            outcome="solved",
            lesson_kind=FollowUp.LessonKind.NOTHING_NEW,
            root_cause=self._causes[0],
            closed_at=at,
            closed_by=self._agents[1],
        )
        attempt = Attempt.objects.create(
            follow_up=follow_up, via="phone", result="reached", at=at, by=self._agents[1], previous_due_at=at,
            previous_status=FollowUp.Status.ASSIGNED,
        )  # fmt: skip
        resolution = invitation.resolution
        self._rows: dict[type[models.Model], models.Model] = {
            Customer: Customer.objects.get(pk=invitation.customer_id),
            Ticket: resolution.ticket,
            Resolution: resolution,
            SurveyDecision: SurveyDecision.objects.get(resolution=resolution),
            Invitation: invitation,
            Response: response,
            FollowUp: follow_up,
            Attempt: attempt,
        }
        self.answers = 0
        self._turns = count()

    def fill(self, answers: int, *, days: int = DAYS) -> None:
        """So many answers in place of whatever was filled before, evenly over the last `days`, oldest first."""
        tickets = answers * 4 // 3
        keys = (FIRST + 1, FIRST + tickets)
        n, oldest = f"(g - {FIRST})", f"interval '{days} days'"
        at = f"(now() - {oldest} * (1 - {n}::float8 / {tickets + 1}))"
        people = max(tickets // CUSTOMER_GIVES, 1)
        given = {
            "team_id": f"{array(self._teams)}[1 + mod(g * 3, 5)]",
            "agent_id": f"{array(self._agents)}[1 + mod(g, {len(self._agents)})]",
            "product_id": f"{array(self._products)}[1 + mod(g, 4)]",
            "account_id": f"{array(self._accounts)}[1 + mod(g, {len(self._accounts)})]",
            "channel": "(ARRAY['email', 'phone', 'web'])[1 + mod(g, 3)]",
            "shift_name": "(ARRAY['Early', 'Late', 'Night'])[1 + mod(g * 5, 3)]",
        }
        asked = {"id": "g", "customer_id": f"{FIRST} + mod(g, {people})"}
        low = f"{ANSWERED} AND {SCORES} <= 8"
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for model in reversed(TABLES):  # those of the queue's crowd too, which would be answers of the same days
                cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id >= {crowd.FIRST}")

            def copies(model: type[models.Model], changes: Mapping[str, Any], which: str = "TRUE") -> None:
                clone(cursor, self._rows[model], keys, changes, which=which)

            clone(cursor, self._rows[Customer], (FIRST, FIRST + people - 1),
                  {"id": "g", "email": "'y' || g || '@bench.example'", "account_id": given["account_id"]})  # fmt: skip
            ticket = _named(given, "team_id", "product_id", "channel") | {"assignee_id": given["agent_id"]}
            moments = {"opened_at": f"{at} - interval '5 hours'", "updated_at": at, "resolved_at": at}
            copies(Ticket, asked | ticket | moments)
            first = {"is_first_contact": "mod(g, 5) < 3", "contacts": "1 + mod(g, 3)", "handovers": "mod(g, 2)"}
            copies(Resolution, {**asked, **given, **first, "ticket_id": "g", "resolved_by_id": given["agent_id"],
                                "resolved_at": at})  # fmt: skip
            copies(SurveyDecision, {"id": "g", "resolution_id": "g", "decided_at": at})
            copies(Invitation, {**asked, "resolution_id": "g", "created_at": at, "delivered_at": at,
                                "expires_at": f"{at} + interval '30 days'"})  # fmt: skip
            answered = f"{at} + interval '3 hours'"
            copies(Response, {**asked, **given, "invitation_id": "g", "resolution_id": "g", "score": SCORES,
                              "answered_at": answered, "editable_until": answered}, ANSWERED)  # fmt: skip
            times = {
                "opened_at": answered,
                "assigned_at": answered,
                "first_contact_due_at": f"{at} + interval '11 hours'",
                "reached_at": f"{at} + interval '1 hour' * (4 + mod(g, 9))",
                "close_due_at": f"{at} + interval '5 days'",
                "due_at": answered,
                "closed_at": f"{at} + interval '2 days'",
            }
            loop = {
                "response_id": "g",
                "score": SCORES,
                "rated_agent_id": given["agent_id"],
                "attempts_made": "1",
                "root_cause_id": f"{array(self._causes)}[1 + mod(g, {len(self._causes)})]",
            }
            copies(FollowUp, asked | _named(given, "team_id", "account_id") | times | loop, low)
            copies(Attempt, {"id": "g", "follow_up_id": "g", "at": times["reached_at"]}, low)
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(model._meta.db_table for model in TABLES)}")
        self.answers = Response.objects.count()
        kept_days.forget()  # the copies came in past the triggers
        kept_days.note_changes()

    def minute(self, days: int) -> None:
        """The changes of a minute, noted: so many customers as are resolved, asked, answered and called in it."""
        several = max(1, round(5 * self.answers / days / 1440))
        people = max(self.answers * 4 // 3 // CUSTOMER_GIVES, 1)
        keys = [FIRST + next(self._turns) * 7919 % people for _ in range(several)]
        Ticket.objects.filter(customer__in=keys).update(updated_at=timezone.now())
        kept_days.note_changes()


def _named(given: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: given[name] for name in names}
