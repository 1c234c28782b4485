"""Figures of the survey: counted in SQL, scored by scoring.py, frozen. Every door asks these; they write nothing.

Two sets, never mixed. *Answers*: those given in the period, imported history among them; every NPS is made of these.
*Resolutions*: those of the period, each followed to its decision, its mail and its answer; both response rates are made
of these, so that the answered are always some of the asked. Imported history was never asked by this product: it counts
in the NPS and in neither rate.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncWeek

from nps.desk.models import Channel, Product, Resolution, Team, User
from nps.survey.models import Response, SurveyDecision
from nps.survey.scoring import Counts, Nps, Rate, nps

INVITED = SurveyDecision.Outcome.INVITED.value
HISTORY = SurveyDecision.Reason.HISTORY.value
UNDECIDED = "undecided"  # for the moment until the sweep has decided; 0 otherwise
REASONS = tuple(reason for reason in SurveyDecision.Reason.values if reason and reason != HISTORY)

#: what a breakdown can be by: (the column of the group, the column of its name)
DIMENSIONS = {
    "team": ("team_id", "team__name"),
    "product": ("product_id", "product__name"),
    "channel": ("channel", "channel"),
    "shift": ("shift_name", "shift_name"),
}


@dataclass(frozen=True)
class Scope:
    """Which answers and resolutions: from `since` to before `until` (aware), of the given team and so on as they were
    at the resolution. None and "" do not narrow."""

    since: datetime
    until: datetime
    team: Team | int | None = None
    product: Product | int | None = None
    agent: User | int | None = None
    channel: str = ""

    def before(self) -> "Scope":
        """The same scope in the period of the same length that ends where this one begins."""
        return replace(self, since=self.since - (self.until - self.since), until=self.since)

    def responses(self) -> QuerySet[Response]:
        return Response.objects.filter(self._narrowed(), answered_at__gte=self.since, answered_at__lt=self.until)

    def resolutions(self) -> QuerySet[Resolution]:
        return Resolution.objects.filter(self._narrowed(), resolved_at__gte=self.since, resolved_at__lt=self.until)

    def _narrowed(self) -> Q:
        # Answers carry a copy of the resolution's snapshot, so the same names serve both tables.
        wanted = {"team": self.team, "product": self.product, "agent": self.agent, "channel": self.channel or None}
        return Q(**{name: value for name, value in wanted.items() if value is not None})


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


@dataclass(frozen=True)
class NpsReport:
    """`counts` and `nps`: answers given in the period. All else: resolutions of the period, see Asked."""

    counts: Counts
    nps: Nps
    answered: int
    resolved: int
    delivered: int
    invited: int
    decisions: Mapping[str, int]
    history: int
    rate_of_resolved: Rate
    rate_of_delivered: Rate


@dataclass(frozen=True)
class Segment:
    """One row of a breakdown. `key` is the id or value to filter by; None for answers that have none ("Not set")."""

    key: int | str | None
    name: str
    counts: Counts
    nps: Nps
    asked: Asked


@dataclass(frozen=True)
class Week:
    """One week, or `weeks` of them, from a Monday in the zone of the report."""

    begins_on: date
    counts: Counts
    nps: Nps
    weeks: int = 1


def nps_report(
    *,
    since: datetime,
    until: datetime,
    team: Team | int | None = None,
    product: Product | int | None = None,
    agent: User | int | None = None,
    channel: str = "",
) -> NpsReport:
    """The score and both response rates of [since, until), aware datetimes. Two statements."""
    return report_of(Scope(since=since, until=until, team=team, product=product, agent=agent, channel=channel))


def report_of(scope: Scope) -> NpsReport:
    """See nps_report. Two statements."""
    counts, asked = counts_of(scope), asked_in(scope)
    return NpsReport(
        counts=counts,
        nps=nps(counts),
        answered=asked.answered,
        resolved=asked.resolved,
        delivered=asked.delivered,
        invited=asked.invited,
        decisions=asked.decisions,
        history=asked.history,
        rate_of_resolved=asked.rate_of_resolved,
        rate_of_delivered=asked.rate_of_delivered,
    )


def counts_of(scope: Scope) -> Counts:
    """How many answers of the period gave each score. One statement."""
    return Counts.tallied(dict(scope.responses().values_list("score").annotate(Count("pk"))))


def asked_in(scope: Scope) -> Asked:
    """What became of the resolutions of the period. One statement."""
    return _asked(_funnel(scope.resolutions()))


def by_week(scope: Scope, zone: tzinfo) -> tuple[Week, ...]:
    """The score of every week of the period, Mondays in `zone`; weeks without answers too. One statement."""
    tally: dict[date, dict[int, int]] = defaultdict(dict)
    weekly = scope.responses().annotate(week=TruncWeek("answered_at", tzinfo=zone))
    for week, score, count in weekly.values_list("week", "score").annotate(Count("pk")):
        tally[week.date()][score] = count
    monday = _monday(scope.since.astimezone(zone).date())
    last = (scope.until - timedelta(microseconds=1)).astimezone(zone).date()
    weeks = []
    while monday <= last:
        counts = Counts.tallied(tally.get(monday, {}))
        weeks.append(Week(begins_on=monday, counts=counts, nps=nps(counts)))
        monday += timedelta(days=7)
    return tuple(weeks)


def legible(weeks: Sequence[Week]) -> tuple[Week, ...]:
    """The same answers by one, two or four weeks: the shortest at which at least half of the spans that have answers
    can be scored. The latest are whole, the first may be short. By weeks where no length is enough."""
    for size in (1, 2, 4):
        spans = _by_spans(weeks, size)
        answered = [span for span in spans if span.counts.n]
        if len(spans) > 1 and 2 * sum(span.nps.is_scored for span in spans) >= len(answered):
            return spans
    return tuple(weeks)


def _by_spans(weeks: Sequence[Week], size: int) -> tuple[Week, ...]:
    spans = []
    for end in range(len(weeks), 0, -size):
        span = weeks[max(0, end - size) : end]
        counts = sum((week.counts for week in span), Counts())
        spans.append(Week(begins_on=span[0].begins_on, counts=counts, nps=nps(counts), weeks=size))
    return tuple(reversed(spans))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def by(scope: Scope, dimension: str) -> tuple[Segment, ...]:
    """The breakdown by one of DIMENSIONS, most answers first; "Not set" last, so that the rows add up to the whole.
    Two statements. KeyError for another dimension."""
    group, label = DIMENSIONS[dimension]
    names: dict[Any, str] = {}
    tallies: dict[Any, dict[int, int]] = defaultdict(dict)
    rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for key, name, score, count in (
        scope.responses().values_list(group, label, "score").annotate(count=Count("pk")).order_by()
    ):
        names[key] = name or ""
        tallies[key][score] = count
    for row in _funnel(scope.resolutions(), key=F(group), name=F(label)):
        names.setdefault(row["key"], row["name"] or "")
        rows[row["key"]].append(row)
    segments = [
        _segment(key or None, _label(dimension, name), Counts.tallied(tallies[key]), _asked(rows[key]))
        for key, name in names.items()
    ]
    return tuple(sorted(segments, key=lambda row: (row.key is None, -row.counts.n, row.name)))


def _segment(key: int | str | None, name: str, counts: Counts, asked: Asked) -> Segment:
    return Segment(key=key, name=name, counts=counts, nps=nps(counts), asked=asked)


def _label(dimension: str, name: str) -> str:
    if dimension == "channel" and name in Channel.values:
        return str(Channel(name).label)
    return name or "Not set"


def _funnel(resolutions: QuerySet[Resolution], **groups: F) -> Any:
    live = Q(invitation__response__is_history=False)
    arrived = Q(invitation__delivered_at__isnull=False)
    return (
        resolutions.values(outcome=F("decision__outcome"), reason=F("decision__reason"), **groups)
        .annotate(
            resolved=Count("pk"),
            delivered=Count("pk", filter=arrived),
            answered=Count("pk", filter=live),
            answered_of_delivered=Count("pk", filter=live & arrived),
        )
        .order_by()
    )


def _asked(rows: Any) -> Asked:
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
