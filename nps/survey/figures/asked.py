"""What became of the resolutions of a period: whether their customers were asked, and both response rates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Expression, F, Q, QuerySet

from nps.desk.models import Resolution
from nps.survey.figures.scope import Scope
from nps.survey.models import SurveyDecision
from nps.survey.scoring import Rate

INVITED = SurveyDecision.Outcome.INVITED.value
HISTORY = SurveyDecision.Reason.HISTORY.value
UNDECIDED = "undecided"  # for the moment until the sweep has decided; 0 otherwise
REASONS = tuple(reason for reason in SurveyDecision.Reason.values if reason and reason != HISTORY)

ANSWERED = Q(invitation__response__is_history=False)
DELIVERED = Q(invitation__delivered_at__isnull=False)


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
    return asked_of(by_decision(scope.resolutions()))


def by_decision(resolutions: QuerySet[Resolution], **groups: Expression | F) -> Any:
    """Rows of counts by decision, and by `groups` beside it."""
    return (
        resolutions.values(outcome=F("decision__outcome"), reason=F("decision__reason"), **groups)
        .annotate(
            resolved=Count("pk"),
            delivered=Count("pk", filter=DELIVERED),
            answered=Count("pk", filter=ANSWERED),
            answered_of_delivered=Count("pk", filter=ANSWERED & DELIVERED),
        )
        .order_by()
    )


def asked_of(rows: Any) -> Asked:
    """The rows of `by_decision` put together."""
    decisions = dict.fromkeys((INVITED, *REASONS, UNDECIDED), 0)
    sums = dict.fromkeys(("resolved", "delivered", "answered", "answered_of_delivered"), 0)
    history = 0
    for row in rows:
        if row["reason"] == HISTORY:
            history += row["resolved"]
            continue
        decisions[row["reason"] or row["outcome"] or UNDECIDED] += row["resolved"]
        for name in sums:
            sums[name] += row[name]
    return Asked(invited=decisions[INVITED], history=history, decisions=decisions, **sums)
