"""From each count of the figures to the list of exactly its rows, under the same filters."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from config.choosing import Chosen
from followups.admin.links import Links, as_filter, stamp
from nps.desk.models import Resolution
from nps.managing import list_of
from nps.survey.figures.first_contact import STATES
from nps.survey.figures.scope import PATHS, lookup
from nps.survey.models import Response

#: filter -> its lookup in the list of answers and in that of resolutions
LOOKUPS = {name: tuple(as_filter(name, path) for path in paths) for name, paths in PATHS.items()}
ANSWERS, RESOLUTIONS = 0, 1


def may_open(request: HttpRequest, chosen: Chosen) -> bool:
    """Whether the lists behind the counts would show this person all of their rows."""
    user: Any = request.user
    wanted = ("nps.view_response", "nps.view_resolution", "followups.view_followup")
    if not (user.is_staff and all(user.has_perm(one) for one in wanted)):
        return False
    return user.sees_everything or getattr(chosen.scope.team, "pk", None) in user.led_team_ids


@dataclass(frozen=True)
class Rows:
    """Addresses of lists; all of them "" where this person may not open them."""

    chosen: Chosen
    is_open: bool

    def answers(self, **narrower: Any) -> str:
        """The list of the answers that the score counts."""
        return self._list(Response, "answered_at", ANSWERS, narrower)

    def resolutions(self, **narrower: Any) -> str:
        """The list of the resolutions that the rates count; `asked` and `fcr` as its filters have them."""
        return self._list(Resolution, "resolved_at", RESOLUTIONS, narrower)

    def answers_of(self, dimension: str, key: Any) -> str:
        """The answers of one row of a breakdown."""
        return self.answers(**self._row(dimension, key, ANSWERS))

    def first_contacts_of(self, dimension: str, key: Any) -> dict[str, str]:
        """The tickets of one row of first contact resolution, by where they stand."""
        narrower = self._row(dimension, key, RESOLUTIONS)
        return {state: self.resolutions(fcr=state, **narrower) for state in ("assisted", "resolved", *STATES)}

    def responded_of(self, dimension: str, key: Any) -> dict[str, str]:
        """The resolutions of one row of a breakdown whose question was delivered, and those that were answered."""
        narrower = self._row(dimension, key, RESOLUTIONS)
        return {step: self.resolutions(asked=step, **narrower) for step in ("answered", "delivered")}

    def follow_ups(self, **narrower: Any) -> str:
        return Links(self.chosen.selection).to(**narrower) if self.is_open else ""

    def at_any_time(self, **narrower: Any) -> str:
        return Links(self.chosen.selection.without_period()).to(**narrower) if self.is_open else ""

    def steps(self, **narrower: Any) -> dict[str, str]:
        return Links(self.chosen.selection).steps(**narrower) if self.is_open else {}

    def _list(self, model: Any, moment: str, which: int, narrower: dict[str, Any]) -> str:
        if not self.is_open:
            return ""
        scope = self.chosen.scope
        filters: dict[str, Any] = {f"{moment}__gte": stamp(scope.since), f"{moment}__lt": stamp(scope.until)}
        wanted = scope.lookups({name: lookups[which] for name, lookups in LOOKUPS.items()})
        filters |= {name: getattr(value, "pk", value) for name, value in wanted.items()}
        return list_of(model, **filters | narrower)

    @staticmethod
    def _row(dimension: str, key: Any, which: int) -> dict[str, Any]:
        if key is not None:
            return {lookup(dimension, LOOKUPS[dimension][which], key): key}
        if dimension in ("channel", "shift"):
            return {f"{'channel' if dimension == 'channel' else 'shift_name'}__exact": ""}
        path = LOOKUPS[dimension][which].removesuffix("__id__exact")
        return {f"{path}__isnull": "True"}
