"""What a signed-in person may see and do with follow-ups, as pages ask it."""

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from followups.models import FollowUp
from nps.desk.access import reader
from nps.desk.models import User
from nps.errors import Conflict

#: Everything one follow-up's page shows of other rows, in one statement.
RELATED = (
    "customer__account",
    "account",
    "team",
    "policy",
    "assignee",
    "rated_agent",
    "closed_by",
    "confirmed_by",
    "root_cause",
    "lesson",
    "response__product",
    "response__resolution__ticket",
)


def follow_up_or_404(request: HttpRequest, pk: int) -> FollowUp:
    return get_object_or_404(FollowUp.objects.visible_to(reader(request)).select_related(*RELATED), pk=pk)


class TakenMeanwhile(Conflict):
    """Somebody else has it now, so this person sees it no more."""

    code = "taken"

    def __init__(self, follow_up: FollowUp) -> None:
        holder = follow_up.assignee or f"Nobody in {follow_up.team}"
        super().__init__(f"{holder} has this follow-up now.")
        self.follow_up = follow_up


def follow_up_to_act_on(request: HttpRequest, pk: int) -> FollowUp:
    """As follow_up_or_404; but whoever had it before their eyes a moment ago hears who has it now instead of “not
    found”: TakenMeanwhile for an act on one of their own teams', or on one that was theirs."""
    user = reader(request)
    if request.method == "POST" and not FollowUp.objects.visible_to(user).filter(pk=pk).exists():
        was_theirs = Q(history__actor=user) | Q(history__detail__agent=user.pk)
        in_reach = FollowUp.objects.filter(Q(team_id__in=user.team_ids) | was_theirs, pk=pk)
        taken = in_reach.select_related("assignee", "team").first()
        if taken is not None:
            raise TakenMeanwhile(taken)
    return follow_up_or_404(request, pk)


def sees(user: User, follow_up: FollowUp) -> bool:
    """As FollowUpQuerySet.visible_to, of a row at hand."""
    if user.sees_everything or follow_up.assignee_id == user.pk or follow_up.team_id in user.led_team_ids:
        return True
    return follow_up.assignee_id is None and follow_up.team_id in user.team_ids


def leads(user: User, follow_up: FollowUp) -> bool:
    """Whether the person may take a follow-up out of the queue or put it back: its lead, or a manager."""
    return user.is_manager or follow_up.team_id in user.led_team_ids


@dataclass(frozen=True)
class May:
    """The acts that a page offers this person for this follow-up, in its present state."""

    work: bool
    claim: bool
    release: bool
    acknowledge: bool
    reopen: bool
    cancel: bool
    is_barred: bool

    @classmethod
    def of(cls, user: User, follow_up: FollowUp) -> "May":
        alive = follow_up.is_unclosed and user.may_write
        is_barred = follow_up.rated_agent_id == user.pk and not follow_up.policy.allows_rated_agent
        is_mine = follow_up.assignee_id == user.pk
        is_open = follow_up.status == FollowUp.Status.OPEN
        return cls(
            work=alive and not is_barred,
            claim=alive and is_open and not is_barred,
            release=alive and not is_open and not is_barred,
            acknowledge=alive and is_mine and follow_up.acknowledged_at is None,
            reopen=not follow_up.is_unclosed and user.may_write and leads(user, follow_up) and not is_barred,
            cancel=alive and leads(user, follow_up) and not is_barred,
            is_barred=is_barred,
        )
