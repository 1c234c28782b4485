"""What the history of a row says of a change: every field from what to what, and never a secret."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.utils import construct_change_message
from django.db import models
from django.utils import timezone
from django.utils.choices import flatten_choices

_SECRET = re.compile("password|secret|token|credential")
_PLAIN = (str, int, float, bool, type(None))


def change_message(form: Any, formsets: Any, add: bool) -> list[dict[str, Any]]:
    """Django's own message of a change, with the value before and the one after beside the name of each field."""
    message: list[dict[str, Any]] = construct_change_message(form, formsets, add)
    parts = iter(message)
    if (add or form.changed_data) and "changed" in (part := next(parts)):
        part["changed"]["fields"] = list(_changes(form))
    for formset in formsets or ():
        for _ in formset.new_objects:
            next(parts)
        by_row = {id(one.instance): one for one in formset.forms}
        for row, _ in formset.changed_objects:
            next(parts)["changed"]["fields"] = list(_changes(by_row[id(row)]))
        for row in formset.deleted_objects:
            next(parts)["deleted"]["object"] = in_words(row)
    return message


def in_words(row: models.Model) -> str:
    """A row that is about to go: how it is called, and what it said."""
    said = [
        f"{field.verbose_name} {_words(None, field.value_from_object(row))}"
        for field in row._meta.concrete_fields
        if field.editable and not field.primary_key and not field.is_relation and not _SECRET.search(field.name)
    ]
    return f"{row} ({', '.join(said)})" if said else str(row)


def _changes(form: Any) -> Iterator[str]:
    for name in form.changed_data:
        field = form.fields.get(name)
        label = str((field and field.label) or name)
        if field is None or _SECRET.search(name) or isinstance(field.widget, forms.PasswordInput):
            yield label
            continue
        before, after = _words(field, form[name].initial), _words(field, form.cleaned_data.get(name))
        yield f"{label} {before} → {after}"


def _words(field: Any, value: Any) -> str:
    if isinstance(field, forms.ModelMultipleChoiceField):
        return _listed(map(str, _rows(field, value or ())))
    if isinstance(field, forms.ModelChoiceField):
        return _listed(map(str, _rows(field, () if value in (None, "") else (value,))))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "" or value == [] or value == ():
        return "nothing"
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        labels = {str(key): str(label) for key, label in flatten_choices(choices)}
        return _listed(labels.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value]))
    if isinstance(value, datetime):
        return f"{timezone.localtime(value) if timezone.is_aware(value) else value:%Y-%m-%d %H:%M %Z}".strip()
    if isinstance(value, list | tuple) and all(isinstance(one, _PLAIN) for one in value):
        return _listed(map(str, value))
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return f"“{value}”" if isinstance(value, str) else str(value)


def _rows(field: Any, values: Iterable[Any]) -> list[models.Model]:
    """Those that a field names, by the rows themselves or by their keys; in the order of their names."""
    given = list(values)
    rows = [one for one in given if isinstance(one, models.Model)]
    if keys := [one for one in given if not isinstance(one, models.Model)]:
        rows += field.queryset.model._default_manager.filter(**{f"{field.to_field_name or 'pk'}__in": keys})
    return sorted(rows, key=str)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
