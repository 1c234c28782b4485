"""Follow-ups, their attempts and their history. Read here, moved by the verbs; nobody edits or deletes one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followups import rules
from followups.admin.filters import CauseFilter, ClosedFilter, PaceFilter, ReachedFilter, StateFilter
from followups.admin.tracking import tracking_csv, tracking_page
from followups.models import Attempt, Confirmation, FollowUp, HistoryEntry, Promise
from followups.services import assigning, attributing, closing, escalating
from nps.desk.models import User
from nps.errors import Conflict, DomainError
from nps.managing import ReadOnlyAdmin, ReadOnlyInline, act, address_of, page_of, titled
from nps.survey.admin.telling import told
from nps.survey.stories import story_of_response

REFUSALS = (DomainError, rules.IllegalTransition)
WAITING = (FollowUp.Status.OPEN,)
HELD = (FollowUp.Status.ASSIGNED, FollowUp.Status.IN_PROGRESS)
DONE = (FollowUp.Status.CLOSED, FollowUp.Status.CANCELLED)


#: what the figures narrow by and this list offers no choice of
FIGURES_LOOKUPS = frozenset(
    {
        "response__shift_name",
        "response__survey__id__exact",
        "response__resolution__ticket__tags__id__exact",
        "response__resolution__contacts",
        "response__resolution__contacts__gte",
        "response__resolution__handovers",
        "response__resolution__handovers__gte",
    }
)


class PersonForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.filter(is_active=True, memberships__isnull=False).distinct().order_by("first_name", "username"),
        label="Assign to",
        help_text="Not the person the score was about, unless the policy allows it.",
    )
    note = forms.CharField(max_length=300, required=False, help_text="For the person who gets it.")


class CancelForm(forms.Form):
    reason = forms.CharField(max_length=500, help_text="It stays in every count; this says why nobody calls.")


class AboutForm(forms.Form):
    about = forms.ChoiceField(
        label="The score was about",
        choices=FollowUp.About.choices[1:],
        help_text="Figures show it apart; the answer and its score stay.",
    )


class ReopenForm(forms.Form):
    reason = forms.CharField(max_length=500, required=False)


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = ("at", "via", "result", "by", "note", "undone_at")
    related = ("by",)
    order = ("at", "pk")


class ConfirmationInline(ReadOnlyInline):
    model = Confirmation
    fields = ("asked_at", "asked_by", "reason", "state", "decided_by", "decided_at", "answer")
    related = ("asked_by", "decided_by")
    show_change_link = True
    verbose_name_plural = "asked of a second person"


class PromiseInline(ReadOnlyInline):
    model = Promise
    fields = ("text", "due_on", "owner", "kept_at", "broken_at")
    related = ("owner",)
    show_change_link = True


class HistoryInline(ReadOnlyInline):
    model = HistoryEntry
    fields = ("at", "actor", "sentence", "from_status", "to_status")
    related = ("actor",)
    order = ("at", "pk")
    verbose_name_plural = "history"


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnlyAdmin):
    refusals = REFUSALS
    list_display = ("id", "score", "customer", "account", "team", "assignee", "status", "due", "outcome", "root_cause")
    list_display_links = ("id", "score")
    list_filter = (
        StateFilter,
        "status",
        "outcome",
        CauseFilter,
        ("root_cause__attributable_to", titled("attributable to", admin.ChoicesFieldListFilter)),
        "team",
        ReachedFilter,
        ClosedFilter,
        PaceFilter,
        "lesson_kind",
        "about",
        "score",
        "escalation",
        "is_repeat_detractor",
        ("policy__slug", titled("policy", admin.AllValuesFieldListFilter)),
        "response__product",
        "response__channel",
    )
    list_select_related = ("customer", "account", "team", "assignee", "root_cause")
    search_fields = ("customer__name", "account__name", "assignee__username", "assignee__first_name", "id__exact")
    date_hierarchy = "opened_at"
    ordering = ("-opened_at", "-pk")
    actions = ("assign_by_rules", "assign_to", "release", "escalate", "say_about", "take_back", "cancel", "reopen")
    act_related = ("policy", "customer", "team", "assignee")
    logs_acts = False  # the history of the follow-up says who did what
    team_path = "team"
    inlines = (AttemptInline, ConfirmationInline, PromiseInline, HistoryInline)
    fieldsets = (
        (None, {"fields": (("score", "status"), ("customer", "account"), ("team", "assignee"), "answer", "story")}),
        (
            "By when",
            {
                "fields": (
                    ("due_at", "first_contact_due_at", "close_due_at"),
                    ("opened_at", "assigned_at", "reached_at"),
                )
            },
        ),
        (
            "What came of it",
            {
                "fields": (
                    ("outcome", "root_cause"),
                    ("lesson_kind", "lesson"),
                    "outcome_note",
                    ("closed_at", "closed_by"),
                    ("second_asked_at", "confirmed_by"),
                )
            },
        ),
        (
            "More",
            {
                "classes": ("collapse",),
                "fields": (
                    ("policy", "escalation"),
                    ("rated_agent", "is_repeat_detractor", "has_nobody_eligible"),
                    ("about", "about_by", "about_at"),
                    ("ask_again_on", "asked_again", "not_asked_again"),
                    ("attempts_made", "snoozed_until"),
                    ("acknowledged_at", "language", "version"),
                ),
            },
        ),
    )
    csv_columns = (
        ("id", "pk"),
        ("score", "score"),
        ("customer", "customer__name"),
        ("account", "account__name"),
        ("team", "team__name"),
        ("assignee", "assignee"),
        ("status", "status"),
        ("opened at", "opened_at"),
        ("first contact due at", "first_contact_due_at"),
        ("first contact at", "reached_at"),
        ("close due at", "close_due_at"),
        ("closed at", "closed_at"),
        ("attempts", "attempts_made"),
        ("outcome", "outcome"),
        ("root cause", "root_cause__name"),
        ("lesson", "lesson__text"),
        ("note", "outcome_note"),
        ("said to be about", "about"),
    )
    csv_related = ("lesson",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in FIGURES_LOOKUPS or super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("tracking/", guard(lambda request: tracking_page(request, self)), name="followups_tracking"),
            path("tracking/csv/", guard(lambda request: tracking_csv(request, self)), name="followups_tracking_csv"),
            *super().get_urls(),
        ]

    @admin.display(description="answer")
    def answer(self, row: FollowUp) -> str:
        said = row.response.comment or "no comment left"
        return format_html('<a href="{}">{}</a>: {}', address_of(row.response), row.response.score, said)

    @admin.display(description="how it came to be")
    def story(self, row: FollowUp) -> SafeString:
        return told(story_of_response(row.response))

    @admin.display(description="due", ordering="due_at")
    def due(self, row: FollowUp) -> str:
        if not row.is_unclosed:
            return "–"
        at = timezone.now()
        shape = '<time datetime="{}">{}</time>'
        if row.due_at < at:
            shape += ' <span class="pill bad">overdue</span>'
        return format_html(shape, row.due_at.isoformat(), f"{timezone.localtime(row.due_at):%-d %b %H:%M}")

    def entries_of(self, row: FollowUp) -> QuerySet[Any]:
        return row.history.select_related("actor").order_by("at", "pk")

    def related_links(self, row: FollowUp) -> Iterator[tuple[str, str]]:
        yield "Open in the queue", page_of("followup", row.pk)
        yield "Answer", address_of(row.response)
        resolution = row.response.resolution
        yield "Ticket", address_of(resolution.ticket) if resolution else ""
        yield "Customer", address_of(row.customer)
        yield "Lesson", address_of(row.lesson)

    @act("Assign by the rules", done="assigned", fits=lambda row: row.status in WAITING)
    def assign_by_rules(self, request: HttpRequest, row: FollowUp, at: datetime) -> None:
        rules.next_status("assign", row.status)
        if assigning.assign(follow_up=row, at=at) is None:
            raise Conflict("nobody who may take it is on shift or due on one, or another was quicker.")

    @act("Assign to…", done="assigned", form=PersonForm, fits=lambda row: row.is_unclosed)
    def assign_to(self, request: HttpRequest, row: FollowUp, at: datetime, to: User, note: str) -> None:
        assigning.hand_over(follow_up=row, to=to, by=actor_of(request), note=note, at=at)

    @act("Release", done="released", fits=lambda row: row.status in HELD)
    def release(self, request: HttpRequest, row: FollowUp, at: datetime) -> None:
        assigning.release(follow_up=row, by=actor_of(request), at=at)

    @act("Escalate now", done="escalated", fits=lambda row: row.is_unclosed and row.escalation < 3)
    def escalate(self, request: HttpRequest, row: FollowUp, at: datetime) -> None:
        escalating.escalate(follow_up=row, by=actor_of(request), at=at)

    @act("Was about…", done="said to be about something else", form=AboutForm, fits=lambda row: not row.about)
    def say_about(self, request: HttpRequest, row: FollowUp, at: datetime, about: str) -> None:
        attributing.say_about(follow_up=row, about=about, by=actor_of(request), at=at)

    @act("Take back what it was about", done="taken back", fits=lambda row: bool(row.about))
    def take_back(self, request: HttpRequest, row: FollowUp, at: datetime) -> None:
        attributing.take_back(follow_up=row, by=actor_of(request), at=at)

    @act("Cancel…", done="cancelled", form=CancelForm, is_grave=True, fits=lambda row: row.is_unclosed)
    def cancel(self, request: HttpRequest, row: FollowUp, at: datetime, reason: str) -> None:
        closing.cancel(follow_up=row, by=actor_of(request), reason=reason, at=at)

    @act("Reopen…", done="reopened", form=ReopenForm, fits=lambda row: row.status in DONE)
    def reopen(self, request: HttpRequest, row: FollowUp, at: datetime, reason: str) -> None:
        closing.reopen(follow_up=row, by=actor_of(request), reason=reason, at=at)


def actor_of(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("at", "follow_up", "via", "result", "by", "note_start", "undone_at")
    list_filter = ("result", "via", ("undone_at", admin.EmptyFieldListFilter))
    list_select_related = ("follow_up", "by")
    search_fields = ("follow_up__id__exact", "follow_up__customer__name", "by__username", "note")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    team_path = "follow_up__team"
    csv_columns = (
        ("at", "at"),
        ("follow-up", "follow_up_id"),
        ("channel", "via"),
        ("outcome", "result"),
        ("by", "by"),
        ("note", "note"),
        ("taken back at", "undone_at"),
    )

    @admin.display(description="note")
    def note_start(self, row: Attempt) -> str:
        return row.note[:120]


@admin.register(HistoryEntry)
class HistoryEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "follow_up", "actor", "verb", "sentence", "from_status", "to_status")
    list_filter = ("verb", "to_status")
    list_select_related = ("follow_up", "actor")
    search_fields = ("follow_up__id__exact", "actor__username", "sentence")
    date_hierarchy = "at"
    ordering = ("-pk",)
    team_path = "follow_up__team"
    csv_columns = (
        ("at", "at"),
        ("follow-up", "follow_up_id"),
        ("by", "actor"),
        ("verb", "verb"),
        ("from", "from_status"),
        ("to", "to_status"),
        ("what happened", "sentence"),
    )
