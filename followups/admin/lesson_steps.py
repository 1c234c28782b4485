"""What became of lessons, step by step and day by day: rows that nobody edits."""

from django.contrib import admin

from followups.models import LessonEntry, Measurement
from nps.managing import ReadOnlyAdmin


@admin.register(LessonEntry)
class LessonEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "lesson", "who", "verb", "sentence", "note")
    list_filter = ("verb", "to_status", ("key", admin.EmptyFieldListFilter))
    list_select_related = ("lesson", "actor", "key")
    search_fields = ("lesson__text", "sentence", "note", "actor__username", "key__name")
    date_hierarchy = "at"
    ordering = ("-pk",)
    csv_columns = (
        ("at", "at"),
        ("lesson", "lesson_id"),
        ("by", "who"),
        ("verb", "verb"),
        ("from", "from_status"),
        ("to", "to_status"),
        ("what happened", "sentence"),
        ("why", "note"),
    )


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    show_facets = admin.ShowFacets.ALWAYS
    list_display = ("lesson", "measured_on", "verdict", "sentence", "is_controlled")
    list_filter = ("verdict", "is_controlled", ("lesson", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("lesson",)
    search_fields = ("lesson__text", "sentence")
    date_hierarchy = "measured_on"
    ordering = ("-measured_on", "-pk")
    csv_columns = (
        ("id", "pk"),
        ("lesson", "lesson_id"),
        ("measured on", "measured_on"),
        ("in place since", "in_place_on"),
        ("scope", "scope"),
        ("verdict", "verdict"),
        ("controlled", "is_controlled"),
        ("cases before", "before_carried"),
        ("resolutions before", "before_resolved"),
        ("cases since", "after_carried"),
        ("resolutions since", "after_resolved"),
        ("difference per 100 resolutions", "difference"),
        ("from", "low"),
        ("to", "high"),
        ("sentence", "sentence"),
    )
