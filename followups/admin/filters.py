"""Filters of the lists: what is late, whose it is, why it happened. The figures link to the same."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from followups.lesson_reports import PROMISE_STATES, promised
from followups.models import FollowUp, RootCause
from followups.pace import SPANS, assigned_conditions, with_pace, within
from followups.recovery import recovered
from followups.reports import KEPT, caused_by, loop_conditions
from followups.services.opening import missing
from nps import organisation

Rows = QuerySet[Any]

#: each first-level cause with its second level after it
CAUSE_ORDER = (
    Coalesce("parent__position", "position"),
    Coalesce("parent_id", "pk"),
    F("parent_id").asc(nulls_first=True),
    "position",
    "pk",
)


def today() -> Any:
    """The organisation's day."""
    return organisation.day_of(timezone.now())


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("unclosed", "Not closed"),
            ("overdue", "Overdue"),
            ("nobody", "Nobody eligible"),
            ("snoozed", "Snoozed"),
            ("to_confirm", "Waits for a second person"),
            ("kept", "All but cancelled"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        at = timezone.now()
        match self.value():
            case "unclosed":
                return queryset.unclosed()  # type: ignore[attr-defined]
            case "overdue":
                return queryset.overdue(at)  # type: ignore[attr-defined]
            case "nobody":
                return queryset.filter(status=FollowUp.Status.OPEN, has_nobody_eligible=True)
            case "snoozed":
                return queryset.snoozed(at)  # type: ignore[attr-defined]
            case "to_confirm":
                return queryset.filter(second_asked_at__isnull=False)
            case "kept":
                return queryset.exclude(status=FollowUp.Status.CANCELLED)
        return queryset


class CauseFilter(admin.SimpleListFilter):
    """Both levels: choosing a first-level cause finds its second level too."""

    title = "root cause"
    parameter_name = "cause"
    path = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        causes = RootCause.objects.order_by(*CAUSE_ORDER)
        return [(str(cause.pk), f"– {cause.name}" if cause.parent_id else cause.name) for cause in causes]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        value = self.value() or ""
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            return queryset
        return queryset.filter(caused_by(int(value), self.path))


class PromiseCauseFilter(CauseFilter):
    path = "follow_up__"


class ReachedFilter(admin.SimpleListFilter):
    title = "first contact"
    parameter_name = "contact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in_time", "In time"), ("late", "Reached late"), ("none", "Not reached")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        match self.value():
            case "in_time":
                return queryset.filter(reached_at__lte=F("first_contact_due_at"))
            case "late":
                return queryset.filter(reached_at__gt=F("first_contact_due_at"))
            case "none":
                return queryset.filter(reached_at__isnull=True)
        return queryset


class ClosedFilter(admin.SimpleListFilter):
    title = "closing"
    parameter_name = "closing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in_time", "Closed in time"), ("late", "Closed late")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        closed = queryset.filter(status=FollowUp.Status.CLOSED)
        match self.value():
            case "in_time":
                return closed.filter(closed_at__lte=F("close_due_at"))
            case "late":
                return closed.filter(closed_at__gt=F("close_due_at"))
        return queryset


class PaceFilter(admin.SimpleListFilter):
    """How soon somebody had it, how soon the customer was reached, and what the customer said next."""

    title = "pace and recovery"
    parameter_name = "pace"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        spans = [(key, f"Reached: {words}") for key, words, *_ in SPANS]
        return [
            ("assigned_in_time", "Had somebody in time"),
            ("assigned_due", "Had somebody, or first contact due"),
            ("contact_due", "Reached, or first contact due"),
            ("close_due", "Closed, or closing due"),
            ("reached", "Reached at all"),
            *spans,
            ("again", "Answered again after closing"),
            ("higher_band", "Answered again in a higher band"),
            ("higher", "Answered again with a higher score"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        value, at = self.value(), timezone.now()
        if value in ("again", "higher_band", "higher"):
            return recovered(queryset, value)
        if value in ("assigned_in_time", "assigned_due"):
            return with_pace(queryset).filter(assigned_conditions(at)[value])
        if value in ("contact_due", "close_due"):
            return queryset.filter(loop_conditions(at)[value])
        if value == "reached":
            return queryset.filter(KEPT, reached_at__isnull=False)
        if value in {key for key, *_ in SPANS}:
            return with_pace(queryset).filter(within(str(value)))
        return queryset


class PromiseFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("late", "Past its day"), ("kept", "Kept"), ("broken", "Broken")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        state = self.value()
        return queryset.filter(promised(state, today())) if state in PROMISE_STATES else queryset


class FollowUpFilter(admin.SimpleListFilter):
    """On the list of answers."""

    title = "follow-up"
    parameter_name = "follow_up"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Has one"), ("missing", "Should have one, has none")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        match self.value():
            case "yes":
                return queryset.filter(Q(Exists(FollowUp.objects.filter(response=OuterRef("pk")))))
            case "missing":
                return queryset.filter(pk__in=missing().values("pk"))
        return queryset
