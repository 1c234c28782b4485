"""Whom to tell about a follow-up, through the outbox."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from followups.models import FollowUp, HeldNotice, NoticeChoice
from followups.notices import kind_of
from followups.services.moving import record
from nps.desk.models import User
from nps.desk.models.users import Role
from nps.outbox.services.enqueueing import enqueue, enqueue_all

ASSIGNED = "followups.assigned"
REPEAT_WINDOW = timedelta(days=180)
REPEAT_SCORE = 6
Way = NoticeChoice.Way


def tell_assignee(follow_up: FollowUp, agent: User, at: datetime, *, purpose: str = ASSIGNED) -> None:
    """Let whoever has it now know, in the way they chose."""
    tell([agent], follow_up, purpose=purpose, at=at, priority=3)


def tell_assignees(given: Sequence[tuple[FollowUp, User]], at: datetime) -> None:
    """As tell_assignee, of many follow-ups. At most three statements."""
    kind = kind_of(ASSIGNED)
    ways = _ways({agent for _, agent in given}, kind)
    HeldNotice.objects.bulk_create(
        HeldNotice(user=agent, kind=kind, follow_up=follow_up, at=at)
        for follow_up, agent in given
        if ways.get(agent.pk) == Way.DIGEST
    )
    mailed = [(one, who) for one, who in given if ways.get(who.pk, Way.AT_ONCE) == Way.AT_ONCE and who.email]
    enqueue_all(
        purpose=ASSIGNED,
        recipients={follow_up.pk: agent.email for follow_up, agent in mailed},
        keys={follow_up.pk: _key(follow_up, agent) for follow_up, agent in mailed},
        at=at,
        priority=3,
    )


def to_tell_leads_of(follow_ups: Sequence[FollowUp]) -> list[FollowUp]:
    """Those of which tell_lead_at_once may have something to say. One statement."""
    low = [one for one in follow_ups if one.score <= REPEAT_SCORE]
    earlier = defaultdict(list)
    if low:
        others = FollowUp.objects.filter(
            customer__in={one.customer_id for one in low},
            score__lte=REPEAT_SCORE,
            opened_at__gt=min(one.opened_at for one in low) - REPEAT_WINDOW,
        )
        for customer_id, opened_at in others.values_list("customer_id", "opened_at"):
            earlier[customer_id].append(opened_at)
    return [
        one
        for one in follow_ups
        if one.is_repeat_detractor
        or one.policy.tells_lead_at_once
        or (
            one.score <= REPEAT_SCORE
            and any(one.opened_at - REPEAT_WINDOW < at < one.opened_at for at in earlier[one.customer_id])
        )
    ]


def tell_lead_at_once(follow_up: FollowUp, at: datetime) -> None:
    """A repeat detractor, or a policy that says so: a lead hears of it now, not when it is late. Once, whoever has it
    later. Every way out of “nobody's yet” calls this, and so does finding nobody."""
    is_repeat = follow_up.is_repeat_detractor or _is_repeat(follow_up)
    if not (is_repeat or follow_up.policy.tells_lead_at_once):
        return
    if follow_up.history.filter(verb="tell_lead").exists():
        return
    if is_repeat and not follow_up.is_repeat_detractor:
        FollowUp.objects.filter(pk=follow_up.pk).update(is_repeat_detractor=True)
        follow_up.is_repeat_detractor = True
    told = tell_leads(follow_up, purpose="followups.told_at_once", at=at)
    why = "a second score of 6 or below within 180 days" if is_repeat else "as the policy asks"
    record(follow_up, "tell_lead", at=at, sentence=f"Told {told}, {why}." if told else f"No lead to tell, {why}.")


def _is_repeat(follow_up: FollowUp) -> bool:
    """Whether the same customer gave such a score before, within the time that makes it a pattern."""
    if follow_up.score > REPEAT_SCORE:
        return False
    earlier = FollowUp.objects.filter(
        customer_id=follow_up.customer_id,
        score__lte=REPEAT_SCORE,
        opened_at__gt=follow_up.opened_at - REPEAT_WINDOW,
        opened_at__lt=follow_up.opened_at,
    )
    return earlier.exclude(pk=follow_up.pk).exists()


def tell_leads(follow_up: FollowUp, *, purpose: str, at: datetime) -> str:
    """Tell the leads of the owning team (managers where it has none); their names, or nothing."""
    leads = list(
        User.objects.filter(memberships__team_id=follow_up.team_id, memberships__is_lead=True, is_active=True).order_by(
            "pk"
        )
    )
    return tell(leads, follow_up, purpose=purpose, at=at) if leads else tell_managers(follow_up, purpose=purpose, at=at)


def tell_managers(follow_up: FollowUp, *, purpose: str, at: datetime) -> str:
    """Tell every active manager; their names, or nothing."""
    managers = User.objects.filter(Q(groups__name=Role.MANAGER), is_active=True).distinct().order_by("pk")
    return tell(list(managers), follow_up, purpose=purpose, at=at)


def tell(people: list[User], follow_up: FollowUp, *, purpose: str, at: datetime, priority: int = 2) -> str:
    """Each in the way they chose for this kind: a mail at once, a line in the digest of their next shift, or nothing.
    Their names, with whoever will not read of it marked; nothing where there is nobody. One statement and one more for
    each person."""
    kind = kind_of(purpose)
    ways = _ways(people, kind)
    for person in people:
        way = ways.get(person.pk, Way.AT_ONCE)
        if way == Way.DIGEST:
            HeldNotice.objects.create(user=person, kind=kind, follow_up=follow_up, at=at)
        elif way == Way.AT_ONCE and person.email:
            enqueue(
                purpose=purpose,
                subject_id=follow_up.pk,
                recipient=person.email,
                at=at,
                key=_key(follow_up, person),
                priority=priority,
            )
    return " and ".join(f"{one}{' (mails of this kind off)' if ways.get(one.pk) == Way.OFF else ''}" for one in people)


def _ways(people: Iterable[User], kind: str) -> dict[int, str]:
    """How each of them wants to hear of this kind, where they chose."""
    return dict(NoticeChoice.objects.filter(user__in=people, kind=kind).values_list("user_id", "way"))


def _key(follow_up: FollowUp, person: User) -> str:
    """One mail for each person and each state of the follow-up."""
    return f"u{person.pk}v{follow_up.version}"
