"""Promises kept and broken, by team and by whoever owns them. They write nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from followups.lesson_reports import PROMISE_STATES, Promises, promised
from followups.models import Promise
from nps.desk.models import User


def visible_to(user: User) -> QuerySet[Promise]:
    """Agents: those they own or have to see to. Leads: their teams' too. Managers and auditors: all."""
    if user.sees_everything:
        return Promise.objects.all()
    mine = Q(owner=user) | Q(follow_up__assignee=user)
    if user.led_team_ids:
        mine |= Q(follow_up__team_id__in=user.led_team_ids)
    return Promise.objects.filter(mine)


@dataclass(frozen=True)
class Kept:
    """One team or person. `settled`: kept or broken, which is what the share kept is of."""

    key: int | None
    name: str
    figures: Promises

    @property
    def settled(self) -> int:
        return self.figures.kept + self.figures.broken


def _counts(on: date) -> dict[str, Count]:
    return {state: Count("pk", filter=promised(state, on)) for state in PROMISE_STATES}


def total(promises: QuerySet[Promise], *, on: date) -> Promises:
    """One statement."""
    return Promises(**promises.order_by().aggregate(**_counts(on)))


def by_team(promises: QuerySet[Promise], *, on: date) -> tuple[Kept, ...]:
    """By the team that owns the follow-up, by name. One statement."""
    rows = promises.order_by().values("follow_up__team_id", "follow_up__team__name").annotate(**_counts(on))
    return _sorted(Kept(row["follow_up__team_id"], row["follow_up__team__name"], _figures(row)) for row in rows)


def by_owner(promises: QuerySet[Promise], *, on: date) -> tuple[Kept, ...]:
    """By whoever is to keep it, by name and never by how many: no ranking. Two statements."""
    rows = list(promises.order_by().values("owner_id").annotate(**_counts(on)))
    people = User.objects.in_bulk([row["owner_id"] for row in rows])
    return _sorted(Kept(row["owner_id"], str(people[row["owner_id"]]), _figures(row)) for row in rows)


def _figures(row: Mapping[str, Any]) -> Promises:
    return Promises(**{state: row[state] for state in PROMISE_STATES})


def _sorted(rows: Iterable[Kept]) -> tuple[Kept, ...]:
    return tuple(sorted(rows, key=lambda one: (one.name.casefold(), one.key or 0)))


def in_state(promises: QuerySet[Promise], state: str, *, on: date) -> QuerySet[Promise]:
    """With what a list shows: those due soonest first, settled ones by their day, newest first."""
    rows = promises.filter(promised(state, on)) if state else promises
    order = ("-due_on", "-pk") if state in ("kept", "broken") else ("due_on", "pk")
    return rows.select_related("owner", "follow_up__team", "follow_up__customer", "follow_up__account").order_by(*order)
