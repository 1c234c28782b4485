"""What customers answered, and every correction. An answer is the customer's: nobody edits or deletes it."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from nps.managing import ReadOnlyAdmin, ReadOnlyInline, address_of
from nps.survey.admin.telling import told
from nps.survey.figures import movement
from nps.survey.models import Response, ResponseRevision
from nps.survey.stories import story_of_response

#: what the figures narrow by and this list offers no choice of
FIGURES_LOOKUPS = frozenset(
    {
        "resolution__ticket__tags__id__exact",
        "resolution__contacts",
        "resolution__contacts__gte",
        "resolution__contacts__isnull",
        "resolution__handovers",
        "resolution__handovers__gte",
        "resolution__handovers__isnull",
        "resolution__ticket__tags__isnull",
        "topics__id__exact",
    }
)


class BandFilter(admin.SimpleListFilter):
    title = "band"
    parameter_name = "band"
    RANGES = {"detractor": (0, 6), "passive": (7, 8), "promoter": (9, 10)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("detractor", "0–6 detractor"), ("passive", "7–8 passive"), ("promoter", "9–10 promoter")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in self.RANGES:
            return queryset
        low, high = self.RANGES[self.value() or ""]
        return queryset.filter(score__gte=low, score__lte=high)


class CommentFilter(admin.SimpleListFilter):
    title = "comment"
    parameter_name = "commented"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With a comment"), ("no", "Without")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.filter(~Q(comment=""))
            case "no":
                return queryset.filter(comment="")
        return queryset


class MovedFilter(admin.SimpleListFilter):
    title = "since their answer before"
    parameter_name = "moved"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        cells = [(f"{old}-{new}", f"{old} → {new}") for old in movement.BANDS for new in movement.BANDS]
        several = [("again", "Any later answer"), ("up", "Moved up"), ("down", "Moved down")]
        return [(movement.FIRST, "Their first answer"), *several, *cells]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        is_known = value in {key for key, _ in self.lookup_choices}
        return movement.moved(queryset, str(value)) if is_known else queryset


class RevisionInline(ReadOnlyInline):
    model = ResponseRevision
    fields = ("at", "by", "old_score", "new_score", "old_comment", "new_comment")
    related = ("by",)
    order = ("at", "pk")
    verbose_name_plural = "corrections"


class ResponseAdmin(ReadOnlyAdmin):
    list_display: Any = (
        "id",
        "score",
        "customer",
        "account",
        "team",
        "agent",
        "channel",
        "start",
        "answered_at",
    )
    list_display_links = ("id", "score")
    list_filter: ClassVar[Any] = (
        BandFilter,
        MovedFilter,
        "score",
        CommentFilter,
        "team",
        "product",
        "channel",
        "origin",
        "contact_choice",
        "about",
        "is_history",
    )
    list_select_related = ("customer", "account", "team", "agent")
    search_fields = ("customer__name", "customer__email", "account__name", "comment", "id__exact")
    date_hierarchy = "answered_at"
    ordering = ("-answered_at", "-pk")
    team_path = "team"
    inlines = (RevisionInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("score", "answered_at"),
                    "comment",
                    ("topics", "contact_choice"),
                    ("reasoned_at", "editable_until", "about"),
                )
            },
        ),
        (
            "Whose and about what",
            {"fields": (("customer", "account"), ("team", "agent"), ("product", "channel", "shift_name"))},
        ),
        (
            "How it came",
            {
                "fields": (
                    "story",
                    ("survey", "invitation", "resolution"),
                    ("origin", "taken_by", "language", "is_history"),
                )
            },
        ),
    )
    csv_columns: ClassVar[tuple[tuple[str, str], ...]] = (
        ("id", "pk"),
        ("score", "score"),
        ("comment", "comment"),
        ("customer", "customer__name"),
        ("account", "account__name"),
        ("team", "team__name"),
        ("agent", "agent"),
        ("product", "product__name"),
        ("channel", "channel"),
        ("shift", "shift_name"),
        ("origin", "origin"),
        ("about", "about"),
        ("history", "is_history"),
        ("answered at", "answered_at"),
    )
    csv_related = ("product",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in FIGURES_LOOKUPS or super().lookup_allowed(lookup, value, request)

    @admin.display(description="how it came to be")
    def story(self, row: Response) -> SafeString:
        return told(story_of_response(row))

    @admin.display(description="comment")
    def start(self, row: Response) -> str:
        return row.comment[:120]

    def related_links(self, row: Response) -> Iterator[tuple[str, str]]:
        yield "Ticket", address_of(row.resolution.ticket) if row.resolution else ""
        yield "Customer", address_of(row.customer)
        yield "Invitation", address_of(row.invitation)


admin.site.register(Response, ResponseAdmin)


@admin.register(ResponseRevision)
class ResponseRevisionAdmin(ReadOnlyAdmin):
    list_display = ("at", "response", "old_score", "new_score", "by")
    list_filter = ("old_score", "new_score")
    list_select_related = ("response", "by")
    search_fields = ("response__customer__name", "response__id__exact")
    date_hierarchy = "at"
    ordering = ("-pk",)
    team_path = "response__team"
