"""Has every low score its follow-up, and every follow-up somebody? For /readyz and the operators' page. Read only."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q

from followups.models import FollowUp
from followups.rules import THRESHOLD
from followups.services.opening import missing
from nps.survey.models import Response


@dataclass(frozen=True)
class Unassigned:
    """Follow-ups that nobody has, and how many of them nobody could be given at the last look."""

    count: int
    nobody_eligible: int


def unassigned() -> Unassigned:
    """One statement."""
    counts = FollowUp.objects.waiting().aggregate(
        count=Count("pk"), nobody_eligible=Count("pk", filter=Q(has_nobody_eligible=True))
    )
    return Unassigned(**counts)


def nobody_eligible(limit: int) -> list[FollowUp]:
    """Follow-ups that nobody could be given at the last look, the longest waiting first. One statement."""
    flagged = FollowUp.objects.waiting().filter(has_nobody_eligible=True)
    return list(flagged.select_related("customer", "team").order_by("opened_at", "pk")[:limit])


def missing_count() -> int:
    """Scores of 8 or below given to this product that have no follow-up: 0, or a wire is broken."""
    return missing().count()


@dataclass(frozen=True)
class Audit:
    """“Scores of 8 or below = follow-ups”: answers given to this product that need one, those that have one, and
    follow-ups that have not learnt what their answer was changed to."""

    low: int
    followed: int
    stale: int

    @property
    def missing(self) -> int:
        return self.low - self.followed


def audit() -> Audit:
    """Two statements."""
    theirs = FollowUp.objects.filter(response=OuterRef("pk"))
    low = Response.objects.live().filter(score__lte=THRESHOLD)
    counts = low.aggregate(low=Count("pk"), followed=Count("pk", filter=Exists(theirs)))
    return Audit(**counts, stale=FollowUp.objects.exclude(score=F("response__score")).count())


def missing_answers(limit: int) -> list[Response]:
    """The answers behind `Audit.missing`, the oldest first. One statement."""
    return list(missing().select_related("customer", "team").order_by("answered_at", "pk")[:limit])
