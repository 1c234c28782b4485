"""What the figures are set beside; a manager enters value, source and day."""

from django.contrib import admin

from nps.managing import PortalModelAdmin
from nps.survey.models import Benchmark


@admin.register(Benchmark)
class BenchmarkAdmin(PortalModelAdmin):
    list_display = ("figure", "kind", "value", "source", "on")
    list_display_links = ("figure", "value")
    list_filter = ("figure", "kind")
    search_fields = ("source",)
    ordering = ("figure", "kind", "-on", "-pk")
    date_hierarchy = "on"
    fields = (("figure", "kind"), ("value", "on"), "source")
    stamp = "added_at"
    csv_columns = (
        ("figure", "figure"),
        ("kind", "kind"),
        ("value", "value"),
        ("source", "source"),
        ("as of", "on"),
    )
