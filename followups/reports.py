"""Figures of the closed loop, counted in SQL and frozen. Doors ask these functions; they write nothing.

What is counted are the follow-ups *opened* in a period, each followed to where it stands at `at`; every figure keeps
its denominator. Cancelled ones count as opened and as cancelled, and in no rate.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncWeek

from followups.models import FollowUp, Lesson, Outcome, Promise, RootCause
from followups.models.followups import UNCLOSED, FollowUpQuerySet
from followups.services.opening import missing
from nps.survey.figures.scope import Narrowing, Scope
from nps.survey.scoring import Rate

KEPT = ~Q(status="cancelled")


#: where each filter of answers is on a follow-up
PATHS = {
    "team": "team",
    "product": "response__product",
    "agent": "rated_agent",
    "channel": "response__channel",
    "shift": "response__shift_name",
    "account": "account",
    "survey": "response__survey",
    "tag": "response__resolution__ticket__tags",
    "contacts": "response__resolution__contacts",
    "handovers": "response__resolution__handovers",
}


@dataclass(frozen=True)
class Selection(Narrowing):
    """Follow-ups opened from `since` to before `until` (aware; None is without bound), narrowed as answers are, `team`
    being the one that owns them; a status, an outcome, a root cause with its second level."""

    since: datetime | None = None
    until: datetime | None = None
    status: str = ""
    outcome: str = ""
    cause: RootCause | int | None = None

    @property
    def narrowing(self) -> str:
        return repr((super().narrowing, self.status, self.outcome, getattr(self.cause, "pk", self.cause)))

    def follow_ups(self) -> FollowUpQuerySet:
        own = {"status": self.status, "outcome": self.outcome}
        wanted = {name: value for name, value in own.items() if value}
        period = self.during("opened_at", self.since, self.until)
        rows = FollowUp.objects.filter(period, **wanted, **self.lookups(PATHS))
        return rows if self.cause is None else rows.filter(caused_by(self.cause))

    @classmethod
    def of(cls, scope: Scope) -> "Selection":
        """The follow-ups that were opened in the period of `scope`, narrowed as its answers are."""
        return cls(since=scope.since, until=scope.until, days=scope.days, **dict(scope.narrowed_by()))

    def without_period(self) -> "Selection":
        return replace(self, since=None, until=None, days=None)


def overdue_count(selection: Selection, at: datetime) -> int:
    """Those that are late at `at`, whenever they were opened. One statement."""
    return selection.without_period().follow_ups().overdue(at).count()


def caused_by(cause: RootCause | int, path: str = "") -> Q:
    """The cause itself, or one of its second level; `path` leads to the follow-up ("follow_up__")."""
    return Q(**{f"{path}root_cause": cause}) | Q(**{f"{path}root_cause__parent": cause})


@dataclass(frozen=True)
class Loop:
    """How far the follow-ups of a selection came. `contact_due`: reached, or their first contact was due by now."""

    created: int = 0
    assigned: int = 0
    contact_due: int = 0
    reached: int = 0
    reached_in_time: int = 0
    close_due: int = 0
    closed: int = 0
    closed_in_time: int = 0
    cancelled: int = 0
    overdue: int = 0

    @property
    def rate_assigned(self) -> Rate:
        return Rate(self.assigned, self.created - self.cancelled)

    @property
    def rate_reached_in_time(self) -> Rate:
        """Reached by the first deadline, out of those reached or due; closed without contact before it was due are out
        of both."""
        return Rate(self.reached_in_time, self.contact_due)

    @property
    def rate_closed(self) -> Rate:
        """Closed with outcome, cause and lesson, out of all opened and not cancelled."""
        return Rate(self.closed, self.created - self.cancelled)

    @property
    def rate_closed_in_time(self) -> Rate:
        return Rate(self.closed_in_time, self.close_due)


def loop_conditions(at: datetime) -> dict[str, Q]:
    """What is true at `at` of the rows that each number of Loop counts, beside all of them."""
    reached = Q(reached_at__isnull=False)
    # Closed before the call was due, without one: no contact wanted, say. Nothing was missed there.
    closed_before = Q(closed_at__isnull=False, closed_at__lte=F("first_contact_due_at"))
    contact_due = reached | (Q(first_contact_due_at__lte=at) & ~closed_before)
    closed = Q(status="closed")
    return {
        "assigned": KEPT & Q(assignee__isnull=False),
        "contact_due": KEPT & contact_due,
        "reached": KEPT & reached,
        "reached_in_time": KEPT & Q(reached_at__lte=F("first_contact_due_at")),
        "close_due": KEPT & (closed | Q(close_due_at__lte=at)),
        "closed": closed,
        "closed_in_time": closed & Q(closed_at__lte=F("close_due_at")),
        "cancelled": Q(status="cancelled"),
        "overdue": Q(status__in=UNCLOSED, due_at__lt=at),
    }


def loop_counts(at: datetime) -> dict[str, Count]:
    counts = {name: Count("pk", filter=condition) for name, condition in loop_conditions(at).items()}
    return {"created": Count("pk")} | counts


def loop(selection: Selection, at: datetime) -> Loop:
    """How far they came by `at`. One statement."""
    return Loop(**selection.follow_ups().aggregate(**loop_counts(at)))


@dataclass(frozen=True)
class TeamLoop:
    team_id: int
    name: str
    loop: Loop


def by_team(selection: Selection, at: datetime) -> tuple[TeamLoop, ...]:
    """The same for each team, most follow-ups first. One statement."""
    rows: Any = selection.follow_ups().values("team_id", "team__name").annotate(**loop_counts(at)).order_by()
    found = [TeamLoop(row.pop("team_id"), row.pop("team__name"), Loop(**row)) for row in rows]
    return tuple(sorted(found, key=lambda row: (-row.loop.created, row.name)))


@dataclass(frozen=True)
class Part:
    """One row of a breakdown: `share` is its count out of the selection's."""

    key: str
    name: str
    count: int
    share: Rate


def by_outcome(selection: Selection) -> tuple[Part, ...]:
    """Each outcome with its count, those without one (not closed, or cancelled) last. One statement."""
    counts = dict(selection.follow_ups().values_list("outcome").annotate(Count("pk")).order_by())
    names = dict(Outcome.choices) | {"": "No outcome yet, or cancelled"}
    parts = _parts(counts, names)
    return tuple(sorted(parts, key=lambda part: (not part.key, -part.count, part.name)))


def by_status(selection: Selection) -> tuple[Part, ...]:
    """Each status with its count, in the order of a follow-up's life. One statement."""
    counts = dict(selection.follow_ups().values_list("status").annotate(Count("pk")).order_by())
    return tuple(_parts(counts, dict(FollowUp.Status.choices)))


def _parts(counts: dict[str, int], names: dict[str, Any]) -> list[Part]:
    total = sum(counts.values())
    return [Part(key, str(name), counts[key], Rate(counts[key], total)) for key, name in names.items() if key in counts]


@dataclass(frozen=True)
class Cause:
    """A root cause with its second level. `count` is with the second level, `own` without; `share` is out of all
    follow-ups of the selection that have a cause."""

    pk: int
    name: str
    attributable_to: str
    count: int
    own: int
    share: Rate
    children: tuple["Cause", ...] = ()


def by_cause(selection: Selection) -> tuple[Cause, ...]:
    """First-level causes, most frequent first, each with its second level; only those that occurred. Two statements."""
    counted = selection.follow_ups().filter(root_cause__isnull=False).values_list("root_cause_id").annotate(Count("pk"))
    counts: dict[int, int] = dict(counted.order_by())
    total = sum(counts.values())
    causes = {cause.pk: cause for cause in RootCause.objects.all()}

    def row(cause: RootCause, children: Iterable[Cause] = ()) -> Cause:
        kept = tuple(sorted(children, key=lambda child: (-child.count, child.name)))
        own = counts.get(cause.pk, 0)
        count = own + sum(child.count for child in kept)
        label = str(cause.get_attributable_to_display())
        return Cause(cause.pk, cause.name, label, count, own, Rate(count, total), kept)

    second: dict[int, list[Cause]] = {}
    for pk in counts:
        if (parent := causes[pk].parent_id) is not None:
            second.setdefault(parent, []).append(row(causes[pk]))
    first = {pk for pk in counts if causes[pk].parent_id is None} | set(second)
    return tuple(sorted((row(causes[pk], second.get(pk, ())) for pk in first), key=lambda c: (-c.count, c.name)))


@dataclass(frozen=True)
class Bar:
    """One first-level cause of a Pareto chart. `so_far`: this one and those before it, out of all with a cause."""

    cause: Cause
    so_far: Rate


def pareto(causes: Iterable[Cause]) -> tuple[Bar, ...]:
    """The causes as `by_cause` gives them, each with the share that is reached with it."""
    bars, sum_so_far = [], 0
    for cause in causes:
        sum_so_far += cause.count
        bars.append(Bar(cause, Rate(sum_so_far, cause.share.denominator)))
    return tuple(bars)


def attributable(causes: Iterable[Cause]) -> tuple[Part, ...]:
    """To whom or what the causes are attributable, most first; the second level says so for itself."""
    counts: dict[str, int] = {}
    for cause in causes:
        for label, count in (
            (cause.attributable_to, cause.own),
            *((c.attributable_to, c.count) for c in cause.children),
        ):
            counts[label] = counts.get(label, 0) + count
    labels = {str(label): value for value, label in RootCause.AttributableTo.choices}
    total = sum(counts.values())
    rows = [Part(labels[label], label, count, Rate(count, total)) for label, count in counts.items() if count]
    return tuple(sorted(rows, key=lambda part: (-part.count, part.name)))


@dataclass(frozen=True)
class LoopWeek:
    """One week of opening, from its Monday in the zone of the report."""

    begins_on: date
    created: int
    closed: int


def by_week(selection: Selection, zone: tzinfo) -> tuple[LoopWeek, ...]:
    """Follow-ups by the week they were opened in, and how many of those are closed by now; only weeks that have any.
    One statement."""
    rows = (
        selection.follow_ups()
        .values(week=TruncWeek("opened_at", tzinfo=zone))
        .annotate(created=Count("pk"), closed=Count("pk", filter=Q(status="closed")))
        .order_by("week")
    )
    return tuple(LoopWeek(row["week"].date(), row["created"], row["closed"]) for row in rows)


@dataclass(frozen=True)
class Day:
    """What needs somebody today, whenever it was opened."""

    overdue: int
    unassigned: int
    nobody_eligible: int
    due_today: int
    missing: int
    late_promises: int
    new_lessons: int


def day(at: datetime, zone: tzinfo, teams: Collection[int] | None = None) -> Day:
    """The state of the loop at `at`, of `teams` (ids) or of all; today ends at midnight in `zone`. Four statements."""
    today = at.astimezone(zone).date()
    midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), tzinfo=zone)
    unclosed = FollowUp.objects.unclosed()
    late = Promise.objects.filter(kept_at__isnull=True, broken_at__isnull=True, due_on__lt=today)
    without = missing()
    if teams is not None:
        unclosed, late = unclosed.filter(team__in=teams), late.filter(follow_up__team__in=teams)
        without = without.filter(team__in=teams)
    counts = unclosed.aggregate(
        overdue=Count("pk", filter=Q(due_at__lt=at)),
        unassigned=Count("pk", filter=Q(status="open")),
        nobody_eligible=Count("pk", filter=Q(status="open", has_nobody_eligible=True)),
        due_today=Count("pk", filter=Q(due_at__gte=at, due_at__lt=midnight)),
    )
    return Day(
        **counts,
        missing=without.count(),
        late_promises=late.count(),
        new_lessons=Lesson.objects.filter(status=Lesson.Status.NEW).count(),
    )
