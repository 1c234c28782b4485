"""What a signed-in person may see and do with follow-ups, as pages ask it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from followups.models import Confirmation, FollowUp
from nps import times
from nps.desk.access import reader
from nps.desk.models import Account, Customer, Ticket, User
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
    "about_by",
    "asked_again__response",
    "response__product",
    "response__resolution__ticket",
)


def follow_up_or_404(request: HttpRequest, pk: int) -> FollowUp:
    return get_object_or_404(FollowUp.objects.visible_to(reader(request)).select_related(*RELATED), pk=pk)


def visible_customers(user: User) -> QuerySet[Customer]:
    """Those with a ticket or a follow-up that the person sees; all for those who see everything."""
    customers = Customer.objects.select_related("account")
    if user.sees_everything:
        return customers
    tickets = Ticket.objects.visible_to(user).filter(customer=OuterRef("pk"))
    follow_ups = FollowUp.objects.visible_to(user).filter(customer=OuterRef("pk"))
    return customers.filter(Exists(tickets) | Exists(follow_ups))


def visible_accounts(user: User) -> QuerySet[Account]:
    """Those with a customer whom the person sees; all for those who see everything."""
    if user.sees_everything:
        return Account.objects.all()
    return Account.objects.filter(Exists(visible_customers(user).filter(account=OuterRef("pk"))))


class TakenMeanwhile(Conflict):
    """Somebody else has it now, so this person sees it no more."""

    code = "taken"

    def __init__(self, follow_up: FollowUp, at: datetime) -> None:
        super().__init__(_who_has(follow_up, at))
        self.follow_up = follow_up


def _who_has(follow_up: FollowUp, at: datetime) -> str:
    """“Tomas Berg took this 3 s ago.”"""
    since = follow_up.assigned_at
    if follow_up.assignee is None or since is None:
        return f"Nobody in {follow_up.team} has this follow-up now."
    verb = "took this" if follow_up.acknowledged_at == since else "was given this"
    seconds = (at - since).total_seconds()
    ago = "just now" if seconds < 1 else f"{seconds:.0f} s ago" if seconds < 60 else times.from_now(since - at)
    return f"{follow_up.assignee} {verb} {ago}."


def follow_up_to_act_on(request: HttpRequest, pk: int) -> FollowUp:
    """As follow_up_or_404; but whoever had it before their eyes a moment ago hears who has it now instead of “not
    found”: TakenMeanwhile for an act on one of their own teams', or on one that was theirs."""
    user = reader(request)
    # Asked once: one that is taken between two questions would be seen by neither.
    found = FollowUp.objects.visible_to(user).select_related(*RELATED).filter(pk=pk).first()
    if found is not None:
        return found
    if request.method == "POST" and (taken := in_reach_of(user, [pk]).first()) is not None:
        raise TakenMeanwhile(taken, timezone.now())
    raise Http404("There is no such follow-up.")


def in_reach_of(user: User, pks: list[int]) -> QuerySet[FollowUp]:
    """Those of `pks` of which this person may hear who has them: of their own teams', or once theirs. A row may come
    more than once."""
    was_theirs = Q(history__actor=user) | Q(history__detail__agent=user.pk)
    found = FollowUp.objects.filter(Q(team_id__in=user.team_ids) | was_theirs, pk__in=pks)
    return found.select_related("assignee", "team", "customer")


def sees(user: User, follow_up: FollowUp) -> bool:
    """As FollowUpQuerySet.visible_to, of a row at hand."""
    if user.sees_everything or follow_up.assignee_id == user.pk or follow_up.team_id in user.led_team_ids:
        return True
    return follow_up.assignee_id is None and follow_up.team_id in user.team_ids


def leads(user: User, follow_up: FollowUp) -> bool:
    """Whether the person may take a follow-up out of the queue or put it back: its lead, or a manager."""
    return user.is_manager or follow_up.team_id in user.led_team_ids


def may_give(user: User, follow_up: FollowUp, to: User) -> bool:
    """Agents pass on what is theirs and take what nobody has; who leads its team gives it to anybody."""
    is_claim = to.pk == user.pk and follow_up.assignee_id is None
    return is_claim or follow_up.assignee_id == user.pk or leads(user, follow_up)


@dataclass(frozen=True)
class May:
    """The acts that a page offers this person for this follow-up, in its present state; `asked` is the question that
    waits for a second person, if there is one."""

    work: bool
    claim: bool
    release: bool
    acknowledge: bool
    reopen: bool
    cancel: bool
    is_barred: bool
    decide: bool = False
    withdraw: bool = False
    say_about: bool = False

    @classmethod
    def of(cls, user: User, follow_up: FollowUp, asked: Confirmation | None = None) -> "May":
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
            decide=bool(
                asked
                and alive
                and leads(user, follow_up)
                and user.pk not in (asked.asked_by_id, follow_up.rated_agent_id)
            ),
            say_about=user.may_write and not is_barred and follow_up.status != FollowUp.Status.CANCELLED,
            withdraw=bool(asked and alive and user.pk in (asked.asked_by_id, follow_up.assignee_id)),
        )
