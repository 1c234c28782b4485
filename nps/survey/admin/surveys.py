"""What is asked: surveys with their wording, topics, and the addresses that are left alone."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from nps.managing import BY_FIELD, BlocksInline, KeptAdmin, PortalModelAdmin, act, in_words
from nps.survey.models import Suppression, Survey, SurveyWording, Topic
from nps.survey.services import opting_out, revising


class WordingInline(BlocksInline):
    model = SurveyWording
    ordering = ("language",)
    fields = ("language", "question", ("why_low", "why_high"))


class SurveyForm(forms.ModelForm):
    class Meta:
        model = Survey
        fields = (
            "name",
            "slug",
            "is_active",
            "is_default",
            "teams",
            "delay_minutes",
            "reminder_days",
            "quiet_days",
            "sample_percent",
            "link_days",
        )

    def clean_is_default(self) -> bool:
        is_default = self.cleaned_data["is_default"]
        other = Survey.objects.filter(is_default=True).exclude(pk=self.instance.pk).first()
        if is_default and other is not None:
            raise forms.ValidationError(f"“{other}” is the default survey; make it no default first.")
        return is_default


def made_version(survey: Survey) -> dict[str, Any]:
    return {"changed": {"fields": [f"version {survey.version - 1} → {survey.version}"]}}


@admin.register(Survey)
class SurveyAdmin(KeptAdmin):
    form = SurveyForm
    list_display = ("name", "is_active", "is_default", "delay_minutes", "quiet_days", "sample_percent", "version")
    list_filter = ("is_active", "is_default")
    search_fields = ("name", "slug")
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    formfield_overrides = {**BY_FIELD, models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    readonly_fields = ("version",)
    inlines = (WordingInline,)
    fieldsets = (
        (None, {"fields": (("name", "slug"), ("is_active", "is_default"), "teams", "version")}),
        ("How often", {"fields": (("delay_minutes", "reminder_days"), ("quiet_days", "sample_percent"), "link_days")}),
    )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and (form.has_changed() or any(formset.has_changed() for formset in formsets)):
            revising.revised(survey=form.instance)
            form.instance.refresh_from_db(fields=["version"])

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        message = super().construct_change_message(request, form, formsets, add)
        return [*message, made_version(form.instance)] if message and not add and formsets is not None else message


@admin.register(SurveyWording)
class SurveyWordingAdmin(PortalModelAdmin):
    list_display = ("survey", "language", "question", "why_low", "why_high")
    list_filter = ("survey", "language")
    list_select_related = ("survey",)
    search_fields = ("question", "survey__name")
    ordering = ("survey__name", "language")
    autocomplete_fields = ("survey",)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        revising.revised(survey=form.instance.survey)

    def log_addition(self, request: HttpRequest, obj: SurveyWording, message: Any) -> Any:
        self._tell(request, obj, {"added": {"object": in_words(obj)}})
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: SurveyWording, message: Any) -> Any:
        changed = [part["changed"]["fields"] for part in message if "changed" in part]
        self._tell(request, obj, *({"changed": {"object": str(obj), "fields": fields}} for fields in changed))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            self._tell(request, row, {"deleted": {"object": in_words(row)}})
        return super().log_deletions(request, queryset)

    def delete_model(self, request: HttpRequest, obj: SurveyWording) -> None:
        super().delete_model(request, obj)
        revising.revised(survey=obj.survey)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        surveys = list(Survey.objects.filter(pk__in=queryset.values("survey")))
        super().delete_queryset(request, queryset)
        for survey in surveys:
            revising.revised(survey=survey)

    def _tell(self, request: HttpRequest, row: SurveyWording, *parts: dict[str, Any]) -> None:
        """The same in the history of the survey, of which this is a part."""
        name = str(self.opts.verbose_name)
        said = [{kind: {"name": name, **what}} for part in parts for kind, what in part.items()]
        super().log_change(request, row.survey, said)


class TopicForm(forms.ModelForm):
    """One text field for each language, in place of a JSON document."""

    class Meta:
        model = Topic
        fields = ("slug", "driver", "position", "is_last", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, _ in settings.LANGUAGES:
            self.fields[f"label_{code}"].initial = self.instance.labels.get(code, "")

    def save(self, commit: bool = True) -> Any:
        given = {code: self.cleaned_data[f"label_{code}"].strip() for code, _ in settings.LANGUAGES}
        # Labels of languages that are not offered at the moment stay.
        self.instance.labels = {**self.instance.labels, **given}
        self.instance.labels = {code: label for code, label in self.instance.labels.items() if label}
        return super().save(commit)


LABELS = {
    f"label_{code}": forms.CharField(label=f"Label in {name}", max_length=120, required=code == "en")
    for code, name in settings.LANGUAGES
}


@admin.register(Topic)
class TopicAdmin(KeptAdmin):
    form = type("TopicFormOfLanguages", (TopicForm,), dict(LABELS))
    list_display = ("__str__", "driver", "position", "is_last", "is_active")
    list_filter = ("driver", "is_active")
    list_editable = ("position", "is_active")
    search_fields = ("slug",)
    ordering = ("is_last", "position", "pk")
    fieldsets = (
        (None, {"fields": ("slug", "driver", "position", ("is_last", "is_active"))}),
        ("What customers read", {"fields": tuple(LABELS)}),
    )

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=forms.ModelForm, **kwargs)

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        obj.save()


class SuppressionForm(forms.ModelForm):
    class Meta:
        model = Suppression
        fields = ("address",)

    def clean_address(self) -> str:
        address = self.cleaned_data["address"].lower()
        if Suppression.objects.filter(address=address, lifted_at__isnull=True).exists():
            raise forms.ValidationError("This address is left alone already.")
        return address


@admin.register(Suppression)
class SuppressionAdmin(KeptAdmin):
    form = SuppressionForm
    list_display = ("address", "reason", "at", "lifted_at")
    list_filter = ("reason", ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("address",)
    date_hierarchy = "at"
    ordering = ("-pk",)
    actions = ("lift",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("address",) if obj is None else ("address", "reason", "at", "lifted_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        opting_out.opt_out(address=obj.address, at=timezone.now(), reason=Suppression.Reason.STAFF)
        kept = Suppression.objects.get(address=obj.address, lifted_at__isnull=True)
        obj.__dict__.update(kept.__dict__)

    @act("Lift, ask again", done="lifted", is_grave=True, fits=lambda row: row.lifted_at is None)
    def lift(self, request: HttpRequest, row: Suppression, at: datetime) -> bool:
        return opting_out.lift(suppression=row, at=at)
