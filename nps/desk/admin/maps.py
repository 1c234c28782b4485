"""Column maps: edited as what they are, JSON, and checked as an import would check them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from nps.desk.models import ColumnMap
from nps.errors import DomainError
from nps.importing import registry
from nps.managing import PortalModelAdmin


class Indented(forms.JSONField):
    def prepare_value(self, value: Any) -> Any:
        import json

        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


class MapForm(forms.ModelForm):
    kind = forms.ChoiceField(help_text="What its lines are.")
    spec = Indented(
        label="map",
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "class": "vLargeTextField"}),
        help_text="Which column becomes which field. docs/importing.md explains every word of it.",
    )

    class Meta:
        model = ColumnMap
        fields = ("name", "kind", "note", "spec")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = [(kind, kind) for kind in registry.kinds()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "kind" in cleaned and "spec" in cleaned:
            try:
                registry.checked(cleaned["kind"], cleaned["spec"])
            except DomainError as error:
                self.add_error("spec", error.sentence)
        return cleaned


@admin.register(ColumnMap)
class ColumnMapAdmin(PortalModelAdmin):
    form = MapForm
    list_display = ("name", "kind", "note", "changed_at")
    list_filter = ("kind",)
    search_fields = ("name", "note")
    ordering = ("kind", "name")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.changed_at = timezone.now()
        obj.save()
