"""Who was asked, who was not and why, and what became of the links."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from nps.managing import ReadOnlyAdmin, ReadOnlyInline, address_of, list_of
from nps.outbox.models import Delivery
from nps.survey.admin.telling import told
from nps.survey.models import Click, Invitation, SurveyDecision
from nps.survey.stories import story_of


@admin.register(SurveyDecision)
class SurveyDecisionAdmin(ReadOnlyAdmin):
    list_display = ("id", "resolution", "outcome", "reason", "team", "agent", "decided_at")
    list_filter = ("outcome", "reason", "resolution__team")
    list_select_related = ("resolution__team", "resolution__agent")
    search_fields = ("resolution__ticket__id__exact", "resolution__customer__name")
    date_hierarchy = "decided_at"
    ordering = ("-pk",)
    team_path = "resolution__team"
    csv_columns = (
        ("id", "pk"),
        ("ticket", "resolution__ticket_id"),
        ("resolution", "resolution__number"),
        ("outcome", "outcome"),
        ("reason", "reason"),
        ("team", "resolution__team__name"),
        ("agent", "resolution__agent"),
        ("decided at", "decided_at"),
    )

    @admin.display(ordering="resolution__team__name")
    def team(self, row: SurveyDecision) -> Any:
        return row.resolution.team

    @admin.display(ordering="resolution__agent__username")
    def agent(self, row: SurveyDecision) -> Any:
        return row.resolution.agent

    def related_links(self, row: SurveyDecision) -> Iterator[tuple[str, str]]:
        yield "Resolution", address_of(row.resolution)
        yield "Ticket", address_of(row.resolution.ticket)
        yield "Invitation", address_of(getattr(row.resolution, "invitation", None))


class ClickInline(ReadOnlyInline):
    model = Click
    fields = ("at", "score", "is_scanner", "is_hidden_link", "user_agent")
    order = ("at", "pk")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("id", "customer", "via", "address", "created_at", "delivered_at", "opened_at", "became")
    list_filter = (
        "via",
        "survey",
        "language",
        ("delivered_at", admin.EmptyFieldListFilter),
        ("bounced_at", admin.EmptyFieldListFilter),
        ("response", admin.EmptyFieldListFilter),
    )
    list_select_related = ("customer", "response")
    search_fields = ("customer__name", "=address", "resolution__ticket__id__exact")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    team_path = "resolution__team"
    inlines = (ClickInline,)
    fieldsets = (
        (None, {"fields": ("story",)}),
        (
            "Whom and about what",
            {"fields": (("customer", "address", "language"), ("survey", "resolution", "via"))},
        ),
        (
            "When",
            {
                "fields": (
                    ("created_at", "delivered_at", "opened_at"),
                    ("bounced_at", "failed_at", "cancelled_at"),
                    ("reminded_at", "expires_at"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        by_people = Click.objects.filter(invitation=OuterRef("pk"), is_scanner=False)
        with_a_score = by_people.filter(score__isnull=False).order_by("-at", "-pk").values("score")[:1]
        return super().get_queryset(request).annotate(is_opened=Exists(by_people), opened_with=Subquery(with_a_score))

    @admin.display(description="what became of it")
    def story(self, row: Invitation) -> SafeString:
        return told(story_of(row.pk))

    @admin.display(description="what became of it")
    def became(self, row: Any) -> str:
        """Answered first: an answer stands whatever happened to the mail."""
        if hasattr(row, "response"):
            return f"Answered {row.response.score}"
        ends = (("bounced_at", "Bounced"), ("failed_at", "Not sent"), ("cancelled_at", "Cancelled"))
        for name, words in ends:
            if getattr(row, name):
                return words
        if row.opened_with is not None:
            return f"Opened with {row.opened_with}, not sent"
        if row.is_opened:
            return "Opened, not sent"
        return "Opened by a mail scanner only" if row.opened_at else "Waiting"

    def related_links(self, row: Invitation) -> Iterator[tuple[str, str]]:
        yield "Answer", address_of(getattr(row, "response", None))
        yield "Ticket", address_of(row.resolution.ticket) if row.resolution else ""
        yield "Mails", list_of(Delivery, subject_id__exact=row.pk, purpose__startswith="survey.")


@admin.register(Click)
class ClickAdmin(ReadOnlyAdmin):
    list_display = ("at", "invitation", "score", "is_scanner", "is_hidden_link", "user_agent")
    list_filter = ("is_scanner", "is_hidden_link", "score")
    list_select_related = ("invitation",)
    search_fields = ("invitation__id__exact", "user_agent")
    date_hierarchy = "at"
    ordering = ("-pk",)
    team_path = "invitation__resolution__team"
