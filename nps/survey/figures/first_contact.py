"""First contact resolution of assisted tickets: what was done, what the customer did, what the customer says."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import (
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
from nps.survey.figures.asked import followed, whether
from nps.survey.figures.breakdowns import Key, column, names_of
from nps.survey.figures.scope import Scope, kept
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


#: (what is true of it, where it stands), the first that fits; the lists ask the database, the figures its rows
RULES = (
    (("is_unknown",), UNKNOWN),
    (("is_first", "is_reopened"), "reopened"),
    (("is_first",), None),  # at what the customer said of it
    (("is_handed_over",), "handed_over"),
    ((), "more_contacts"),
)
MARKS = {
    "is_unknown": Q(first_contact_exception=UNKNOWN_CONTACTS),
    "is_first": Q(is_first_contact=True),
    "is_reopened": Q(reopened_at__isnull=False),
    "is_handed_over": Q(handovers__gt=0),
}


def assisted(rows: QuerySet[Any]) -> QuerySet[Any]:
    """First resolutions of tickets that have a life of their own, with `state`, one of STATES or "unknown"."""
    whens = [
        When(Q(*(MARKS[mark] for mark in marks)), then=Value(state) if state else F("acceptance"))
        for marks, state in RULES
        if marks
    ]
    place = Case(*whens, default=Value(RULES[-1][1]), output_field=CharField())
    return _with_a_life(rows).annotate(state=place)


def _with_a_life(rows: QuerySet[Any]) -> QuerySet[Any]:
    # Merged tickets are few, and have an index of their own: no need to look at every ticket for that.
    merged = Ticket.objects.filter(pk=OuterRef("ticket"), is_duplicate=True)
    return rows.filter(~Exists(merged), number=1)


def _state(row: Mapping[str, Any]) -> str:
    state = next(state for marks, state in RULES if all(row[mark] for mark in marks))
    return str(row["acceptance"] if state is None else state)


def disagreeing(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same with `disagreement`: one of DISAGREEMENTS, or ""."""
    whens = [When(condition, then=Value(name)) for name, condition in _disagreements().items()]
    marked = assisted(followed(rows))
    return marked.annotate(disagreement=Case(*whens, default=Value(""), output_field=CharField()))


def _disagreements() -> dict[str, Any]:
    """What is true of resolutions that are `followed` and disagree."""
    window = ExpressionWrapper(OuterRef("resolved_at") + Value(timedelta(days=REPEAT_DAYS)), DateTimeField())
    about = Ticket.objects.annotate(about=Coalesce("product_id", 0)).filter(about=Coalesce(OuterRef("product_id"), 0))
    again = about.filter(
        customer=OuterRef("customer"), opened_at__gt=OuterRef("resolved_at"), opened_at__lte=window
    ).exclude(pk=OuterRef("ticket_id"))
    said_good = Q(acceptance=Resolution.Acceptance.ACCEPTED) | Q(answer__score__gte=9)
    said_bad = Q(answer__score__lte=6)
    held = MARKS["is_first"] & ~MARKS["is_reopened"] & ~MARKS["is_unknown"]
    # What costs most is asked last, of the few that are left by then.
    return {
        "said_good": ~MARKS["is_unknown"] & said_good & (MARKS["is_reopened"] | Exists(again)),
        "said_bad": held & said_bad & ~Exists(again),
    }


@dataclass(frozen=True)
class FirstContacts:
    """The whole, its rows by team and so on, and (recorded reason, how many) of the exceptions, most frequent first."""

    whole: FirstContact
    segments: tuple[FirstContactSegment, ...]
    exceptions: tuple[tuple[str, int], ...]


def first_contacts(scope: Scope, dimension: str, *, only: Collection[int] | None = None) -> FirstContacts:
    """By team, product, channel, shift or agent, most tickets first; `only` leaves the rows of these ids. One
    statement, two where rows have names. KeyError for another dimension."""

    def counted(scope: Scope, **day: Any) -> Any:
        return _counted(scope, key=column(dimension, 1), **day)

    rows = list(kept(scope, f"first contact by {dimension}", "resolved_at", counted))
    shown = [row for row in rows if only is None or row["key"] in only]
    return FirstContacts(_put_together(rows), _segmented(shown, dimension), _exceptions(rows))


def first_contact(scope: Scope) -> FirstContact:
    """The whole alone. One statement."""
    return _put_together(_counted(scope))


def _counted(scope: Scope, **groups: Any) -> Any:
    # Not by `disagreeing`: PostgreSQL counts by yes and no in one pass, and would sort to count by the whole rules.
    rows = _with_a_life(followed(scope.resolutions(), scope.earliest))
    marks = {name: whether(condition) for name, condition in {**MARKS, **_disagreements()}.items()}
    counted = rows.values("acceptance", exception=F("first_contact_exception"), **marks, **groups)
    return counted.annotate(n=Count("*")).order_by()


def _is_excepted(row: Mapping[str, Any]) -> bool:
    return row["exception"] not in ("", UNKNOWN_CONTACTS)


def _segmented(rows: Iterable[Any], dimension: str) -> tuple[FirstContactSegment, ...]:
    found: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[None if row["key"] == "" else row["key"]].append(row)
    segments = [
        FirstContactSegment(into, name, _put_together(found[into])) for into, name in names_of(dimension, found).items()
    ]
    return tuple(sorted(segments, key=lambda row: (row.key is None, -row.figures.assisted, row.name)))


def _exceptions(rows: Iterable[Any], *, limit: int = 10) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        if _is_excepted(row):
            counts[row["exception"]] += row["n"]
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:limit])


def _put_together(rows: Iterable[Any]) -> FirstContact:
    states, excepted = dict.fromkeys(STATES, 0), dict.fromkeys(STATES, 0)
    disagreements, unknown = dict.fromkeys(DISAGREEMENTS, 0), 0
    for row in rows:
        state = _state(row)
        if state == UNKNOWN:
            unknown += row["n"]
            continue
        states[state] += row["n"]
        if _is_excepted(row):
            excepted[state] += row["n"]
        for name in DISAGREEMENTS:
            disagreements[name] += row["n"] if row[name] else 0
    return FirstContact(states, excepted, unknown, disagreements)
