"""Policies in versions: saving makes the next one, and what follow-ups were opened under stays readable."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from followups.models import Policy
from followups.services import policing
from nps.managing import BY_FIELD, KeptAdmin, act


class PolicyForm(forms.ModelForm):
    class Meta:
        model = Policy
        fields = ("slug", *policing.RULES, "fallback_teams")

    def clean(self) -> Any:
        answers = super().clean() or self.cleaned_data
        low, high = answers.get("min_score"), answers.get("max_score")
        if low is not None and high is not None and low > high:
            self.add_error("max_score", "The highest score has to be at or above the lowest.")
        return answers


@admin.register(Policy)
class PolicyAdmin(KeptAdmin):
    form = PolicyForm
    list_display = (
        "name",
        "slug",
        "version",
        "is_current",
        "scores",
        "first_contact_hours",
        "close_days",
        "attempts_needed",
        "created_by",
        "created_at",
    )
    list_filter = ("is_current", "slug")
    list_select_related = ("created_by",)
    search_fields = ("name", "slug")
    ordering = ("-is_current", "min_score", "slug", "-version")
    formfield_overrides = {**BY_FIELD, models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    actions = ("retire",)
    fieldsets = (
        (None, {"fields": (("name", "slug"), ("min_score", "max_score"), "covers_key_accounts")}),
        (
            "By when",
            {
                "fields": (
                    ("first_contact_hours", "close_days"),
                    ("next_try_hours", "second_clock_hours"),
                    "most_hand_overs",
                )
            },
        ),
        ("Before “could not reach”", {"fields": (("attempts_needed", "attempt_days_needed", "channels_needed"),)}),
        ("Who", {"fields": ("tells_lead_at_once", "allows_rated_agent", "uses_any_team", "fallback_teams")}),
        ("Version", {"fields": (("version", "is_current"), ("created_at", "created_by"))}),
    )
    VERSION = ("version", "is_current", "created_at", "created_by")

    @admin.display(description="scores", ordering="min_score")
    def scores(self, row: Policy) -> str:
        return f"{row.min_score}–{row.max_score}{' and key accounts' if row.covers_key_accounts else ''}"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj is not None else self.fieldsets[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.VERSION, "slug") if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and not obj.is_current:
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        rules = {name: form.cleaned_data[name] for name in policing.RULES}
        teams = form.cleaned_data["fallback_teams"]
        by: Any = request.user
        at = timezone.now()
        if not change:
            made = policing.add(slug=form.cleaned_data["slug"], rules=rules, fallback_teams=teams, by=by, at=at)
        elif form.has_changed():
            before = Policy.objects.get(pk=obj.pk)
            form.initial["version"] = before.version
            made = policing.revise(policy=before, changes=rules, fallback_teams=teams, by=by, at=at)
            self.message_user(request, f"Version {made.version} holds from now on; version {before.version} stands.")
        else:
            return
        obj.__dict__.update(made.__dict__)
        if gaps := policing.uncovered_scores():
            scores = ", ".join(map(str, gaps))
            self.message_user(
                request, f"No policy names the scores {scores}; the strictest one stands in for them.", messages.WARNING
            )

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        message = super().construct_change_message(request, form, formsets, add)
        versions = f"version {form.initial.get('version')} → {form.instance.version}"
        return [*message, {"changed": {"fields": [versions]}}] if message and not add else message

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The verb wrote the teams with the version."""

    @act("Retire", done="retired", is_grave=True, fits=lambda row: row.is_current)
    def retire(self, request: HttpRequest, row: Policy, at: datetime) -> bool:
        return policing.retire(policy=row)
