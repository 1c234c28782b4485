"""What each person is mailed, and the digests and briefings that were made."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from followups.models import Briefing, Digest, HeldNotice, NoticeChoice
from nps.managing import PortalModelAdmin, ReadOnlyAdmin


class TheirOwn:
    """How a colleague is mailed is not for leads to read."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        user: Any = request.user
        return rows if user.sees_everything else rows.filter(user=user)


@admin.register(NoticeChoice)
class NoticeChoiceAdmin(TheirOwn, PortalModelAdmin):
    list_display = ("user", "kind", "way")
    list_filter = ("way", "kind")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name")
    ordering = ("user__username", "kind")
    autocomplete_fields = ("user",)


@admin.register(Digest)
class DigestAdmin(TheirOwn, ReadOnlyAdmin):
    list_display = ("user", "shift_starts_at", "shift_ends_at", "made_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name")
    date_hierarchy = "shift_starts_at"
    ordering = ("-shift_starts_at", "-pk")


@admin.register(HeldNotice)
class HeldNoticeAdmin(ReadOnlyAdmin):
    team_path = "follow_up__team"
    list_display = ("user", "kind", "follow_up", "at", "digest")
    list_filter = ("kind",)
    list_select_related = ("user", "follow_up", "digest__user")
    search_fields = ("user__username", "user__first_name", "user__last_name")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")


@admin.register(Briefing)
class BriefingAdmin(TheirOwn, ReadOnlyAdmin):
    list_display = ("user", "rhythm", "day", "made_at")
    list_filter = ("rhythm",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name")
    date_hierarchy = "day"
    ordering = ("-day", "-pk")
