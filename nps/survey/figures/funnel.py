"""From resolved to commented, with the reason of every loss: each resolution stands in exactly one place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, F, Min, Q, QuerySet, Value, When

from nps.survey.figures.asked import (
    ANSWERED,
    DELIVERED,
    HISTORY,
    INVITED,
    REASONS,
    UNDECIDED,
    by_decision,
    followed,
    whether,
)
from nps.survey.figures.scope import Scope
from nps.survey.models import SurveyDecision
from nps.survey.scoring import Bounds, Counts, Rate, bounds

SKIPPED = "skipped"

#: (step, its name, what may be lost on the way to it: {place: words})
STEPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("resolved", "Resolved", {}),
    ("decided", "Decided whether to ask", {UNDECIDED: "not decided yet"}),
    ("invited", "Invited", {reason: str(SurveyDecision.Reason(reason).label).lower() for reason in REASONS}),
    (
        "delivered",
        "Question delivered",
        {
            "waiting": "waits to be sent",
            "told": "answered before any mail, by phone say",
            "cancelled": "reopened before sending",
            "bounced": "bounced",
            "failed": "could not be sent",
        },
    ),
    ("opened", "Opened", {"unopened": "not opened yet", "unopened_over": "never opened, link over"}),
    ("answered", "Answered", {"opened_yet": "opened, not answered yet", "opened_over": "opened, never answered"}),
    ("commented", "Left a comment", {"no_comment": "answered without a comment"}),
)
#: every place a resolution can stand in, beside history: the losses, and the end of the way
END = "commented"
PLACES = (*(place for _, _, losses in STEPS for place in losses), END)
#: other places put together, with their name
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "heard": ("Answered, by mail or before any", ("told", "no_comment", END)),
    "silent": ("Question delivered, not answered", ("unopened", "unopened_over", "opened_yet", "opened_over")),
    HISTORY: ("Imported, in no rate", (HISTORY,)),
}


@dataclass(frozen=True)
class Loss:
    """How many did not come further, and why."""

    place: str
    words: str
    count: int


@dataclass(frozen=True)
class Step:
    """How many came so far, out of those of the step before; `losses` add up to the difference."""

    key: str
    name: str
    count: int
    rate: Rate
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class Funnel:
    """`places` add up to `resolved`; imported history is apart. `told`: answered without a delivered question."""

    steps: tuple[Step, ...]
    places: Mapping[str, int]
    history: int
    answered_scores: Counts

    def count(self, step: str) -> int:
        return next(one.count for one in self.steps if one.key == step)

    @property
    def told(self) -> int:
        return self.places["told"]

    @property
    def silent(self) -> int:
        """Asked, and not heard of."""
        return self.count("delivered") - self.count("answered")

    @property
    def bounds(self) -> Bounds:
        """The NPS of all whose question was delivered, whatever the silent would have said."""
        return bounds(self.answered_scores, self.silent)


#: what is asked of a resolution that is `followed`: true, or false where that is not there
MARKS = {
    "is_answered": ANSWERED,
    "is_delivered": DELIVERED,
    "is_commented": Q(answer__comment__gt=""),
    "is_opened": Q(asked__opened_at__isnull=False),
    "is_cancelled": Q(asked__cancelled_at__isnull=False),
    "is_bounced": Q(asked__bounced_at__isnull=False),
    "is_failed": Q(asked__failed_at__isnull=False),
}
#: (the marks it takes, the place) of the invited, the first that fits; the lists ask the database, the funnel its rows
RULES = (
    (("is_answered", "is_delivered", "is_commented"), END),
    (("is_answered", "is_delivered"), "no_comment"),
    (("is_answered",), "told"),
    (("is_delivered", "is_opened", "is_over"), "opened_over"),
    (("is_delivered", "is_opened"), "opened_yet"),
    (("is_delivered", "is_over"), "unopened_over"),
    (("is_delivered",), "unopened"),
    (("is_cancelled",), "cancelled"),
    (("is_bounced",), "bounced"),
    (("is_failed",), "failed"),
    ((), "waiting"),
)


def placed(rows: QuerySet[Any], at: datetime) -> QuerySet[Any]:
    """Resolutions that are `followed` with `place`: where on the way each of them stands at `at`; a skipped one stands
    at its reason."""
    marks = _marks(at)
    whens = [
        When(decided__outcome__isnull=True, then=Value(UNDECIDED)),
        When(~Q(decided__outcome=INVITED), then=F("decided__reason")),
        *(When(Q(*(marks[mark] for mark in taken)), then=Value(place)) for taken, place in RULES if taken),
    ]
    return rows.annotate(place=Case(*whens, default=Value(RULES[-1][1]), output_field=CharField()))


def _marks(at: datetime) -> dict[str, Q]:
    return {**MARKS, "is_over": Q(asked__expires_at__lte=at)}


def places_of(step: str) -> tuple[str, ...]:
    """The places of those who came as far as `step`, or of one of GROUPS; of a place, that place alone. KeyError for
    neither."""
    if step in GROUPS:
        return GROUPS[step][1]
    keys = [key for key, _, _ in STEPS]
    if step not in keys:
        if step not in PLACES:
            raise KeyError(step)
        return (step,)
    lost = {place for _, _, losses in STEPS[: keys.index(step) + 1] for place in losses}
    return tuple(place for place in PLACES if place not in lost)


def by_place(rows: QuerySet[Any], at: datetime, **groups: Any) -> Any:
    """The rows of `by_decision`, by the marks that tell the place at `at` and by score of the answer too."""
    # Not by `placed`: PostgreSQL counts by yes and no in one pass, and would sort to count by the whole rule.
    marks = {name: whether(condition) for name, condition in _marks(at).items()}
    counted = by_decision(rows, **marks, score=F("answer__score"), **groups)
    if "day" not in groups:
        return counted
    # Until then a day may be kept: what is over by the clock changes nothing in its rows.
    return counted.annotate(good_until=Min("asked__expires_at", filter=Q(asked__expires_at__gt=at)))


def _place(row: Mapping[str, Any]) -> str:
    if row["outcome"] != INVITED:
        return str(row["reason"] or UNDECIDED)
    return next(place for marks, place in RULES if all(row[mark] for mark in marks))


def funnel(scope: Scope, at: datetime) -> Funnel:
    """Where the resolutions of the period stand at `at`. One statement."""
    return funnel_of(by_place(followed(scope.resolutions(), scope.earliest), at))


def funnel_of(rows: Iterable[Mapping[str, Any]]) -> Funnel:
    """The rows of `by_place` put together."""
    places: dict[str, int] = dict.fromkeys(PLACES, 0)
    scores: dict[int, int] = {}
    history = 0
    for row in rows:
        place = _place(row)
        if place == HISTORY:
            history += row["n"]
            continue
        places[place] += row["n"]
        if place in ("no_comment", END):
            scores[row["score"]] = scores.get(row["score"], 0) + row["n"]
    return Funnel(_steps(places), places, history, Counts.tallied(scores))


def _steps(places: Mapping[str, int]) -> tuple[Step, ...]:
    steps, before = [], sum(places.values())
    for key, name, losses in STEPS:
        lost = tuple(Loss(place, words, places[place]) for place, words in losses.items())
        count = before - sum(loss.count for loss in lost)
        steps.append(Step(key, name, count, Rate(count, before), lost))
        before = count
    return tuple(steps)
