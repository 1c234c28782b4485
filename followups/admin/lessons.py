"""Root causes, lessons and promises: the lists a manager keeps, and what became of them."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from followups.admin.filters import CAUSE_ORDER, CauseFilter, PromiseCauseFilter, PromiseFilter, today
from followups.admin.outreach import REFUSALS
from followups.models import FollowUp, Lesson, LessonEntry, Measurement, Promise, ReportBackMail, RootCause
from followups.services import closing, learning
from nps.desk.forms import Words, lines
from nps.managing import DayInput, KeptAdmin, ReadOnlyAdmin, ReadOnlyInline, act, address_of, list_of

Status = Lesson.Status


def follow_ups_link(count: int, **filters: Any) -> str:
    return format_html('<a href="{}">{}</a>', list_of(FollowUp, **filters), count) if count else "0"


class CauseForm(forms.ModelForm):
    class Meta:
        model = RootCause
        fields = ("name", "slug", "parent", "attributable_to", "position", "is_active")

    def clean_parent(self) -> RootCause | None:
        parent = self.cleaned_data["parent"]
        if parent is None:
            return None
        if parent.parent_id is not None or parent.pk == self.instance.pk:
            raise forms.ValidationError("The list has two levels: choose a cause of the first level.")
        if self.instance.pk and self.instance.children.exists():
            raise forms.ValidationError("This cause has causes below it, so it stays on the first level.")
        return parent


@admin.register(RootCause)
class RootCauseAdmin(KeptAdmin):
    form = CauseForm
    list_display = ("name", "parent", "attributable_to", "seen", "position", "is_active")
    list_editable = ("position", "is_active")
    list_filter = ("attributable_to", "is_active", ("parent", admin.EmptyFieldListFilter))
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    ordering = CAUSE_ORDER
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}
    list_per_page = 200

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and match.url_name == "followups_rootcause_changelist"
        return rows.annotate(seen_count=Count("followups")) if is_list else rows

    @admin.display(description="follow-ups", ordering="seen_count")
    def seen(self, row: RootCause) -> str:
        return follow_ups_link(row.seen_count, root_cause__id__exact=row.pk)  # type: ignore[attr-defined]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=forms.ModelForm, **kwargs)

    def related_links(self, row: RootCause) -> Iterator[tuple[str, str]]:
        yield "Follow-ups", list_of(FollowUp, cause=row.pk)
        yield "Lessons", list_of(Lesson, cause=row.pk)


class NoteForm(forms.Form):
    note = Words(label="Why", required=False, max_length=learning.LONGEST, widget=lines(2))


class InPlaceForm(NoteForm):
    in_place_on = forms.DateField(
        label="In place since",
        initial=today,
        widget=DayInput,
        help_text="The first day.",
    )
    field_order = ("in_place_on", "note")


class StepsInline(ReadOnlyInline):
    model = LessonEntry
    fields = ("at", "who", "sentence", "note")
    readonly_fields = ("who",)
    related = ("actor", "key")
    order = ("at", "pk")
    verbose_name_plural = "history"


class CarriedInline(ReadOnlyInline):
    model = FollowUp
    fields = ("score", "customer", "team", "outcome", "closed_at")
    related = ("customer", "team")
    order = ("-closed_at",)
    team_path = "team"
    show_change_link = True
    verbose_name_plural = "follow-ups that carried it"


@admin.register(Lesson)
class LessonAdmin(KeptAdmin):
    refusals = REFUSALS
    show_facets = admin.ShowFacets.ALWAYS
    list_display = (
        "__str__",
        "root_cause",
        "status",
        "carried",
        "owner",
        "team",
        "in_place_on",
        "effect",
    )
    list_filter = ("status", CauseFilter, "team", "product", "effect", ("owner", admin.EmptyFieldListFilter))
    list_select_related = ("root_cause", "owner", "team")
    search_fields = ("text", "change", "root_cause__name", "owner__username", "owner__first_name")
    date_hierarchy = "created_at"
    ordering = ("-times_seen", "-pk")
    autocomplete_fields = ("root_cause", "owner", "team", "product")
    actions = ("accept", "start", "put_in_place", "no_effect", "reject")
    inlines = (CarriedInline, StepsInline)
    readonly_fields = ("status", "in_place_on", "effect", "times_seen", "created_at", "created_by")
    fieldsets = (
        (None, {"fields": ("text", "root_cause", "change", "owner", ("team", "product"))}),
        ("So far", {"fields": (("status", "in_place_on", "effect"), ("times_seen", "created_at", "created_by"))}),
    )
    csv_columns = (
        ("id", "pk"),
        ("lesson", "text"),
        ("root cause", "root_cause__name"),
        ("status", "status"),
        ("times seen", "times_seen"),
        ("change to make", "change"),
        ("owner", "owner"),
        ("team", "team__name"),
        ("in place since", "in_place_on"),
        ("effect", "effect"),
        ("written at", "created_at"),
    )

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()

    @admin.display(description="follow-ups", ordering="times_seen")
    def carried(self, row: Lesson) -> str:
        return follow_ups_link(row.times_seen, lesson__id__exact=row.pk)

    def save_model(self, request: HttpRequest, obj: Lesson, form: Any, change: bool) -> None:
        who: dict[str, Any] = {"by": request.user, "at": timezone.now()}
        if change:
            facts = {name: form.cleaned_data[name] for name in learning.FACTS if name in form.changed_data}
            learning.revise(lesson=obj, facts=facts, **who)
            return
        lesson = learning.learn(**who, **{name: form.cleaned_data[name] for name in learning.FACTS})
        obj.__dict__.update(lesson.__dict__)

    def entries_of(self, row: Lesson) -> QuerySet[Any]:
        return row.history.select_related("actor", "key").order_by("at", "pk")

    def related_links(self, row: Lesson) -> Iterator[tuple[str, str]]:
        yield "Follow-ups that carried it", list_of(FollowUp, lesson__id__exact=row.pk)
        yield "Root cause", address_of(row.root_cause)
        yield "Measured effect, day by day", list_of(Measurement, lesson__id__exact=row.pk)
        yield "Mails to customers about it", list_of(ReportBackMail, lesson__id__exact=row.pk)

    def _put(self, request: HttpRequest, row: Lesson, at: datetime, status: str, **said: Any) -> None:
        learning.put(lesson=row, status=status, by=request.user, at=at, **said)  # type: ignore[arg-type]

    @act("Accept", done="accepted", fits=lambda row: Status.ACCEPTED in learning.NEXT[row.status])
    def accept(self, request: HttpRequest, row: Lesson, at: datetime) -> None:
        self._put(request, row, at, Status.ACCEPTED)

    @act("Work has begun", done="in progress", fits=lambda row: Status.IN_PROGRESS in learning.NEXT[row.status])
    def start(self, request: HttpRequest, row: Lesson, at: datetime) -> None:
        self._put(request, row, at, Status.IN_PROGRESS)

    @act(
        "Put in place…",
        done="in place",
        form=InPlaceForm,
        fits=lambda row: Status.IN_PLACE in learning.NEXT[row.status],
    )
    def put_in_place(self, request: HttpRequest, row: Lesson, at: datetime, in_place_on: date, note: str) -> None:
        self._put(request, row, at, Status.IN_PLACE, in_place_on=in_place_on, note=note)

    @act(
        "Had no effect…",
        done="marked as without effect",
        form=NoteForm,
        fits=lambda row: Status.NO_EFFECT in learning.NEXT[row.status] and not learning.why_not_without_effect(row),
    )
    def no_effect(self, request: HttpRequest, row: Lesson, at: datetime, note: str) -> None:
        self._put(request, row, at, Status.NO_EFFECT, note=note)

    @act(
        "Reject…",
        done="rejected",
        form=NoteForm,
        is_grave=True,
        fits=lambda row: Status.REJECTED in learning.NEXT[row.status],
    )
    def reject(self, request: HttpRequest, row: Lesson, at: datetime, note: str) -> None:
        self._put(request, row, at, Status.REJECTED, note=note)


@admin.register(Promise)
class PromiseAdmin(ReadOnlyAdmin):
    show_facets = admin.ShowFacets.ALWAYS
    list_display = ("__str__", "customer", "due_on", "owner", "state", "follow_up")
    list_filter = (PromiseFilter, PromiseCauseFilter, "follow_up__team")
    list_select_related = ("follow_up__customer", "owner")
    search_fields = ("text", "owner__username", "owner__first_name", "follow_up__customer__name")
    date_hierarchy = "due_on"
    ordering = ("due_on", "pk")
    actions = ("kept", "broken")
    act_related = ("follow_up",)
    logs_acts = False  # written in the follow-up's history
    team_path = "follow_up__team"
    fields = ("follow_up", "text", ("due_on", "owner"), "made_at", ("kept_at", "broken_at", "said_by"))
    readonly_fields = ("said_by",)
    csv_columns = (
        ("id", "pk"),
        ("promise", "text"),
        ("customer", "follow_up__customer__name"),
        ("due on", "due_on"),
        ("owner", "owner"),
        ("kept at", "kept_at"),
        ("broken at", "broken_at"),
        ("follow-up", "follow_up_id"),
    )

    #: what the figures narrow their links by
    NARROWED = frozenset(f"follow_up__{name}" for name in ("opened_at__gte", "opened_at__lt", "status", "outcome"))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup.removesuffix("__exact") in self.NARROWED or super().lookup_allowed(lookup, value, request)

    @admin.display(ordering="follow_up__customer__name")
    def customer(self, row: Promise) -> str:
        return row.follow_up.customer.name

    @admin.display(description="state")
    def state(self, row: Promise) -> str:
        if row.kept_at or row.broken_at:
            tone, words = ("good", "kept") if row.kept_at else ("bad", "broken")
        else:
            tone, words = ("bad", "past its day") if row.due_on < today() else ("", "open")
        return format_html('<span class="pill {}">{}</span>', tone, words)

    def entries_of(self, row: Promise) -> QuerySet[Any]:
        return closing.history_of_promise(row)

    @admin.display(description="said by")
    def said_by(self, row: Promise) -> str:
        said = closing.history_of_promise(row).filter(verb__in=closing.SETTLING).last()
        return said.who if said else "–"

    def related_links(self, row: Promise) -> Iterator[tuple[str, str]]:
        yield "Follow-up", address_of(row.follow_up)
        yield "What was tracked", reverse("admin:followups_tracking")

    @act("Was kept", done="kept", fits=lambda row: not (row.kept_at or row.broken_at))
    def kept(self, request: HttpRequest, row: Promise, at: datetime) -> bool:
        return closing.settle_promise(promise=row, is_kept=True, by=request.user, at=at)  # type: ignore[arg-type]

    @act("Was broken", done="broken", is_grave=True, fits=lambda row: not (row.kept_at or row.broken_at))
    def broken(self, request: HttpRequest, row: Promise, at: datetime) -> bool:
        return closing.settle_promise(promise=row, is_kept=False, by=request.user, at=at)  # type: ignore[arg-type]
