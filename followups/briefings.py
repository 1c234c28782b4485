"""What stands in a briefing: read when the mail is written, from the same functions as the dashboard."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from followups import reports
from followups.effect_reports import history
from followups.models import Briefing, FollowUp, Lesson, Measurement
from followups.notices import RHYTHMS
from followups.reports import Loop, Selection
from nps import organisation
from nps.desk.models import Membership, Team
from nps.survey.changes import Change, change_of
from nps.survey.figures.scope import Scope
from nps.survey.reports import DIMENSIONS, MOST_ROWS, NpsReport, by, report_of
from nps.survey.scoring import lowest

MOST_LESSONS = 5
#: where a low segment is looked for: among all teams for a manager, inside the team for its lead
WITHIN = {None: ("team", "product", "channel"), "team": ("product", "channel", "shift")}


@dataclass(frozen=True)
class Low:
    """The lowest of several, and whether that is more than chance."""

    heading: str
    name: str
    nps: float
    n: int
    words: str


@dataclass(frozen=True)
class Part:
    """The whole organisation (`team` is None) or one team."""

    team: Team | None
    report: NpsReport
    change: Change
    low: tuple[Low, ...]
    loop: Loop
    overdue: int
    nobodys: int
    learned: tuple[Lesson, ...]
    proven: tuple[tuple[Lesson, Measurement], ...]
    path: str

    @property
    def says_something(self) -> bool:
        return bool(self.report.counts.n or self.loop.created or self.is_open)

    @property
    def is_open(self) -> bool:
        return bool(self.overdue or self.nobodys or self.learned or self.proven)


@dataclass(frozen=True)
class Brief:
    briefing: Briefing
    teams: tuple[Team, ...]

    @cached_property
    def first(self) -> date:
        return self.briefing.day - timedelta(days=RHYTHMS[self.briefing.rhythm].days)

    @property
    def last(self) -> date:
        return self.briefing.day - timedelta(days=1)

    def parts(self, at: datetime) -> list[Part]:
        """The whole for a weekly one, else each team that the reader leads; those that say nothing are left out."""
        asked: tuple[Team | None, ...] = (None,) if self.briefing.rhythm == "weekly" else self.teams
        return [part for team in asked if (part := self._part(team, at)).says_something]

    def _part(self, team: Team | None, at: datetime) -> Part:
        zone = organisation.zone()
        since, until = (datetime.combine(day, time(0), tzinfo=zone) for day in (self.first, self.briefing.day))
        scope = Scope(since=since, until=until, team=team)
        selection = Selection.of(scope)
        report = report_of(scope)
        days = {"first": self.first, "last": self.last, **({"team": team.pk} if team else {})}
        return Part(
            team=team,
            report=report,
            change=change_of(scope, report.counts, zone),
            low=tuple(self._lowest(scope, WITHIN["team" if team else None])),
            loop=reports.loop(selection, at),
            overdue=reports.overdue_count(selection, at),
            nobodys=selection.without_period().follow_ups().filter(status=FollowUp.Status.OPEN).count(),
            learned=tuple(_meant_for(team).filter(created_at__gte=since, created_at__lt=until)[:MOST_LESSONS]),
            proven=tuple(self._proven(team)),
            path=f"{reverse('dashboard')}?{urlencode(days)}",
        )

    def _lowest(self, scope: Scope, dimensions: Iterable[str]) -> Iterable[Low]:
        for dimension in dimensions:
            segments = [one for one in by(scope, dimension, limit=MOST_ROWS) if one.key is not None]
            found = lowest([segment.counts for segment in segments])
            if found is not None:
                segment = segments[found.place]
                point = segment.nps.point or 0.0
                yield Low(DIMENSIONS[dimension], segment.name, point, segment.counts.n, found.words)

    def _proven(self, team: Team | None) -> Iterable[tuple[Lesson, Measurement]]:
        """Lessons whose effect was proven in these days for the first time since they were put in place."""
        lessons = _meant_for(team).filter(effect=Lesson.Effect.PROVEN)
        for lesson in lessons.prefetch_related("measurements"):
            runs = history(sorted(lesson.measurements.all(), key=lambda row: row.pk))
            if runs and self.first <= runs[0].first_on < self.briefing.day:
                yield lesson, runs[0].last


def _meant_for(team: Team | None) -> QuerySet[Lesson]:
    """Lessons of the team and of all teams; all of them for the whole."""
    rows = Lesson.objects.exclude(status=Lesson.Status.REJECTED).select_related("root_cause", "team")
    return (rows if team is None else rows.filter(Q(team=team) | Q(team__isnull=True))).order_by("-created_at", "-pk")


def load(ids: Iterable[int]) -> dict[int, Brief]:
    """Two statements for the whole batch; the figures are asked for when each is written."""
    briefings = Briefing.objects.select_related("user").in_bulk(list(ids))
    led: dict[int, list[Team]] = defaultdict(list)
    readers = {briefing.user_id for briefing in briefings.values()}
    for row in Membership.objects.filter(is_lead=True, user__in=readers).select_related("team").order_by("team__name"):
        led[row.user_id].append(row.team)
    return {pk: Brief(briefing, tuple(led[briefing.user_id])) for pk, briefing in briefings.items()}
