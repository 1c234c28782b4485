"""The figures as one whole, of both apps: what the page shows, what the CSV holds. Each is asked once."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from config.choosing import Chosen
from followups import lesson_reports, pace, recovery
from followups import reports as loop_reports
from nps import organisation
from nps.survey import reports, trends
from nps.survey.changes import are_comparable
from nps.survey.estimates import Estimate, Matched, estimate
from nps.survey.scoring import Comparison, Counts, Lowest, compare, lowest

logger = logging.getLogger("nines.dashboard")

#: changes that are drawn beside the score at most
DRAWN = 8
#: by what first contact resolution is broken down; the other tabs show it by team
FIRST_CONTACT_BY = frozenset({"team", "product", "channel", "shift", "agent"})


@dataclass(frozen=True)
class SurveyFigures:
    """What the survey's side of the page shows."""

    report: reports.NpsReport
    before: Counts
    change: Comparison
    apart: reports.Apart
    funnel: reports.Funnel
    weeks: tuple[reports.Week, ...]
    teams: tuple[reports.Segment, ...]
    segments: tuple[reports.Segment, ...]
    movement: reports.Movement
    topics: tuple[reports.Driver, ...]
    first_contact: reports.FirstContact
    first_contact_share: Estimate
    first_contact_by: str
    first_contact_segments: tuple[reports.FirstContactSegment, ...]
    exceptions: tuple[tuple[str, int], ...]
    beside: tuple[reports.Beside, ...]

    @property
    def is_comparable(self) -> bool:
        """Whether both periods have answers enough to say how the score has changed."""
        return are_comparable(self.report.counts, self.before)

    @property
    def lowest(self) -> tuple[reports.Segment, Lowest] | None:
        """The team that stands lowest, and whether that is more than chance."""
        teams = [team for team in self.teams if team.key is not None]  # nobody is “not set” or “all others”
        found = lowest([team.counts for team in teams])
        return None if found is None else (teams[found.place], found)


@dataclass(frozen=True)
class LoopFigures:
    """What the follow-ups' side of the page shows."""

    paces: pace.Paces
    overdue: int
    recovery: recovery.Recovery
    outreach: Matched
    causes: tuple[loop_reports.Cause, ...]
    bars: tuple[loop_reports.Bar, ...]
    attributable: tuple[loop_reports.Part, ...]
    lessons: tuple[lesson_reports.LessonRow, ...]
    changes: tuple[lesson_reports.Change, ...] = ()

    @property
    def loop(self) -> loop_reports.Loop:
        return self.paces.whole.loop

    @property
    def events(self) -> tuple[trends.Event, ...]:
        """The changes that are drawn beside the score: so many that they can be told apart."""
        return tuple(trends.Event(one.on, one.text) for one in lesson_reports.most_seen(self.changes, DRAWN))


def survey_figures(chosen: Chosen, at: datetime, people: Collection[int] | None) -> SurveyFigures:
    """Everything of the survey; `people` are those whose own figures may be shown, None for all. A fixed number of
    statements for each of the tabs."""
    scope, today = chosen.scope, organisation.day_of(at)
    teams, funnel = reports.by_team(scope, at, limit=reports.MOST_ROWS)
    given, before = reports.given_in(scope, organisation.zone()), reports.counts_of(chosen.before())
    report = reports.report_of(scope, counts=given.counts, rows=teams)
    by = chosen.by if chosen.by in FIRST_CONTACT_BY else "team"
    first = reports.first_contacts(scope, by, only=people if by == "agent" else None)
    return SurveyFigures(
        report=report,
        before=before,
        change=compare(report.counts, before),
        apart=given.apart,
        funnel=funnel,
        weeks=reports.legible(given.weeks),
        teams=teams,
        segments=teams if chosen.by == "team" else _segments(chosen, people),
        movement=reports.movement(scope),
        topics=reports.by_topic(scope),
        first_contact=first.whole,
        first_contact_share=estimate(first.whole.gross),
        first_contact_by=by,
        first_contact_segments=first.segments,
        exceptions=first.exceptions,
        beside=_beside(report, first.whole, today),
    )


def _segments(chosen: Chosen, people: Collection[int] | None) -> tuple[reports.Segment, ...]:
    only = people if chosen.by == "agent" else None
    return reports.by(chosen.scope, chosen.by, limit=reports.MOST_ROWS, only=only)


def _beside(report: reports.NpsReport, first: reports.FirstContact, today: date) -> tuple[reports.Beside, ...]:
    return reports.beside({"nps": report.nps, "fcr_gross": first.gross, "fcr_net": first.net}, today)


def loop_figures(chosen: Chosen, at: datetime) -> LoopFigures:
    """Everything of the follow-ups. Ten statements."""
    selection, period = chosen.selection, chosen.period
    changes = lesson_reports.put_in_place(
        first=period.first, last=period.last, team=selection.team, product=selection.product
    )
    causes = loop_reports.by_cause(selection)
    return LoopFigures(
        paces=pace.paces(selection, at),
        overdue=loop_reports.overdue_count(selection, at),
        recovery=recovery.recovery(selection),
        outreach=recovery.outreach(selection),
        causes=causes,
        bars=loop_reports.pareto(causes),
        attributable=loop_reports.attributable(causes),
        lessons=lesson_reports.lessons(selection, limit=4, is_newest_first=True),
        changes=changes,
    )


def loop_figures_or_none(chosen: Chosen, at: datetime) -> LoopFigures | None:
    """Whatever becomes of the follow-ups' figures, the score is shown."""
    try:
        return loop_figures(chosen, at)
    except Exception:
        logger.exception("the figures of the follow-ups could not be read")
        return None
