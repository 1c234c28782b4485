"""From resolved to commented, with the reason of every loss: each resolution stands in exactly one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When

from nps.survey.figures.asked import ANSWERED, DELIVERED, HISTORY, INVITED, REASONS, UNDECIDED
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


def placed(rows: QuerySet[Any], at: datetime) -> QuerySet[Any]:
    """Resolutions with `place`: where on the way each of them stands at `at`; a skipped one stands at its reason."""
    is_over = Q(invitation__expires_at__lte=at)
    is_opened = Q(invitation__opened_at__isnull=False)
    places = (
        (Q(decision__isnull=True), Value(UNDECIDED)),
        (~Q(decision__outcome=INVITED), F("decision__reason")),
        (ANSWERED & DELIVERED & Q(invitation__response__comment__gt=""), Value(END)),
        (ANSWERED & DELIVERED, Value("no_comment")),
        (ANSWERED, Value("told")),
        (DELIVERED & is_opened & is_over, Value("opened_over")),
        (DELIVERED & is_opened, Value("opened_yet")),
        (DELIVERED & is_over, Value("unopened_over")),
        (DELIVERED, Value("unopened")),
        (Q(invitation__cancelled_at__isnull=False), Value("cancelled")),
        (Q(invitation__bounced_at__isnull=False), Value("bounced")),
        (Q(invitation__failed_at__isnull=False), Value("failed")),
    )
    whens = [When(condition, then=then) for condition, then in places]
    return rows.annotate(place=Case(*whens, default=Value("waiting"), output_field=CharField()))


def places_of(step: str) -> tuple[str, ...]:
    """The places of those who came as far as `step`; of a place, that place alone. KeyError for neither."""
    keys = [key for key, _, _ in STEPS]
    if step not in keys:
        if step not in PLACES:
            raise KeyError(step)
        return (step,)
    lost = {place for _, _, losses in STEPS[: keys.index(step) + 1] for place in losses}
    return tuple(place for place in PLACES if place not in lost)


def funnel(scope: Scope, at: datetime) -> Funnel:
    """Where the resolutions of the period stand at `at`. One statement."""
    places: dict[str, int] = dict.fromkeys(PLACES, 0)
    scores: dict[int, int] = {}
    history = 0
    rows = placed(scope.resolutions(), at).values_list("place", "invitation__response__score")
    for place, score, count in rows.annotate(Count("pk")).order_by():
        if place == HISTORY:
            history += count
            continue
        places[place] += count
        if place in ("no_comment", END):
            scores[score] = scores.get(score, 0) + count
    return Funnel(_steps(places), places, history, Counts.tallied(scores))


def _steps(places: Mapping[str, int]) -> tuple[Step, ...]:
    steps, before = [], sum(places.values())
    for key, name, losses in STEPS:
        lost = tuple(Loss(place, words, places[place]) for place, words in losses.items())
        count = before - sum(loss.count for loss in lost)
        steps.append(Step(key, name, count, Rate(count, before), lost))
        before = count
    return tuple(steps)
