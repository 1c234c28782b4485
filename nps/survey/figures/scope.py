"""Which answers and resolutions are counted: the filters that every figure of the survey takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, tzinfo
from typing import Any

from django.db.models import QuerySet

from nps.desk.models import Account, Product, Resolution, Tag, Team, User
from nps.survey.models import Response, Survey

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

    def narrowed_by(self) -> Iterator[tuple[str, Any]]:
        """(filter, value) of every filter that narrows."""
        for name in PATHS:
            value = getattr(self, name)
            if value is not None and value != "":
                yield name, value

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
                return replace(self, since=datetime.combine(first, time(0), tzinfo=zone), until=self.since)
        return replace(self, since=self.since - (self.until - self.since), until=self.since)

    def responses(self) -> QuerySet[Response]:
        wanted = self.lookups({name: path for name, (path, _) in PATHS.items()})
        return Response.objects.filter(answered_at__gte=self.since, answered_at__lt=self.until, **wanted)

    def resolutions(self) -> QuerySet[Resolution]:
        """Those of the period; see figures/asked.py `followed` for what became of them."""
        wanted = self.lookups({name: path for name, (_, path) in PATHS.items()})
        return Resolution.objects.filter(resolved_at__gte=self.since, resolved_at__lt=self.until, **wanted)
