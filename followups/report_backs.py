"""Who would be told that something was changed, and who not, and why. Read only."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Lower

from followups.letters import THE_CUSTOMER, unwanted
from followups.models import FollowUp, Lesson, Outcome, ReportBack, ReportBackMail
from nps import organisation
from nps.desk.models import User
from nps.survey.models import Invitation, Suppression
from nps.survey.wording import LANGUAGES, words_in

SHOWN = 20


@dataclass(frozen=True)
class Listener:
    """One customer with the answer that the mail would speak of; `why_not` is empty for whoever gets it."""

    follow_up: FollowUp
    language: str
    why_not: str


@dataclass(frozen=True)
class Audience:
    """Everybody whom a lesson concerns, by name."""

    listeners: list[Listener]

    @cached_property
    def told(self) -> list[Listener]:
        return [one for one in self.listeners if not one.why_not]

    @cached_property
    def not_told(self) -> list[Listener]:
        return [one for one in self.listeners if one.why_not]

    @property
    def languages(self) -> dict[str, int]:
        """code -> how many would be told in it, in the order of the language menu."""
        spoken = [one.language for one in self.told]
        return {code: spoken.count(code) for code in LANGUAGES if code in spoken}

    @property
    def mark(self) -> str:
        """The same for the same people: whether somebody else would be told than was shown."""
        people = ",".join(str(one.follow_up.customer_id) for one in self.told)
        return hashlib.sha256(people.encode()).hexdigest()[:16]

    def in_languages(self, codes: Collection[str]) -> "Audience":
        """Nobody is told in a language in which nothing was written."""
        return Audience([_only_in(one, codes) for one in self.listeners])


def _only_in(one: Listener, codes: Collection[str]) -> Listener:
    if one.why_not or one.language in codes:
        return one
    return Listener(one.follow_up, one.language, f"Nothing is written in {LANGUAGES[one.language].own_name}.")


def audience_of(lesson: Lesson, whom: str, at: datetime) -> Audience:
    """Each customer once, with their latest answer; those whose answer carried the lesson with that one. One
    statement."""
    rows = _with_facts(_concerned(lesson, whom), customer="customer", address="customer__email").annotate(
        told_before=Subquery(
            ReportBackMail.objects.filter(lesson=lesson, customer=OuterRef("customer")).values(
                word=Case(When(stopped_at__isnull=True, then=Value("told")), default=Value("stopped"))
            )[:1]
        )
    )
    of_customer: dict[int, FollowUp] = {}
    for row in rows.order_by(Case(When(lesson=lesson, then=0), default=1), "-response__answered_at", "-pk"):
        of_customer.setdefault(row.customer_id, row)
    people = sorted(of_customer.values(), key=lambda row: (row.customer.name, row.customer_id))
    return Audience([_listener(row, lesson, at) for row in people])


def _concerned(lesson: Lesson, whom: str) -> QuerySet[FollowUp]:
    concerned = Q(lesson=lesson)
    if whom == ReportBack.Whom.CAUSE:
        same = Q(root_cause=lesson.root_cause_id)
        if lesson.team_id:
            same &= Q(team=lesson.team_id)
        if lesson.product_id:
            same &= Q(response__product=lesson.product_id)
        concerned |= same
    rows = FollowUp.objects.filter(concerned, status=FollowUp.Status.CLOSED)
    return rows.select_related("customer", "account", "response__invitation__survey", "response__invitation__customer")


def _with_facts(rows: QuerySet[Any], *, customer: str, address: str, before: Q | None = None) -> QuerySet[Any]:
    """What `disturbs` asks of each row: `suppressed`, `last_asked`, `last_told` (of the mails that `before` lets
    count)."""
    standing = Suppression.objects.filter(address=Lower(OuterRef(address)), lifted_at__isnull=True)
    asked = Invitation.objects.filter(customer=OuterRef(customer), cancelled_at__isnull=True)
    told = ReportBackMail.objects.filter(before or Q(), customer=OuterRef(customer), stopped_at__isnull=True)
    return rows.annotate(
        suppressed=Subquery(standing.values("reason")[:1]),
        last_asked=Subquery(asked.order_by("-created_at").values("created_at")[:1]),
        last_told=Subquery(told.order_by("-queued_at").values("queued_at")[:1]),
    )


def _listener(row: Any, lesson: Lesson, at: datetime) -> Listener:
    return Listener(row, words_in(row.customer.language).code, _why_not(row, lesson, at))


def _why_not(row: Any, lesson: Lesson, at: datetime) -> str:
    if row.told_before:
        return "Was told already." if row.told_before == "told" else "The mail about it did not leave."
    if row.outcome == Outcome.NOT_GIVEN:
        return "The answer was not the customer’s."
    if row.outcome == Outcome.NO_CONTACT:
        return f"{THE_CUSTOMER} wants no contact."
    if lesson.in_place_on and organisation.day_of(row.response.answered_at) > lesson.in_place_on:
        return "Answered after the change was in place."
    return disturbs(row, row, at)


def disturbs(follow_up: FollowUp, facts: Any, at: datetime) -> str:
    """In words, why the customer of this follow-up is left in peace at `at`; `facts` is a row of _with_facts."""
    customer, invitation = follow_up.customer, follow_up.response.invitation
    if customer.is_internal:
        return "A colleague, never written to."
    if reason := unwanted(follow_up, facts.suppressed or "", name=THE_CUSTOMER):
        return reason
    # The link that unsubscribes is the answer's, and stops the address of that time.
    if invitation.address and invitation.address.lower() != customer.email.lower():
        return "The address has changed since the answer."
    quiet = invitation.survey.quiet_days
    latest = max(filter(None, (facts.last_asked, facts.last_told)), default=None)
    if quiet and latest is not None and latest > at - timedelta(days=quiet):
        return f"Had mail from us within the quiet period of {quiet} day{'s' if quiet > 1 else ''}."
    return ""


def to_send() -> QuerySet[ReportBackMail]:
    """The mails with all that their builder asks for. Of two that wait for one customer the first one leaves."""
    rows = ReportBackMail.objects.select_related(
        "report_back__by", "lesson", "follow_up__customer", "follow_up__response__invitation__survey",
        "follow_up__response__invitation__customer",
    )  # fmt: skip
    return _with_facts(rows, customer="customer", address="customer__email", before=Q(pk__lt=OuterRef("pk")))


def may_tell(user: User, lesson: Lesson) -> bool:
    """Whether this person may tell customers what came of this lesson: its owner, a lead of its team, a manager."""
    is_theirs = lesson.owner_id == user.pk or (lesson.team_id is not None and lesson.team_id in user.led_team_ids)
    return user.may_write and (user.is_manager or is_theirs)


def told_of(lesson: Lesson) -> list[ReportBack]:
    """What was told, the latest first, each with how many mails were `queued`, `sent` and `stopped`. One statement."""
    rows = (
        ReportBack.objects.filter(lesson=lesson)
        .select_related("by")
        .annotate(queued=Count("mails"), sent=Count("mails__sent_at"), stopped=Count("mails__stopped_at"))
    )
    return list(rows.order_by("-pk"))


def with_told(lessons: QuerySet[Lesson]) -> QuerySet[Lesson]:
    """The lessons with `told_count`, the customers whose mail did not fail to leave, and `told_at`, when the latest
    were told."""
    mails = ReportBackMail.objects.filter(lesson=OuterRef("pk"), stopped_at__isnull=True).order_by().values("lesson")
    return lessons.annotate(
        told_count=Subquery(mails.annotate(number=Count("pk")).values("number")),
        told_at=Subquery(mails.annotate(latest=Max("queued_at")).values("latest")),
    )


def told_to(whose: Q) -> list[ReportBackMail]:
    """What customers were told, the latest first. One statement."""
    rows = ReportBackMail.objects.filter(whose).select_related("report_back__by", "lesson", "customer")
    return list(rows.order_by("-queued_at", "-pk")[:SHOWN])
