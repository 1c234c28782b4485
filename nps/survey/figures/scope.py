"""Which answers and resolutions are counted: the filters that every figure of the survey takes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, tzinfo
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.db.models.functions import TruncDate

from nps import kept_days
from nps.desk.models import Account, Product, Resolution, Tag, Team, User
from nps.kept_days import Days, Span
from nps.survey.models import Response, Survey

N = TypeVar("N", bound="Narrowing")

#: contacts and hand-overs from here on are one group: "4 or more"
MOST = 4

#: filter -> (where it is on an answer, where it is on a resolution). Answers carry a copy of most of the snapshot.
PATHS = {
    "team": ("team", "team"),
    "product": ("product", "product"),
    "agent": ("agent", "agent"),
    "channel": ("channel", "channel"),
    "shift": ("shift_name", "shift_name"),
    "account": ("account", "account"),
    "survey": ("survey", "decision__survey"),
    "tag": ("resolution__ticket__tags", "ticket__tags"),
    "contacts": ("resolution__contacts", "contacts"),
    "handovers": ("resolution__handovers", "handovers"),
}


#: a page narrowed by one of these keeps days of its own: there are few of each
KEPT_BY = frozenset({"team", "product", "channel", "shift", "survey"})
#: filters that are a number, of which MOST stands for itself and more
NUMBERS = ("contacts", "handovers")


def lookup(name: str, path: str, value: Any) -> str:
    """The lookup along `path` of the filter `name` with that value."""
    return f"{path}__gte" if name in NUMBERS and value >= MOST else path


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """Of the given team and so on as they were at the resolution. None and "" do not narrow. `contacts` and
    `handovers`: as many, 4 for 4 or more."""

    team: Team | int | None = None
    product: Product | int | None = None
    agent: User | int | None = None
    channel: str = ""
    shift: str = ""
    account: Account | int | None = None
    survey: Survey | int | None = None
    tag: Tag | int | None = None
    contacts: int | None = None
    handovers: int | None = None
    #: days whose counts are kept, and the part of the period that is to be counted: see kept
    days: Days | None = field(default=None, compare=False, repr=False)
    spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)

    def narrowed_by(self) -> Iterator[tuple[str, Any]]:
        """(filter, value) of every filter that narrows."""
        for name in PATHS:
            value = getattr(self, name)
            if value is not None and value != "":
                yield name, value

    @property
    def narrowing(self) -> str:
        """The same as a key: what differs here differs there."""
        return repr([(name, getattr(value, "pk", value)) for name, value in self.narrowed_by()])

    def during(self, time: str, since: datetime | None, until: datetime | None) -> Q:
        """Those whose `time` is in the period, or in the spans of it that are to be counted."""
        spans = self.spans or ((since, until),)
        return Q(*(_between(time, *span) for span in spans), _connector=Q.OR)

    def lookups(self, paths: Mapping[str, str]) -> dict[str, Any]:
        """What narrows, as lookups along the path of each filter."""
        return {lookup(name, paths[name], value): value for name, value in self.narrowed_by()}


@dataclass(frozen=True)
class Scope(Narrowing):
    """Which answers and resolutions: from `since` to before `until` (aware), narrowed."""

    since: datetime
    until: datetime

    def before(self, zone: tzinfo | None = None) -> "Scope":
        """The same scope in the period of the same length that ends where this one begins: as many days of `zone` where
        it begins and ends at midnight there (an hour that DST takes or gives is no day's fault), else as many hours."""
        if zone is not None:
            since, until = self.since.astimezone(zone), self.until.astimezone(zone)
            if since.time() == until.time() == time(0):
                first = since.date() - (until.date() - since.date())
                since = datetime.combine(first, time(0), tzinfo=zone)
                return replace(self, since=since, until=self.since, days=None)
        return replace(self, since=self.since - (self.until - self.since), until=self.since, days=None)

    def responses(self) -> QuerySet[Response]:
        wanted = self.lookups({name: path for name, (path, _) in PATHS.items()})
        return Response.objects.filter(self.during("answered_at", self.since, self.until), **wanted)

    def resolutions(self) -> QuerySet[Resolution]:
        """Those of the period; see figures/asked.py `followed` for what became of them."""
        wanted = self.lookups({name: path for name, (_, path) in PATHS.items()})
        return Resolution.objects.filter(self.during("resolved_at", self.since, self.until), **wanted)

    @property
    def earliest(self) -> datetime:
        """Where what is to be counted begins."""
        return self.spans[0][0] if self.spans else self.since

    def keeping_days(self) -> "Scope":
        """The same, counting no day again that has not changed since it was counted. One statement, or none. Narrowed
        by more than one filter, or by one of which there are many, it is small, and every day is counted."""
        narrowed = [name for name, _ in self.narrowed_by()]
        if narrowed[1:] or not KEPT_BY.issuperset(narrowed) or not kept_days.is_available():
            return self
        return replace(self, days=Days(self.since, self.until))


def kept(
    scope: N, figure: str, time: str, ask: Callable[..., Iterable[Mapping[str, Any]]]
) -> Iterable[Mapping[str, Any]]:
    """The rows of `ask(scope)`, a figure that is a sum over the days of `time`: of a scope that keeps days, those of
    the days that have changed, by `ask(narrower scope, day=…)`, and those that are kept of the others."""
    if scope.days is None:
        return ask(scope)

    def counted(spans: tuple[Span, ...], is_by_day: bool) -> Iterable[Mapping[str, Any]]:
        by_day = {"day": TruncDate(time, tzinfo=UTC)} if is_by_day else {}
        return ask(replace(scope, days=None, spans=spans), **by_day)

    return scope.days.rows(figure, scope.narrowing, counted)


def _between(time: str, since: datetime | None, until: datetime | None) -> Q:
    bounds = {f"{time}__gte": since, f"{time}__lt": until}
    return Q(**{lookup: moment for lookup, moment in bounds.items() if moment is not None})
