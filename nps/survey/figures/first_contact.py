"""First contact resolution of assisted tickets: what was done, what the customer did, what the customer says."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from nps.desk.importers.tickets import UNKNOWN_CONTACTS
from nps.desk.models import Resolution, Ticket
from nps.survey.figures.breakdowns import Key, columns, label
from nps.survey.figures.scope import Scope
from nps.survey.scoring import Rate

#: a new ticket of the same customer and product within these days is a sign that it was not solved
REPEAT_DAYS = 7

DEFINITION = (
    "Assisted tickets whose first resolution is in the period. Resolved at first contact: the first conversation with "
    "a qualified representative led to the solution (triage, notes and voicemails do not count; a request for "
    "information, a hand-over or a second answer makes it none), the ticket was not reopened, and the customer "
    "accepted it, or said nothing for 7 days, which is shown apart. Gross: out of all. Net: without those whose "
    "exception was recorded. Merged tickets, and imported ones whose contacts are not known, are in neither."
)

#: where each ticket stands -> in words; the first three are resolved at first contact
STATES = {
    "accepted": "accepted by the customer",
    "assumed": "assumed: nothing heard for 7 days",
    "pending": "pending: may still be contradicted",
    "reopened": "reopened afterwards",
    "handed_over": "handed over",
    "more_contacts": "more than one contact, or information asked for",
}
HELD = ("accepted", "assumed")
UNKNOWN = "unknown"
DISAGREEMENTS = {
    "said_good": "accepted or scored 9 to 10, and came back",
    "said_bad": "resolved at first contact, never came back, and scored 0 to 6",
}


@dataclass(frozen=True)
class FirstContact:
    """`states` add up to `assisted`; `excepted` are those among them whose exception was recorded. `unknown`: imported
    without their contacts, in no other number. `disagreements`: where behaviour and words differ."""

    states: Mapping[str, int]
    excepted_states: Mapping[str, int]
    unknown: int
    disagreements: Mapping[str, int]

    @property
    def assisted(self) -> int:
        return sum(self.states.values())

    @property
    def excepted(self) -> int:
        return sum(self.excepted_states.values())

    @property
    def resolved(self) -> int:
        return sum(self.states[state] for state in HELD)

    @property
    def gross(self) -> Rate:
        """Accepted and assumed, out of all assisted."""
        return Rate(self.resolved, self.assisted)

    @property
    def net(self) -> Rate:
        """The same without those whose exception was recorded."""
        held = self.resolved - sum(self.excepted_states[state] for state in HELD)
        return Rate(held, self.assisted - self.excepted)

    @property
    def gross_with_pending(self) -> Rate:
        """What gross becomes if nobody contradicts what is pending."""
        return Rate(self.resolved + self.states["pending"], self.assisted)

    @property
    def inhibitors(self) -> tuple[tuple[str, str, int], ...]:
        """(state, words, how many) of what stood in the way, most frequent first."""
        rows = [(state, STATES[state], self.states[state]) for state in ("reopened", "handed_over", "more_contacts")]
        return tuple(sorted(rows, key=lambda row: -row[2]))


@dataclass(frozen=True)
class FirstContactSegment:
    key: Key
    name: str
    figures: FirstContact


def assisted(rows: QuerySet[Any]) -> QuerySet[Any]:
    """First resolutions of tickets that have a life of their own, with `state`, one of STATES or "unknown"."""
    is_first = Q(is_first_contact=True)
    whens = [
        When(first_contact_exception=UNKNOWN_CONTACTS, then=Value(UNKNOWN)),
        When(is_first & Q(reopened_at__isnull=False), then=Value("reopened")),
        When(is_first, then=F("acceptance")),
        When(handovers__gt=0, then=Value("handed_over")),
    ]
    place = Case(*whens, default=Value("more_contacts"), output_field=CharField())
    # Merged tickets are few, and have an index of their own: no need to look at every ticket for that.
    merged = Ticket.objects.filter(pk=OuterRef("ticket"), is_duplicate=True)
    return rows.filter(~Exists(merged), number=1).annotate(state=place)


def disagreeing(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same with `disagreement`: one of DISAGREEMENTS, or ""."""
    window = ExpressionWrapper(OuterRef("resolved_at") + Value(timedelta(days=REPEAT_DAYS)), DateTimeField())
    about = Ticket.objects.annotate(about=Coalesce("product_id", 0)).filter(about=Coalesce(OuterRef("product_id"), 0))
    again = about.filter(
        customer=OuterRef("customer"), opened_at__gt=OuterRef("resolved_at"), opened_at__lte=window
    ).exclude(pk=OuterRef("ticket_id"))
    came_back = Q(reopened_at__isnull=False) | Q(has_returned=True)
    said_good = Q(acceptance=Resolution.Acceptance.ACCEPTED) | Q(invitation__response__score__gte=9)
    said_bad = Q(invitation__response__score__lte=6)
    whens = [
        When(~Q(state=UNKNOWN) & said_good & came_back, then=Value("said_good")),
        When(Q(state__in=(*HELD, "pending")) & Q(has_returned=False) & said_bad, then=Value("said_bad")),
    ]
    marked = assisted(rows).annotate(has_returned=Exists(again))
    return marked.annotate(disagreement=Case(*whens, default=Value(""), output_field=CharField()))


def first_contact(scope: Scope) -> FirstContact:
    """One statement."""
    rows = disagreeing(scope.resolutions()).annotate(is_excepted=_excepted())
    return _put_together(rows.values("state", "is_excepted", "disagreement").annotate(n=Count("pk")).order_by())


def first_contact_by(
    scope: Scope, dimension: str, *, only: Collection[int] | None = None
) -> tuple[FirstContactSegment, ...]:
    """The same by team, product, channel, shift or agent, most tickets first; without the disagreements. `only` leaves
    the rows of these ids. One statement. KeyError for another dimension."""
    key, name = columns(dimension, 1)
    resolutions = scope.resolutions() if only is None else scope.resolutions().filter(**{f"{dimension}__in": only})
    rows = assisted(resolutions).annotate(is_excepted=_excepted())
    counted = rows.values("state", "is_excepted", key=key, name=name).annotate(n=Count("pk")).order_by()
    names: dict[Key, str] = {}
    found: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for row in counted:
        into = None if row["key"] == "" else row["key"]
        names[into] = str("" if row["name"] is None else row["name"])
        found[into].append(row)
    segments = [
        FirstContactSegment(into, label(dimension, into, called), _put_together(found[into]))
        for into, called in names.items()
    ]
    return tuple(sorted(segments, key=lambda row: (row.key is None, -row.figures.assisted, row.name)))


def first_contact_exceptions(scope: Scope, *, limit: int = 10) -> tuple[tuple[str, int], ...]:
    """(recorded reason, how many), most frequent first. One statement."""
    rows = assisted(scope.resolutions()).exclude(first_contact_exception__in=("", UNKNOWN_CONTACTS))
    counted = rows.values_list("first_contact_exception").annotate(n=Count("pk"))
    return tuple(counted.order_by("-n", "first_contact_exception")[:limit])


def _excepted() -> Any:
    known = ~Q(first_contact_exception__in=("", UNKNOWN_CONTACTS))
    return ExpressionWrapper(known, output_field=BooleanField())


def _put_together(rows: Any) -> FirstContact:
    states, excepted = dict.fromkeys(STATES, 0), dict.fromkeys(STATES, 0)
    disagreements, unknown = dict.fromkeys(DISAGREEMENTS, 0), 0
    for row in rows:
        if row["state"] == UNKNOWN:
            unknown += row["n"]
            continue
        states[row["state"]] += row["n"]
        if row["is_excepted"]:
            excepted[row["state"]] += row["n"]
        if row.get("disagreement"):
            disagreements[row["disagreement"]] += row["n"]
    return FirstContact(states, excepted, unknown, disagreements)
