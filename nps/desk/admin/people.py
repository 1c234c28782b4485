"""Staff, their shifts and absences."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest

from nps.desk.admin.fields import LanguagesField, WeekdaysField, ZoneInput
from nps.desk.models import Absence, Membership, Shift, User
from nps.desk.models.teams import Weekday
from nps.managing import BlocksInline, PortalModelAdmin, RowsInline


class ShiftForm(forms.ModelForm):
    weekdays = WeekdaysField(help_text="Days on which the shift begins.")

    class Meta:
        model = Shift
        fields = ("user", "name", "weekdays", "starts", "ends", "time_zone", "valid_from", "valid_to")
        widgets = {"time_zone": ZoneInput()}


class MembershipInline(RowsInline):
    model = Membership
    autocomplete_fields = ("team",)
    ordering = ("pk",)
    verbose_name_plural = "teams"


class ShiftInline(BlocksInline):
    model = Shift
    form = ShiftForm
    ordering = ("pk",)
    fields = (("name", "time_zone"), "weekdays", ("starts", "ends"), ("valid_from", "valid_to"))


class AbsenceInline(RowsInline):
    model = Absence
    ordering = ("-starts_at",)


class StaffForm(UserChangeForm):
    languages = LanguagesField(required=False, help_text="Codes with commas between, such as en, nb.")

    class Meta(UserChangeForm.Meta):
        model = User
        widgets = {"time_zone": ZoneInput()}


class NewStaffForm(AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        model = User


def people_of(lead: User) -> models.QuerySet[Any]:
    """The ids of the people of the teams that `lead` leads. Addresses and absences of others are not theirs to read."""
    return Membership.objects.filter(team__in=lead.led_team_ids).values("user_id")


@admin.register(User)
class StaffAdmin(UserAdmin, PortalModelAdmin):  # type: ignore[misc]
    """Only a superuser makes superusers, gives single permissions, or touches a superuser's account."""

    form = StaffForm
    add_form = NewStaffForm
    list_display = ("username", "name", "email", "time_zone", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "groups", "teams", "is_staff", "is_qualified")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    autocomplete_fields = ()
    filter_horizontal = ("user_permissions",)
    inlines = (MembershipInline, ShiftInline, AbsenceInline)
    readonly_fields = ("last_login", "date_joined")
    ABOUT = (
        "About",
        {"fields": (("first_name", "last_name"), ("email", "phone"), ("time_zone", "languages"), "theme")},
    )
    WORK = ("Work", {"fields": ("groups", "is_qualified", "is_active", "is_staff")})
    fieldsets: ClassVar[Any] = ((None, {"fields": ("username", "password")}), ABOUT, WORK)
    superuser_fieldsets: ClassVar[Any] = (
        *fieldsets,
        ("Beyond the groups", {"fields": ("is_superuser", "user_permissions"), "classes": ("collapse",)}),
        ("Dates", {"fields": (("last_login", "date_joined"),)}),
    )

    @admin.display(description="name", ordering="first_name")
    def name(self, row: User) -> str:
        return row.get_full_name()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":  # the roles: few enough to be ticked
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and request.user.is_superuser:
            return self.superuser_fieldsets
        return super().get_fieldsets(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()

    def of_lead(self, rows: models.QuerySet[Any], user: Any) -> models.QuerySet[Any]:
        return rows.filter(pk__in=people_of(user))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # people are switched off; what they did keeps its name


@admin.register(Shift)
class ShiftAdmin(PortalModelAdmin):
    form = ShiftForm
    list_display = ("user", "name", "days", "starts", "ends", "time_zone", "valid_from", "valid_to")
    list_filter = ("name", "time_zone")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name", "name")
    ordering = ("user__username", "pk")
    autocomplete_fields = ("user",)

    def of_lead(self, rows: models.QuerySet[Any], user: Any) -> models.QuerySet[Any]:
        return rows.filter(user__in=people_of(user))

    @admin.display(description="days")
    def days(self, row: Shift) -> str:
        return ", ".join(str(Weekday(day).label)[:3] for day in row.weekdays)


@admin.register(Absence)
class AbsenceAdmin(PortalModelAdmin):
    list_display = ("user", "starts_at", "ends_at", "reason")
    list_select_related = ("user",)
    list_filter = ("starts_at",)
    search_fields = ("user__username", "user__first_name", "user__last_name", "reason")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)
    autocomplete_fields = ("user",)

    def of_lead(self, rows: models.QuerySet[Any], user: Any) -> models.QuerySet[Any]:
        return rows.filter(user__in=people_of(user))


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(PortalModelAdmin):
    """The four roles: what each may do is set by the product after every migrate."""

    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
    filter_horizontal = ("permissions",)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            from django.contrib.auth.models import Permission

            kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)
