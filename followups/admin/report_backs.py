"""What customers were told about changes, and each mail of it: to look at; nobody edits or deletes them."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from followups.models import ReportBack, ReportBackMail
from nps.managing import ReadOnlyAdmin, list_of


@admin.register(ReportBack)
class ReportBackAdmin(ReadOnlyAdmin):
    list_display = ("at", "lesson", "whom", "by", "number")
    list_filter = ("whom",)
    list_select_related = ("lesson", "by")
    search_fields = ("lesson__text", "by__username")
    date_hierarchy = "at"
    ordering = ("-pk",)
    csv_columns = (
        ("at", "at"),
        ("lesson", "lesson_id"),
        ("whom", "whom"),
        ("by", "by"),
        ("customers", "number_of_mails"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(number_of_mails=Count("mails"))

    def related_links(self, row: ReportBack) -> Iterator[tuple[str, str]]:
        yield "Mails", list_of(ReportBackMail, report_back__id__exact=row.pk)

    @admin.display(description="customers", ordering="number_of_mails")
    def number(self, row: ReportBack) -> int:
        return int(getattr(row, "number_of_mails", 0))


@admin.register(ReportBackMail)
class ReportBackMailAdmin(ReadOnlyAdmin):
    list_display = ("queued_at", "lesson", "follow_up", "recipient", "language", "state")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), ("stopped_at", admin.EmptyFieldListFilter), "language")
    list_select_related = ("lesson", "follow_up", "report_back")
    search_fields = ("=recipient", "customer__name", "lesson__text")
    date_hierarchy = "queued_at"
    ordering = ("-pk",)
    team_path = "follow_up__team"
    csv_columns = (
        ("queued at", "queued_at"),
        ("lesson", "lesson_id"),
        ("follow-up", "follow_up_id"),
        ("recipient", "recipient"),
        ("language", "language"),
        ("sent at", "sent_at"),
        ("not sent at", "stopped_at"),
        ("why not", "why"),
    )

    @admin.display(description="what became of it")
    def state(self, row: ReportBackMail) -> str:
        return row.state_words
