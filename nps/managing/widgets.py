"""Dates and times in Django admin by the browser's own fields: they need no script and fit a phone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models

from nps.managing.related import AtHandForm, ChoosesRows, SentForms


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", **kwargs)


class MomentInput(forms.SplitDateTimeWidget):
    """A day and a time, in the zone of the person who fills it in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(date_format="%Y-%m-%d", time_format="%H:%M", **kwargs)
        day, clock = self.widgets
        day.input_type, clock.input_type = "date", "time"
        day.attrs["aria-label"], clock.attrs["aria-label"] = "Day", "Time"


BY_FIELD: dict[type[models.Field], dict[str, Any]] = {
    models.DateTimeField: {"form_class": forms.SplitDateTimeField, "widget": MomentInput},
    models.DateField: {"widget": DayInput},
    models.TimeField: {"widget": ClockInput},
}


class NamedInputs:
    """In a table the column says what a field is; this says it to those who cannot see the column."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None:
            name_input(field, str(db_field.verbose_name))
        return field


def name_input(field: forms.Field, name: str) -> None:
    widget: Any = getattr(field.widget, "widget", field.widget)  # the control inside a related field's wrapper
    widget.attrs.setdefault("aria-label", name.capitalize())


class NamedRows(forms.BaseInlineFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            name_input(form.fields["DELETE"], "Delete this row")


class _EditedInline(SentForms, ChoosesRows):
    """Loaded with the rows that they name: each is shown by its name."""

    form: Any = AtHandForm
    extra = 0
    formfield_overrides: Any = BY_FIELD

    def get_queryset(self: Any, request: Any) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)  # type: ignore[misc]
        named = [field.name for field in self.model._meta.fields if field.many_to_one]
        return rows.select_related(*named)


class RowsInline(NamedInputs, _EditedInline, admin.TabularInline):
    """Rows that belong to one and are edited with it."""

    formset = NamedRows


class BlocksInline(_EditedInline, admin.StackedInline):
    """The same for rows with many fields."""
