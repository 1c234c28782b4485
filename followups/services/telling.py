"""Whom to tell about a follow-up, through the outbox."""

from datetime import datetime

from django.db.models import Q

from followups.models import FollowUp
from nps.desk.models import User
from nps.desk.models.users import Role
from nps.outbox.services.enqueueing import enqueue


def tell_leads(follow_up: FollowUp, *, purpose: str, at: datetime) -> str:
    """Mail the leads of the owning team (managers where it has none); their names, or nothing."""
    leads = list(
        User.objects.filter(memberships__team_id=follow_up.team_id, memberships__is_lead=True, is_active=True).order_by(
            "pk"
        )
    )
    return _tell(leads, follow_up, purpose, at) if leads else tell_managers(follow_up, purpose=purpose, at=at)


def tell_managers(follow_up: FollowUp, *, purpose: str, at: datetime) -> str:
    """Mail every active manager; their names, or nothing."""
    managers = User.objects.filter(Q(groups__name=Role.MANAGER), is_active=True).distinct().order_by("pk")
    return _tell(list(managers), follow_up, purpose, at)


def _tell(people: list[User], follow_up: FollowUp, purpose: str, at: datetime) -> str:
    for person in people:
        if person.email:
            enqueue(
                purpose=purpose,
                subject_id=follow_up.pk,
                recipient=person.email,
                at=at,
                key=f"u{person.pk}v{follow_up.version}",
                priority=2,
            )
    return " and ".join(str(person) for person in people)
