"""Figures of the survey: counted in SQL, scored by scoring.py, frozen. Every door asks these; they write nothing.

This is the seam: doors know these names and not where a figure comes from, so that counters which are kept can come in
the place of counting. Two sets, never mixed. *Answers*: those given in the period, imported history among them; every
NPS is made of these. *Resolutions*: those of the period, each followed to its decision, its mail and its answer; both
response rates and the funnel are made of these, so that the answered are always some of the asked. Imported history was
never asked by this product: it counts in the NPS and in neither rate.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.db.models import Count

from nps.desk.models import Product, Team, User
from nps.survey.figures.asked import HISTORY, INVITED, REASONS, UNDECIDED, Asked, asked_in, together
from nps.survey.figures.beside import Beside, beside
from nps.survey.figures.breakdowns import DIMENSIONS, MOST_ROWS, SEVERAL, Segment, by, by_team
from nps.survey.figures.drivers import Driver, by_topic
from nps.survey.figures.first_contact import (
    FirstContact,
    FirstContacts,
    FirstContactSegment,
    first_contact,
    first_contacts,
)
from nps.survey.figures.funnel import Funnel, Step, funnel
from nps.survey.figures.movement import BANDS, Movement, movement
from nps.survey.figures.scope import Scope
from nps.survey.figures.weeks import Week, by_week, legible, weekly, weeks_of
from nps.survey.models import Response
from nps.survey.scoring import Counts, Nps, Rate, nps

__all__ = [
    "BANDS",
    "DIMENSIONS",
    "ELSEWHERE",
    "HISTORY",
    "INVITED",
    "MOST_ROWS",
    "REASONS",
    "SEVERAL",
    "UNDECIDED",
    "Apart",
    "Asked",
    "Beside",
    "Driver",
    "FirstContact",
    "FirstContactSegment",
    "FirstContacts",
    "Funnel",
    "Given",
    "Movement",
    "NpsReport",
    "Scope",
    "Segment",
    "Step",
    "Week",
    "apart_of",
    "asked_in",
    "beside",
    "by",
    "by_team",
    "by_topic",
    "by_week",
    "counts_of",
    "first_contact",
    "first_contacts",
    "funnel",
    "given_in",
    "legible",
    "movement",
    "nps_report",
    "report_of",
]


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


def report_of(scope: Scope, *, counts: Counts | None = None, rows: Sequence[Segment] = ()) -> NpsReport:
    """See nps_report. Two statements; one less where the `counts` are known, and one less where there is a breakdown
    already whose `rows` add up to the whole."""
    counts = counts_of(scope) if counts is None else counts
    asked = together(row.asked for row in rows) if rows else asked_in(scope)
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
    return Counts.tallied(dict(scope.responses().values_list("score").annotate(n=Count("*"))))


#: what an answer may have been about that the agent has no part in
ELSEWHERE = tuple(value for value in Response.About.values if value not in ("", Response.About.AGENT))


@dataclass(frozen=True)
class Apart:
    """Answers by what they were found to be about. `about`: how many, "" for those nobody has looked at; its values
    add up to all. `own` and `nps`: all but those about something else than the agent (ELSEWHERE)."""

    about: Mapping[str, int]
    own: Counts
    nps: Nps

    @property
    def elsewhere(self) -> int:
        return sum(self.about[name] for name in ELSEWHERE)


def apart_of(scope: Scope) -> Apart:
    """The answers of the period with and without those that were about something else. One statement."""
    return _apart(scope.responses().values_list("about", "score").annotate(n=Count("*")).order_by())


def _apart(rows: Iterable[tuple[str, int, int]]) -> Apart:
    about: dict[str, int] = dict.fromkeys(Response.About.values, 0)
    own: dict[int, int] = {}
    for name, score, count in rows:
        about[name] += count
        if name not in ELSEWHERE:
            own[score] = own.get(score, 0) + count
    counts = Counts.tallied(own)
    return Apart(about=about, own=counts, nps=nps(counts))


@dataclass(frozen=True)
class Given:
    """The answers of a period: how many gave each score, with and without those about something else, and by week."""

    counts: Counts
    apart: Apart
    weeks: tuple[Week, ...]


def given_in(scope: Scope, zone: tzinfo) -> Given:
    """All three of one statement; weeks as by_week has them."""
    rows = weekly(scope, zone, "about")
    weeks = weeks_of(rows, scope, zone)
    return Given(
        counts=sum((week.counts for week in weeks), Counts()),
        apart=_apart((about, score, count) for _, score, about, count in rows),
        weeks=weeks,
    )
