"""How fast: from opening to the first contact, and how many attempts a closing takes, by policy band. They write
nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Field,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Window,
)
from django.db.models.functions import Least, RowNumber

from followups.models import HistoryEntry, Policy
from followups.reports import KEPT, Loop, Selection, loop_counts
from nps.survey.figures.scope import kept
from nps.survey.scoring import Rate

#: what a figure of the pace asks the clock for
DEADLINES = ("first_contact_due_at", "close_due_at", "due_at")
#: (key, words, from, to) of the time to the first contact
SPANS = (
    ("under_1h", "under 1 h", 0, 1),
    ("under_4h", "1 to 4 h", 1, 4),
    ("under_8h", "4 to 8 h", 4, 8),
    ("under_24h", "8 to 24 h", 8, 24),
    ("later", "later", 24, None),
)


@dataclass(frozen=True)
class Pace:
    """Of the follow-ups that were opened in the period and not cancelled. `spans` add up to `loop.reached`; the median
    is of the same, on the clock. `attempts`: made for the closed ones."""

    loop: Loop
    assigned_due: int
    assigned_in_time: int
    spans: tuple[tuple[str, str, int], ...]
    attempts: int
    median: timedelta | None

    @property
    def rate_assigned_in_time(self) -> Rate:
        """Given to somebody before the first contact was due, out of all that were given or due."""
        return Rate(self.assigned_in_time, self.assigned_due)

    @property
    def attempts_per_close(self) -> float | None:
        return self.attempts / self.loop.closed if self.loop.closed else None


@dataclass(frozen=True)
class Band:
    """The same for one policy, whatever its version."""

    slug: str
    name: str
    pace: Pace


@dataclass(frozen=True)
class Paces:
    """All of them, and each band; the bands add up to the whole."""

    whole: Pace
    bands: tuple[Band, ...] = field(default=())


def with_pace(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Follow-ups with `taking` (how long the first contact took) and `is_in_time`: somebody had it before its first
    contact was due. Who has it now may have got it later; the history knows the first."""
    first = HistoryEntry.objects.filter(
        follow_up=OuterRef("pk"), from_status="open", to_status="assigned", at__lte=OuterRef("first_contact_due_at")
    )
    taking = ExpressionWrapper(F("reached_at") - F("opened_at"), DurationField())
    return rows.annotate(taking=taking, is_in_time=Exists(first))


def paces(selection: Selection, at: datetime) -> Paces:
    """How fast the selection went, as a whole and by policy. Four statements."""

    def counted(selection: Selection, **day: Any) -> Any:
        counts: dict[str, Any] = {**loop_counts(at), **_assigned(at), **_spans()}
        counts["attempts"] = Sum("attempts_made", filter=Q(status="closed"))
        if day:  # which may be kept until a deadline passes
            ends = (Min(name, filter=Q(**{f"{name}__gte": at})) for name in DEADLINES)
            counts["good_until"] = Least(*ends)
        return with_pace(selection.follow_ups()).values(slug=F("policy__slug"), **day).annotate(**counts).order_by()

    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in kept(selection, "paces", "opened_at", counted):
        found[row["slug"]].append(row)
    names = dict(Policy.objects.filter(slug__in=found).values_list("slug").annotate(Max("name")).order_by())
    medians = (
        _medians_kept(selection) if selection.days else _medians(selection, F("policy__slug")) | _medians(selection)
    )
    bands = [Band(slug, names.get(slug, slug), _pace(rows, medians.get(slug))) for slug, rows in found.items()]
    whole = _pace([row for rows in found.values() for row in rows], medians.get(None))
    return Paces(whole, tuple(sorted(bands, key=lambda band: (-band.pace.loop.created, band.name))))


def assigned_conditions(at: datetime) -> dict[str, Q]:
    """The same as loop_conditions of the two numbers of Pace, for rows `with_pace`."""
    given = Q(assigned_at__isnull=False) | Q(is_in_time=True) | Q(first_contact_due_at__lte=at)
    return {"assigned_due": KEPT & given, "assigned_in_time": KEPT & Q(is_in_time=True)}


def _assigned(at: datetime) -> dict[str, Count]:
    return {name: Count("pk", filter=condition) for name, condition in assigned_conditions(at).items()}


def _spans() -> dict[str, Count]:
    return {key: Count("pk", filter=within(key)) for key, *_ in SPANS}


def within(span: str) -> Q:
    """Reached within one of SPANS, for rows `with_pace`; KeyError for none."""
    first, last = {key: (first, last) for key, _, first, last in SPANS}[span]
    found = KEPT & Q(taking__gte=timedelta(hours=first))
    return found if last is None else found & Q(taking__lt=timedelta(hours=last))


def _pace(rows: Sequence[Mapping[str, Any]], median: timedelta | None) -> Pace:
    def total(name: str) -> int:
        return sum(row[name] or 0 for row in rows)

    return Pace(
        loop=Loop(**{one.name: total(one.name) for one in fields(Loop)}),
        assigned_due=total("assigned_due"),
        assigned_in_time=total("assigned_in_time"),
        spans=tuple((key, words, total(key)) for key, words, _, _ in SPANS),
        attempts=total("attempts"),
        median=median,
    )


class _Microseconds(Aggregate):
    """PostgreSQL: how long each took, as one list."""

    template = "array_agg((extract(epoch from %(expressions)s) * 1000000)::bigint)"
    output_field = Field()


def _medians_kept(selection: Selection) -> dict[str | None, timedelta]:
    """The same as _medians of each policy and of all, of selections that keep days: those keep how long each took."""

    def counted(selection: Selection, **day: Any) -> Any:
        reached = with_pace(selection.follow_ups().filter(KEPT, reached_at__isnull=False))
        return reached.values(slug=F("policy__slug"), **day).annotate(took=_Microseconds("taking")).order_by()

    found: dict[str | None, list[int]] = defaultdict(list)
    for row in kept(selection, "takings", "opened_at", counted):
        found[row["slug"]] += row["took"]
    found[None] = [took for several in found.values() for took in several]
    return {slug: timedelta(microseconds=1) * median(several) for slug, several in found.items() if several}


def _medians(selection: Selection, group: F | None = None) -> dict[str | None, timedelta]:
    """The median time to the first contact, of each group or of all (None). One statement: the one or two rows in the
    middle are found where the rows are."""
    reached = with_pace(selection.follow_ups().filter(KEPT, reached_at__isnull=False))
    parts: dict[str, Any] = {} if group is None else {"partition_by": group}
    ranked = reached.annotate(
        of=F("pk") if group is None else group,
        place=Window(RowNumber(), order_by=["taking", "pk"], **parts),
        n=Window(Count("pk"), **parts),
    )
    middle = ranked.filter(place__gte=F("n") / 2.0, place__lte=F("n") / 2.0 + 1)
    found: dict[str | None, list[timedelta]] = {}
    for of, took in middle.values_list("of", "taking"):
        found.setdefault(None if group is None else of, []).append(took)
    return {of: sum(several, timedelta()) / len(several) for of, several in found.items()}
