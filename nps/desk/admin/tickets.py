"""Tickets, what was said on them, and their resolutions. States move by the verbs only."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from nps.desk.models import Message, Resolution, Team, Ticket, User
from nps.desk.services import accepting, handing_over, reopening, resolving
from nps.managing import KeptAdmin, ReadOnlyAdmin, ReadOnlyInline, act, address_of, page_of, titled


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, required=False, help_text="Why; kept with the resolution that is undone.")


class PassOnForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("first_name", "username"), required=False, empty_label="Nobody yet"
    )
    team = forms.ModelChoiceField(
        Team.objects.filter(is_active=True).order_by("name"), required=False, empty_label="The team it is in"
    )


class MessageInline(ReadOnlyInline):
    model = Message
    fields = ("created_at", "kind", "author", "is_qualified", "body")
    related = ("author",)
    order = ("created_at", "pk")


class ResolutionInline(ReadOnlyInline):
    model = Resolution
    fields = ("number", "resolved_at", "agent", "team", "shift_name", "acceptance", "reopened_at", "reopen_reason")
    related = ("agent", "team")
    order = ("number",)
    show_change_link = True


@admin.register(Ticket)
class TicketAdmin(KeptAdmin):
    list_display = ("id", "subject", "customer", "team", "assignee", "status", "channel", "updated_at")
    list_display_links = ("id", "subject")
    list_filter = ("status", "team", "channel", "product", "is_duplicate", ("assignee", admin.EmptyFieldListFilter))
    list_select_related = ("customer", "team", "assignee")
    search_fields = ("subject", "customer__name", "customer__email", "=external_id", "id__exact")
    date_hierarchy = "opened_at"
    ordering = ("-updated_at", "-pk")
    actions = ("resolve", "accept", "reopen", "pass_on")
    act_related = ("customer__account", "team", "assignee", "product")
    team_path = "team"
    inlines = (ResolutionInline, MessageInline)
    autocomplete_fields = ("product", "tags")
    fieldsets = (
        (None, {"fields": ("subject", ("status", "channel"), ("customer", "product"), ("team", "assignee"))}),
        ("Sorting", {"fields": ("tags", "is_duplicate")}),
        (
            "So far",
            {"fields": (("opened_at", "updated_at", "resolved_at"), ("contacts", "handovers", "resolutions_made"))},
        ),
        ("Where it came from", {"fields": (("source", "external_id"),), "classes": ("collapse",)}),
    )
    EDITED_HERE = ("product", "tags", "is_duplicate")
    csv_columns = (
        ("id", "pk"),
        ("subject", "subject"),
        ("customer", "customer__name"),
        ("team", "team__name"),
        ("assignee", "assignee"),
        ("status", "status"),
        ("channel", "channel"),
        ("opened at", "opened_at"),
        ("resolved at", "resolved_at"),
        ("contacts", "contacts"),
        ("hand-overs", "handovers"),
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "customer__account__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # tickets are opened where customers are talked to

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return tuple(
            field.name for field in (*self.opts.fields, *self.opts.many_to_many) if field.name not in self.EDITED_HERE
        )

    def related_links(self, row: Ticket) -> Iterator[tuple[str, str]]:
        yield "Open at the desk", page_of("ticket", row.pk)
        yield "Customer", address_of(row.customer)

    @act("Resolve", done="resolved", fits=lambda row: row.resolved_at is None)
    def resolve(self, request: HttpRequest, row: Ticket, at: datetime) -> None:
        resolving.resolve(ticket=row, by=request.user, at=at)  # type: ignore[arg-type]

    @act("Accept for the customer", done="accepted", fits=lambda row: row.status == Ticket.Status.RESOLVED)
    def accept(self, request: HttpRequest, row: Ticket, at: datetime) -> None:
        accepting.accept(ticket=row, at=at)

    @act("Reopen", done="reopened", form=ReasonForm, fits=lambda row: row.resolved_at is not None)
    def reopen(self, request: HttpRequest, row: Ticket, at: datetime, reason: str) -> None:
        reopening.reopen(ticket=row, by=request.user, reason=reason, at=at)  # type: ignore[arg-type]

    @act("Pass on", done="passed on", form=PassOnForm, fits=lambda row: row.resolved_at is None)
    def pass_on(self, request: HttpRequest, row: Ticket, at: datetime, to: User | None, team: Team | None) -> None:
        handing_over.hand_over(ticket=row, to=to, team=team, by=request.user, at=at)  # type: ignore[arg-type]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "ticket", "author", "is_qualified", "start")
    list_filter = ("kind", "is_qualified")
    list_select_related = ("ticket", "author")
    search_fields = ("ticket__id__exact", "body")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    team_path = "ticket__team"

    @admin.display(description="words")
    def start(self, row: Message) -> str:
        return row.body[:120]


@admin.register(Resolution)
class ResolutionAdmin(ReadOnlyAdmin):
    list_display = ("id", "ticket", "number", "resolved_at", "agent", "team", "channel", "acceptance", "reopened_at")
    list_filter: ClassVar[Any] = (
        "acceptance",
        "team",
        "channel",
        "product",
        "is_first_contact",
        ("decision", titled("survey decision", admin.EmptyFieldListFilter)),
    )
    list_select_related = ("ticket", "agent", "team")
    search_fields = ("ticket__subject", "customer__name", "ticket__id__exact")
    date_hierarchy = "resolved_at"
    ordering = ("-resolved_at", "-pk")
    team_path = "team"
    csv_columns = (
        ("id", "pk"),
        ("ticket", "ticket_id"),
        ("number", "number"),
        ("resolved at", "resolved_at"),
        ("agent", "agent"),
        ("team", "team__name"),
        ("product", "product__name"),
        ("channel", "channel"),
        ("shift", "shift_name"),
        ("contacts", "contacts"),
        ("hand-overs", "handovers"),
        ("first contact", "is_first_contact"),
        ("acceptance", "acceptance"),
        ("reopened at", "reopened_at"),
    )
    csv_related = ("product",)

    def related_links(self, row: Resolution) -> Iterator[tuple[str, str]]:
        yield "Ticket", address_of(row.ticket)
        yield "Survey decision", address_of(getattr(row, "decision", None))
        yield "Invitation", address_of(getattr(row, "invitation", None))
