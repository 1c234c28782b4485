"""Change the rules for what comes next. A version that follow-ups were opened under stays as it was."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from followups.models import Policy
from followups.rules import THRESHOLD
from nps.desk.models import Team, User
from nps.errors import Conflict, InvalidInput
from nps.remembered import Remembered

#: what a manager decides; the rest of a policy says which version it is and whose
RULES = (
    "name",
    "min_score",
    "max_score",
    "covers_key_accounts",
    "first_contact_hours",
    "close_days",
    "attempts_needed",
    "attempt_days_needed",
    "channels_needed",
    "next_try_hours",
    "second_clock_hours",
    "most_hand_overs",
    "tells_lead_at_once",
    "allows_rated_agent",
    "uses_any_team",
)


def revise(
    *,
    policy: Policy,
    changes: dict[str, Any],
    by: User,
    at: datetime,
    fallback_teams: Iterable[Team] | None = None,
) -> Policy:
    """A new current version of `policy` with `changes` (see RULES); the one it came from stands, no longer current.

    `fallback_teams` None keeps those it had. Conflict if somebody else revised it first; InvalidInput for a name that
    is no rule."""
    for name in changes:
        if name not in RULES:
            raise InvalidInput(f"{name} is nothing a policy decides; it decides {', '.join(RULES)}.", field=name)
    rules = {name: changes.get(name, getattr(policy, name)) for name in RULES}
    teams = list(policy.fallback_teams.all() if fallback_teams is None else fallback_teams)
    with transaction.atomic():
        if not Policy.objects.filter(pk=policy.pk, is_current=True).update(is_current=False):
            raise Conflict("This policy was revised or retired meanwhile; look at its current version first.")
        latest = Policy.objects.filter(slug=policy.slug).aggregate(latest=Max("version"))["latest"]
        revised = Policy.objects.create(
            slug=policy.slug, version=latest + 1, is_current=True, created_at=at, created_by=by, **rules
        )
        revised.fallback_teams.set(teams)
    Remembered.forget_all()
    return revised


def add(*, slug: str, rules: dict[str, Any], by: User, at: datetime, fallback_teams: Iterable[Team] = ()) -> Policy:
    """The first version of a policy for more scores. Conflict if the slug is taken."""
    with transaction.atomic():
        if Policy.objects.filter(slug=slug).exists():
            raise Conflict(f"There is a policy “{slug}” already; revise it instead.", field="slug")
        policy = Policy.objects.create(slug=slug, created_at=at, created_by=by, **rules)
        policy.fallback_teams.set(fallback_teams)
    Remembered.forget_all()
    return policy


def retire(*, policy: Policy) -> bool:
    """No new follow-up falls under it. False if it was not current; Conflict for the last one, which has to stay."""
    with transaction.atomic():
        if not Policy.objects.current().exclude(pk=policy.pk).exists():
            raise Conflict("This is the only policy; add another before retiring it.")
        retired = Policy.objects.filter(pk=policy.pk, is_current=True).update(is_current=False)
    Remembered.forget_all()
    return bool(retired)


def uncovered_scores() -> list[int]:
    """Scores up to the threshold that no current policy names; the strictest one stands in for them."""
    bands = list(Policy.objects.current().values_list("min_score", "max_score"))
    return [score for score in range(THRESHOLD + 1) if not any(low <= score <= high for low, high in bands)]
