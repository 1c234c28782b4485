"""Who could be given a follow-up right now: members, shifts, absences and load, read once for a batch."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery

from followups.models import FollowUp, Policy
from followups.rules import Candidate, pick_agent
from nps.desk.hours import Away, ShiftPattern, current_window, next_start
from nps.desk.models import Absence, Membership, Shift, User


class Roster:
    """A snapshot at one moment. `choose` counts what it hands out, so that a batch is spread evenly."""

    def __init__(self, candidates: Iterable[Candidate], people: Iterable[User]) -> None:
        self._candidates = list(candidates)
        self._people = {person.pk: person for person in people}

    @classmethod
    def load(cls, *, at: datetime) -> "Roster":
        """Everybody who takes outreach, with their shifts at `at` (UTC). Five statements, whatever the number."""
        members = list(
            Membership.objects.filter(takes_outreach=True, user__is_active=True, team__is_active=True)
            .select_related("user")
            .order_by("pk")
        )
        user_ids = {member.user_id for member in members}
        patterns: dict[int, list[ShiftPattern]] = defaultdict(list)
        for shift in Shift.objects.filter(user_id__in=user_ids):
            patterns[shift.user_id].append(shift.pattern())
        aways: dict[int, list[Away]] = defaultdict(list)
        for absence in Absence.objects.ending_after(at).filter(user_id__in=user_ids):
            aways[absence.user_id].append(absence.away())
        held = FollowUp.objects.filter(assignee_id__in=user_ids)
        loads = dict(held.unclosed().values_list("assignee_id").annotate(Count("pk")))
        mine = FollowUp.objects.filter(assignee=OuterRef("pk"), assigned_at__isnull=False)
        newest = Subquery(mine.order_by("-assigned_at").values("assigned_at")[:1])
        latest = dict(User.objects.filter(pk__in=user_ids).values_list("pk", newest))
        presence = {pk: _presence(patterns[pk], aways[pk], pk, at) for pk in user_ids}
        candidates = (
            Candidate(
                user_id=member.user_id,
                team_id=member.team_id,
                is_on_shift=presence[member.user_id][0],
                shift_starts_at=presence[member.user_id][1],
                languages=frozenset(member.user.languages or ()),
                open_load=loads.get(member.user_id, 0),
                idle_since=latest.get(member.user_id),
            )
            for member in members
        )
        return cls(candidates, (member.user for member in members))

    def choose(
        self, follow_up: FollowUp, policy: Policy, *, at: datetime, is_on_shift: bool = False
    ) -> Candidate | None:
        """Who gets it by the rules of rules.pick_agent; the rated agent never does unless the policy allows it. With
        `is_on_shift`, only who is at work now, and not whoever has it already."""
        if policy.uses_any_team:
            fallback = tuple(sorted({c.team_id for c in self._candidates} - {follow_up.team_id}))
        else:
            fallback = tuple(team.pk for team in policy.fallback_teams.all())
        barred = set()
        if follow_up.rated_agent_id is not None and not policy.allows_rated_agent:
            barred.add(follow_up.rated_agent_id)
        candidates = self._candidates
        if is_on_shift:
            candidates = [c for c in candidates if c.is_on_shift and c.user_id != follow_up.assignee_id]
        chosen = pick_agent(
            candidates,
            owning_team_id=follow_up.team_id,
            fallback_team_ids=fallback,
            language=follow_up.language,
            barred_user_ids=frozenset(barred),
        )
        if chosen is not None:
            self._count(chosen.user_id, at)
        return chosen

    def person(self, user_id: int) -> User:
        """One of those it knows, as read for this roster."""
        return self._people[user_id]

    def on_shift_ids(self) -> set[int]:
        """Everybody at work now."""
        return {c.user_id for c in self._candidates if c.is_on_shift}

    def next_start(self, user_id: int) -> datetime | None:
        starts = [c.shift_starts_at for c in self._candidates if c.user_id == user_id and c.shift_starts_at]
        return min(starts, default=None)

    def _count(self, user_id: int, at: datetime) -> None:
        self._candidates = [
            replace(c, open_load=c.open_load + 1, idle_since=at) if c.user_id == user_id else c
            for c in self._candidates
        ]


def _presence(
    patterns: list[ShiftPattern], aways: list[Away], user_id: int, at: datetime
) -> tuple[bool, datetime | None]:
    if current_window(patterns, aways, user_id, at) is not None:
        return True, None
    return False, next_start(patterns, aways, user_id, at)
