"""What became of the resolutions of a period: whether their customers were asked, and both response rates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    Expression,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Q,
    QuerySet,
    Value,
    When,
)

from nps.desk.models import Resolution
from nps.survey.figures.scope import Scope
from nps.survey.models import SurveyDecision
from nps.survey.scoring import Rate

INVITED = SurveyDecision.Outcome.INVITED.value
HISTORY = SurveyDecision.Reason.HISTORY.value
UNDECIDED = "undecided"  # for the moment until the sweep has decided; 0 otherwise
REASONS = tuple(reason for reason in SurveyDecision.Reason.values if reason and reason != HISTORY)

#: Nothing is decided, asked or answered before the resolution; a day covers clocks that go differently.
EARLIER = timedelta(days=1)
ANSWERED = Q(answer__is_history=False)
DELIVERED = Q(asked__delivered_at__isnull=False)


@dataclass(frozen=True)
class Asked:
    """What became of the resolutions of a period. `decisions` says for each whether it was invited, or why not; its
    values add up to `resolved`. `history`: imported resolutions, which are in no other number here."""

    resolved: int = 0
    invited: int = 0
    delivered: int = 0
    answered: int = 0
    answered_of_delivered: int = 0
    history: int = 0
    decisions: Mapping[str, int] = field(default_factory=dict)

    @property
    def rate_of_resolved(self) -> Rate:
        """Answered out of resolved."""
        return Rate(self.answered, self.resolved)

    @property
    def rate_of_delivered(self) -> Rate:
        """Answered out of delivered: an answer taken by phone before any mail arrived is not in it."""
        return Rate(self.answered_of_delivered, self.delivered)


def together(parts: Iterable[Asked]) -> Asked:
    """What became of the resolutions of several parts, none of them in two."""
    decisions = dict.fromkeys((INVITED, *REASONS, UNDECIDED), 0)
    sums = dict.fromkeys(("resolved", "invited", "delivered", "answered", "answered_of_delivered", "history"), 0)
    for part in parts:
        for name in sums:
            sums[name] += getattr(part, name)
        for decision, count in part.decisions.items():
            decisions[decision] += count
    return Asked(decisions=decisions, **sums)


def asked_in(scope: Scope) -> Asked:
    """What became of the resolutions of the period. One statement."""
    return asked_of(by_decision(followed(scope.resolutions(), scope.earliest)))


def followed(resolutions: QuerySet[Resolution], since: datetime | None = None) -> QuerySet[Any]:
    """Resolutions with what became of each: `decided`, `asked` and `answer`, its decision, its invitation and the
    answer to that; none that is older than the resolution, as an imported answer may be. All of the resolutions are of
    `since` or later, if given: then the database need not look at what is older than that."""
    earliest = ExpressionWrapper(F("resolved_at") - Value(EARLIER), DateTimeField())

    def later(path: str) -> Q:
        its_own = Q(**{f"{path}__gte": earliest})
        return its_own if since is None else its_own & Q(**{f"{path}__gte": since - EARLIER})

    return resolutions.alias(
        decided=FilteredRelation("decision", condition=later("decision__decided_at")),
        asked=FilteredRelation("invitation", condition=later("invitation__created_at")),
    ).alias(answer=FilteredRelation("asked__response", condition=later("asked__response__answered_at")))


def by_decision(rows: QuerySet[Any], **groups: Expression | F) -> Any:
    """Rows with their count `n`, of resolutions that are `followed`: by decision, by whether they were delivered and
    answered, and by `groups` beside it."""
    return (
        rows.values(
            outcome=F("decided__outcome"),
            reason=F("decided__reason"),
            **{"is_delivered": whether(DELIVERED), "is_answered": whether(ANSWERED), **groups},
        )
        .annotate(n=Count("*"))
        .order_by()
    )


def whether(condition: Q) -> Expression:
    """A condition that is false where what it asks of is not there (in SQL: unknown)."""
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def asked_of(rows: Any) -> Asked:
    """The rows of `by_decision` put together."""
    decisions = dict.fromkeys((INVITED, *REASONS, UNDECIDED), 0)
    sums = dict.fromkeys(("resolved", "delivered", "answered", "answered_of_delivered"), 0)
    history = 0
    for row in rows:
        if row["reason"] == HISTORY:
            history += row["n"]
            continue
        decisions[row["reason"] or row["outcome"] or UNDECIDED] += row["n"]
        sums["resolved"] += row["n"]
        sums["delivered"] += row["n"] if row["is_delivered"] else 0
        sums["answered"] += row["n"] if row["is_answered"] else 0
        sums["answered_of_delivered"] += row["n"] if row["is_answered"] and row["is_delivered"] else 0
    return Asked(invited=decisions[INVITED], history=history, decisions=decisions, **sums)
