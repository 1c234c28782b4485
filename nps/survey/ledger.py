"""Every resolution of a period with the decision about its survey: rows, counts by decision, coverage. Read only."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from nps.desk.models import Resolution, Ticket, User
from nps.survey.coverage import Judged, Unit, judge
from nps.survey.figures.asked import asked_of, by_decision, followed
from nps.survey.figures.breakdowns import column, names_of
from nps.survey.models import SurveyDecision
from nps.survey.reports import INVITED, UNDECIDED, Scope
from nps.survey.scoring import Rate

#: What a resolution's decision is called here, in the order in which it is shown.
DECISIONS: dict[str, str] = {
    INVITED: "Asked",
    **{value: str(label) for value, label in SurveyDecision.Reason.choices if value},
    UNDECIDED: "Not decided yet",
}
CSV_COLUMNS = (
    ("resolved at", "resolved_at"),
    ("ticket", "ticket_id"),
    ("subject", "ticket__subject"),
    ("customer", "customer__name"),
    ("account", "account__name"),
    ("team", "team__name"),
    ("channel", "channel"),
    ("decision", "decision__outcome"),
    ("reason", "decision__reason"),
    ("decided at", "decision__decided_at"),
    ("delivered at", "invitation__delivered_at"),
    ("score", "invitation__response__score"),
)


@dataclass(frozen=True)
class Ledger:
    """`counts` by decision add up to `total`, whatever decision is chosen. `teams` and `people`: coverage, of which
    imported history is no part; `people` only those whom the reader may see so."""

    total: int
    counts: Mapping[str, int]
    teams: tuple[Judged, ...] = ()
    people: tuple[Judged, ...] = field(default=())


def rows(user: User, scope: Scope, decision: str = "") -> QuerySet[Resolution]:
    """What is in the ledger for `user`, latest first: resolutions of tickets they see, with one of DECISIONS or with
    any."""
    return _chosen(_all(user, scope), decision).order_by("-resolved_at", "-pk")


def ledger(user: User, scope: Scope) -> Ledger:
    """Three statements, five for whoever sees people."""
    found = _all(user, scope)
    asked = asked_of(by_decision(followed(found, scope.since)))
    counts = {name: asked.decisions.get(name, asked.history) for name in DECISIONS}
    people = _people_seen(user)
    return Ledger(
        total=asked.resolved + asked.history,
        counts=counts,
        teams=_coverage(followed(found, scope.since), "team"),
        people=() if people is None else _coverage(followed(found.filter(people), scope.since), "agent"),
    )


def _all(user: User, scope: Scope) -> QuerySet[Resolution]:
    found = scope.resolutions()
    if user.sees_everything:
        return found
    return found.filter(ticket__in=Ticket.objects.visible_to(user).values("pk"))


def _chosen(found: QuerySet[Resolution], decision: str) -> QuerySet[Resolution]:
    if decision == INVITED:
        return found.filter(decision__outcome=INVITED)
    if decision == UNDECIDED:
        return found.filter(decision=None)
    return found.filter(decision__reason=decision) if decision else found


def _people_seen(user: User) -> Q | None:
    """Whose coverage: everybody's for those who see everything, their teams' for leads; None for agents."""
    if user.sees_everything:
        return Q()
    return Q(team_id__in=user.led_team_ids) if user.led_team_ids else None


def _coverage(rows: QuerySet[Any], dimension: str) -> tuple[Judged, ...]:
    """Of each team or agent whose resolutions are `followed`, by most resolutions first."""
    groups: dict[int | None, list[Any]] = defaultdict(list)
    for row in by_decision(rows, key=column(dimension, 1)):
        groups[row["key"]].append(row)
    asked = {key: asked_of(some) for key, some in groups.items()}
    names = names_of(dimension, groups)
    units = [Unit(key, names[key], Rate(one.invited, one.resolved)) for key, one in asked.items() if one.resolved]
    return judge(sorted(units, key=lambda unit: (-unit.rate.denominator, unit.name)))
