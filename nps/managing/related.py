"""Fields of Django admin that name other rows. What no row can be called is refused as an unknown row is, and a row
that is at hand is shown without asking for it again; inlines hold no more forms than were sent."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

BIGGEST = 2**63 - 1


def may_be_key(model: Any, value: Any) -> bool:
    """Whether `value`, as a form sends it, could be the primary key of a row at all."""
    if "\x00" in str(value):
        return False
    try:
        key = model._meta.pk.to_python(value)
    except ValidationError:
        return False
    return not isinstance(key, int) or -BIGGEST <= key <= BIGGEST


class RowField(forms.ModelChoiceField):
    def to_python(self, value: Any) -> Any:
        given = value if isinstance(value, models.Model) or value in self.empty_values else [value]
        if isinstance(given, list) and not may_be_key(self.queryset.model, value):  # type: ignore[union-attr]
            message = self.error_messages["invalid_choice"]
            raise ValidationError(message, code="invalid_choice", params={"value": value})
        return super().to_python(value)


class RowsField(forms.ModelMultipleChoiceField):
    def _check_values(self, value: Any) -> Any:
        for one in value if isinstance(value, list | tuple) else ():
            if not may_be_key(self.queryset.model, one):  # type: ignore[union-attr]
                message = self.error_messages["invalid_pk_value"]
                raise ValidationError(message, code="invalid_pk_value", params={"pk": one})
        return super()._check_values(value)  # type: ignore[misc]


class _Known:
    """`known`: key → how its row is called, for rows that need not be read again."""

    known: dict[str, str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {}

    def optgroups(self: Any, name: str, value: Any, attr: Any = None) -> Any:
        model = self.choices.queryset.model
        chosen = [one for one in map(str, value) if one not in self.choices.field.empty_values]
        if not chosen or not self.known.keys() >= set(chosen):
            return super().optgroups(name, [one for one in value if may_be_key(model, one)], attr)  # type: ignore[misc]
        is_optional = not self.is_required and not self.allow_multiple_selected
        options = [self.create_option(name, "", "", False, 0)] if is_optional else []
        for key in chosen:
            options.append(self.create_option(name, key, self.known[key], True, len(options)))
        return [(None, options, 0)]


class RowInput(_Known, AutocompleteSelect):
    pass


class RowsInput(_Known, AutocompleteSelectMultiple):
    pass


class AtHandForm(forms.ModelForm):
    """Tells the inputs of rows that were loaded with this one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            widget: Any = getattr(field.widget, "widget", field.widget)
            if isinstance(widget, RowInput):
                column: Any = self._meta.model._meta.get_field(name)
                row = getattr(self.instance, name) if column.is_cached(self.instance) else None
                widget.known = {} if row is None else {str(row.pk): str(row)}


class ChoosesRows:
    """For ModelAdmin and its inlines."""

    def formfield_for_foreignkey(self: Any, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("form_class", RowField)
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = RowInput(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self: Any, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("form_class", RowsField)
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = RowsInput(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class SentForms:
    """An inline makes no more forms than fields came with the request, whatever the request says of their number."""

    def get_formset(self: Any, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if request.method == "POST":
            most = self.get_max_num(request, obj)
            sent = len(request.POST)
            kwargs.setdefault("absolute_max", max(sent, 1))
            kwargs.setdefault("max_num", sent if most is None else min(most, sent))
        return super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
