"""From a figure to exactly its rows: the address of the list that a selection counts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from followups.models import FollowUp
from followups.reports import Selection
from nps.managing import list_of


@dataclass(frozen=True)
class Links:
    """The list of follow-ups that a selection counts, and narrower ones."""

    selection: Selection

    def to(self, **narrower: Any) -> str:
        chosen = self.selection
        filters = {
            "opened_at__gte": stamp(chosen.since),
            "opened_at__lt": stamp(chosen.until),
            "team__id__exact": getattr(chosen.team, "pk", chosen.team),
            "response__product__id__exact": getattr(chosen.product, "pk", chosen.product),
            "response__channel__exact": chosen.channel or None,
            "status__exact": chosen.status or None,
            "outcome__exact": chosen.outcome or None,
            "cause": getattr(chosen.cause, "pk", chosen.cause),
        } | narrower
        return list_of(FollowUp, **{name: value for name, value in filters.items() if value is not None})

    def steps(self, **narrower: Any) -> dict[str, str]:
        """The lists behind each step of reports.Loop."""
        return {
            "created": self.to(**narrower),
            "assigned": self.to(assignee__isnull="False", state="kept", **narrower),
            "reached": self.to(contact="in_time", state="kept", **narrower),
            "closed": self.to(**{**narrower, "status__exact": "closed"}),
            "closed_in_time": self.to(**{**narrower, "status__exact": "closed", "closing": "in_time"}),
            "overdue": self.to(state="overdue", **narrower),
            "cancelled": self.to(**{**narrower, "status__exact": "cancelled"}),
        }


def stamp(at: datetime | None) -> str | None:
    """A time as the address of a list holds it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
