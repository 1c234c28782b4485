"""From a figure to exactly its rows: the address of the list that a selection counts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from followups.models import FollowUp
from followups.reports import PATHS, Selection
from nps.managing import list_of

#: filters whose value is a row
ROWS = ("team", "product", "agent", "account", "survey", "tag")


def as_filter(name: str, path: str) -> str:
    """How a list of Django admin calls the filter `name` of the figures along `path`."""
    return f"{path}__id__exact" if name in ROWS else f"{path}__exact" if name == "channel" else path


FILTERS = {name: as_filter(name, path) for name, path in PATHS.items()}


@dataclass(frozen=True)
class Links:
    """The list of follow-ups that a selection counts, and narrower ones."""

    selection: Selection

    def to(self, **narrower: Any) -> str:
        chosen = self.selection
        filters = {
            "opened_at__gte": stamp(chosen.since),
            "opened_at__lt": stamp(chosen.until),
            "status__exact": chosen.status or None,
            "outcome__exact": chosen.outcome or None,
            "cause": chosen.cause,
            **chosen.lookups(FILTERS),
        } | narrower
        told = {name: getattr(value, "pk", value) for name, value in filters.items() if value is not None}
        return list_of(FollowUp, **told)

    def steps(self, **narrower: Any) -> dict[str, str]:
        """The lists behind each step of reports.Loop."""
        return {
            "created": self.to(**narrower),
            "kept": self.to(state="kept", **narrower),
            **{
                name: self.to(pace=name, **narrower) for name in ("assigned_due", "contact_due", "close_due", "reached")
            },
            "assigned_in_time": self.to(pace="assigned_in_time", **narrower),
            "assigned": self.to(assignee__isnull="False", state="kept", **narrower),
            "reached_in_time": self.to(contact="in_time", state="kept", **narrower),
            "closed": self.to(**{**narrower, "status__exact": "closed"}),
            "closed_in_time": self.to(**{**narrower, "status__exact": "closed", "closing": "in_time"}),
            "overdue": self.to(state="overdue", **narrower),
            "cancelled": self.to(**{**narrower, "status__exact": "cancelled"}),
        }


def stamp(at: datetime | None) -> str | None:
    """A time as the address of a list holds it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
