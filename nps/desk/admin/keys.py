"""API keys: issued with their secret shown once, revoked, never edited."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from nps.desk.admin.fields import ScopesField
from nps.desk.models import ApiKey, User
from nps.desk.services import revoking
from nps.managing import KeptAdmin, act


class IssueForm(forms.ModelForm):
    scopes = ScopesField(initial=["read"])
    days = forms.IntegerField(
        label="Days it works", min_value=1, max_value=3650, initial=365, help_text="After that a new key is needed."
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes")


@admin.register(ApiKey)
class ApiKeyAdmin(KeptAdmin):
    SHOWN = ("name", "prefix", "scope_names", "created_by", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_display = SHOWN
    list_filter = ("created_at", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("created_by",)
    search_fields = ("name", "prefix")
    ordering = ("-pk",)
    actions = ("revoke",)
    form = IssueForm
    fields = ("name", "scopes", "days")

    @admin.display(description="scopes")
    def scope_names(self, row: ApiKey) -> str:
        return ", ".join(row.scopes)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is None else self.SHOWN

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.SHOWN

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        answers, by = form.cleaned_data, cast(User, request.user)
        key, secret = ApiKey.issue(
            name=answers["name"], scopes=answers["scopes"], days=answers["days"], at=timezone.now(), by=by
        )
        obj.__dict__.update(key.__dict__)
        self.message_user(
            request, f"The secret of “{key.name}”, shown this once and stored nowhere: {secret}", messages.WARNING
        )

    @act("Revoke", done="revoked", is_grave=True, fits=lambda row: row.revoked_at is None)
    def revoke(self, request: HttpRequest, row: ApiKey, at: datetime) -> bool:
        return revoking.revoke(key=row, at=at)
