"""Teams, their hours and holidays, and who belongs to them."""

from django import forms
from django.contrib import admin

from nps.desk.admin.fields import ZoneInput
from nps.desk.models import Holiday, Membership, Team, WorkingHours
from nps.managing import KeptAdmin, PortalModelAdmin, RowsInline


class WorkingHoursInline(RowsInline):
    model = WorkingHours
    ordering = ("weekday", "starts")


class HolidayInline(RowsInline):
    model = Holiday
    ordering = ("on",)


class MembershipOfTeamInline(RowsInline):
    model = Membership
    autocomplete_fields = ("user",)
    ordering = ("pk",)
    verbose_name_plural = "members"


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ("name", "slug", "time_zone", "follows_sun", "is_active")
        widgets = {"time_zone": ZoneInput()}


@admin.register(Team)
class TeamAdmin(KeptAdmin):
    form = TeamForm
    list_display = ("name", "time_zone", "follows_sun", "is_active")
    list_filter = ("is_active", "follows_sun")
    search_fields = ("name", "slug")
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (WorkingHoursInline, HolidayInline, MembershipOfTeamInline)


@admin.register(WorkingHours)
class WorkingHoursAdmin(PortalModelAdmin):
    list_display = ("team", "weekday", "starts", "ends")
    list_filter = ("team", "weekday")
    list_select_related = ("team",)
    search_fields = ("team__name",)
    ordering = ("team__name", "weekday", "starts")
    autocomplete_fields = ("team",)


@admin.register(Holiday)
class HolidayAdmin(PortalModelAdmin):
    list_display = ("on", "name", "team")
    list_filter = ("team",)
    list_select_related = ("team",)
    search_fields = ("name", "team__name")
    date_hierarchy = "on"
    ordering = ("-on",)
    autocomplete_fields = ("team",)


@admin.register(Membership)
class MembershipAdmin(PortalModelAdmin):
    list_display = ("user", "team", "is_lead", "takes_outreach")
    list_filter = ("team", "is_lead", "takes_outreach")
    list_select_related = ("user", "team")
    search_fields = ("user__username", "user__first_name", "user__last_name", "team__name")
    ordering = ("team__name", "user__username")
    autocomplete_fields = ("user", "team")
