"""Benchmarks: follow-ups by the million, copied inside PostgreSQL from rows that the product's models made."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import connection, models, transaction
from django.utils import timezone

from followups.models import FollowUp, Policy, RootCause
from nps.desk.models import User
from nps.survey.models import Invitation, Response
from tests.benchmarks import world

#: Keys of copies begin here: far above whatever else the run writes.
FIRST = 100_000_000
TABLES = (Invitation, Response, FollowUp)


class Crowd:
    """`closed` follow-ups in the past, and as many open ones as are asked for; of every agent and customer alike, due
    from five days ago to ten days ahead."""

    def __init__(self, org: world.World) -> None:
        self._made = 0
        self._agents = list(User.objects.filter(username__startswith="agent").order_by("pk"))
        self._customers = [ticket.customer for ticket in world.open_tickets(org, 2000)]
        self._open = self._template(org, is_closed=False)
        self._closed = self._template(org, is_closed=True)
        self.open = 0

    def _template(self, org: world.World, *, is_closed: bool) -> FollowUp:
        at = timezone.now()
        invitation = world.invitations(org, 1)[0]
        response = Response.objects.create(
            invitation=invitation,
            survey=org.survey,
            customer_id=invitation.customer_id,
            account=org.accounts[0],
            team=org.team,
            agent=org.rated,
            score=6,
            comment="Nobody called back about the invoice.",
            origin=Response.Origin.HUMAN,
            answered_at=at,
            editable_until=at,
        )
        closed = {
            "status": FollowUp.Status.CLOSED,
            "outcome": "solved",
            "lesson_kind": FollowUp.LessonKind.NOTHING_NEW,
            "root_cause": RootCause.objects.order_by("pk").first(),
            "closed_at": at,
            "closed_by": self._agents[1],
        }
        return FollowUp.objects.create(
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
            **(closed if is_closed else {"status": FollowUp.Status.ASSIGNED}),
        )

    def close(self, number: int) -> None:
        """So many more that were closed, one after another through the last three years."""
        at = "now() - interval '1 minute' * (1 + mod(g, 1576800))"
        moments = dict.fromkeys(("opened_at", "first_contact_due_at", "close_due_at", "due_at", "closed_at"), at)
        self._copy(self._closed, number, at, moments)

    def open_up_to(self, number: int) -> None:
        """Until so many are open."""
        due = "now() + interval '1 second' * (mod(g * 7919, 1296000) - 432000)"
        moments = {"opened_at": "now() - interval '6 days'", "first_contact_due_at": due, "due_at": due}
        self._copy(self._open, number - self.open, "now() - interval '6 days'", moments)
        self.open = number

    def _copy(self, template: FollowUp, number: int, at: str, moments: Mapping[str, str]) -> None:
        """Rows of all three tables; `at` and `moments` are SQL over g, the number of the row."""
        keys = (FIRST + self._made + 1, FIRST + self._made + number)
        self._made += number
        people, customers = array(self._agents), array(self._customers)
        customer = f"{customers}[1 + mod(g, {len(self._customers)})]"
        response: Response = template.response
        with transaction.atomic(), connection.cursor() as cursor:
            # What is copied refers to what is there; asking that of three million rows would take most of the run.
            cursor.execute("SET LOCAL session_replication_role = replica")
            whose = {"id": "g", "customer_id": customer}
            clone(cursor, response.invitation, keys, {**whose, "resolution_id": "NULL", "created_at": at})
            clone(
                cursor,
                response,
                keys,
                {**whose, "invitation_id": "g", "resolution_id": "NULL", "score": "mod(g, 9)", "answered_at": at},
            )
            clone(
                cursor,
                template,
                keys,
                {
                    **whose,
                    "response_id": "g",
                    "score": "mod(g, 9)",
                    "assignee_id": f"{people}[1 + mod(g, {len(self._agents)})]",
                    **moments,
                },
            )
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(model._meta.db_table for model in TABLES)}")


def array(rows: Sequence[models.Model]) -> str:
    """Their keys as SQL."""
    return f"(ARRAY[{','.join(str(row.pk) for row in rows)}])"


def clone(
    cursor: object, row: models.Model, keys: tuple[int, int], changes: Mapping[str, str], *, which: str = "TRUE"
) -> None:
    """One copy of `row` for each number g of `keys` for which `which` is true, with those columns changed. All SQL is
    the benchmarks' own."""
    table, quote = row._meta.db_table, connection.ops.quote_name
    columns = [field.column for field in row._meta.local_concrete_fields if not field.generated]
    values = [changes.get(column, f"t.{quote(column)}") for column in columns]
    cursor.execute(  # type: ignore[attr-defined]
        f"INSERT INTO {quote(table)} ({', '.join(map(quote, columns))})"
        f" SELECT {', '.join(values)} FROM {quote(table)} t, generate_series(%s::bigint, %s::bigint) g WHERE t.id = %s"
        f" AND {which}",
        [*keys, row.pk],
    )
