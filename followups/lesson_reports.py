"""Figures of what was learned and what was promised, out of a selection of follow-ups. They write nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Exists, Max, OuterRef, Q

from followups.models import Lesson, Promise
from followups.reports import Selection
from nps.desk.models import Product, Team


@dataclass(frozen=True)
class LessonRow:
    """`seen`: follow-ups of the selection that carried it; `times_seen`: all of them ever."""

    pk: int
    text: str
    status: str
    status_label: str
    cause: str
    team: str
    owner: str
    seen: int
    times_seen: int
    last_seen_at: datetime | None
    in_place_on: date | None
    effect_label: str


def lessons(selection: Selection, *, limit: int = 20, is_newest_first: bool = False) -> tuple[LessonRow, ...]:
    """Lessons that the follow-ups of the selection carried, most often seen first (or newest first). One statement."""
    carried = selection.follow_ups().filter(lesson=OuterRef("pk"))
    here = Q(followups__in=selection.follow_ups().values("pk"))
    rows = (
        Lesson.objects.filter(Exists(carried))
        .select_related("root_cause", "team", "owner")
        .annotate(seen=Count("followups", filter=here), last_seen_at=Max("followups__closed_at", filter=here))
        .order_by(*(("-created_at", "-pk") if is_newest_first else ("-seen", "-times_seen", "-pk")))[:limit]
    )
    return tuple(
        LessonRow(
            pk=row.pk,
            text=row.text,
            status=row.status,
            status_label=str(row.get_status_display()),
            cause=row.root_cause.name,
            team=row.team.name if row.team else "",
            owner=str(row.owner or ""),
            seen=row.seen,
            times_seen=row.times_seen,
            last_seen_at=row.last_seen_at,
            in_place_on=row.in_place_on,
            effect_label=str(row.get_effect_display()),
        )
        for row in rows
    )


@dataclass(frozen=True)
class Change:
    """What a lesson changed, from the day `on`."""

    on: date
    text: str
    times_seen: int


def put_in_place(
    *, first: date, last: date, team: Team | int | None = None, product: Product | int | None = None
) -> tuple[Change, ...]:
    """The changes put in place from `first` to `last`, in order of time; with a team or a product only those meant for
    it or for all. One statement."""
    rows = Lesson.objects.filter(status=Lesson.Status.IN_PLACE, in_place_on__gte=first, in_place_on__lte=last)
    if team is not None:
        rows = rows.filter(Q(team=team) | Q(team__isnull=True))
    if product is not None:
        rows = rows.filter(Q(product=product) | Q(product__isnull=True))
    found = rows.order_by("in_place_on", "pk").values_list("in_place_on", "text", "times_seen")
    return tuple(Change(on, text, times_seen) for on, text, times_seen in found if on is not None)


def most_seen(changes: Sequence[Change], limit: int) -> tuple[Change, ...]:
    """Those of the `changes` that were seen most often, in the order in which they came."""
    places = sorted(range(len(changes)), key=lambda place: (-changes[place].times_seen, place))[:limit]
    return tuple(changes[place] for place in sorted(places))


@dataclass(frozen=True)
class Promises:
    """What was promised: `open` still has time on `on`, `late` has not and nobody said whether it was kept."""

    open: int = 0
    late: int = 0
    kept: int = 0
    broken: int = 0
    total: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.open + self.late + self.kept + self.broken)


def promises(selection: Selection, *, on: date) -> Promises:
    """Of the follow-ups of the selection; `on` is the organisation's day. One statement."""
    rows = Promise.objects.filter(follow_up__in=selection.follow_ups().values("pk"))
    return Promises(**rows.aggregate(**{state: Count("pk", filter=promised(state, on)) for state in PROMISE_STATES}))


PROMISE_STATES = ("open", "late", "kept", "broken")


def promised(state: str, on: date) -> Q:
    """The promises that are in `state` (one of PROMISE_STATES) on the day `on`."""
    unsettled = Q(kept_at__isnull=True, broken_at__isnull=True)
    return {
        "open": unsettled & Q(due_on__gte=on),
        "late": unsettled & Q(due_on__lt=on),
        "kept": Q(kept_at__isnull=False),
        "broken": Q(broken_at__isnull=False),
    }[state]
