"""Figures of the survey: counted in SQL, scored by scoring.py, frozen. Every door asks these; they write nothing.

This is the seam: doors know these names and not where a figure comes from, so that counters which are kept can come in
the place of counting. Two sets, never mixed. *Answers*: those given in the period, imported history among them; every
NPS is made of these. *Resolutions*: those of the period, each followed to its decision, its mail and its answer; both
response rates and the funnel are made of these, so that the answered are always some of the asked. Imported history was
never asked by this product: it counts in the NPS and in neither rate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from nps.desk.models import Product, Team, User
from nps.survey.figures.asked import HISTORY, INVITED, REASONS, UNDECIDED, Asked, asked_in, together
from nps.survey.figures.beside import Beside, beside
from nps.survey.figures.breakdowns import DIMENSIONS, MOST_ROWS, SEVERAL, Segment, by
from nps.survey.figures.drivers import Driver, by_topic
from nps.survey.figures.first_contact import (
    FirstContact,
    FirstContactSegment,
    first_contact,
    first_contact_by,
    first_contact_exceptions,
)
from nps.survey.figures.funnel import Funnel, Step, funnel
from nps.survey.figures.movement import BANDS, Movement, movement
from nps.survey.figures.scope import Scope
from nps.survey.figures.weeks import Week, by_week, legible
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
    "Funnel",
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
    "by_topic",
    "by_week",
    "counts_of",
    "first_contact",
    "first_contact_by",
    "first_contact_exceptions",
    "funnel",
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


def report_of(scope: Scope, *, rows: Sequence[Segment] = ()) -> NpsReport:
    """See nps_report. Two statements; one where there is a breakdown already whose `rows` add up to the whole."""
    counts = counts_of(scope)
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
    return Counts.tallied(dict(scope.responses().values_list("score").annotate(Count("pk"))))


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
    about: dict[str, int] = dict.fromkeys(Response.About.values, 0)
    own: dict[int, int] = {}
    for name, score, count in scope.responses().values_list("about", "score").annotate(Count("pk")).order_by():
        about[name] += count
        if name not in ELSEWHERE:
            own[score] = own.get(score, 0) + count
    counts = Counts.tallied(own)
    return Apart(about=about, own=counts, nps=nps(counts))
