"""The desk's REST door: query parameters that are read exactly, or refused with what would be right."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from nps.desk.api.fields import BIGGEST_ID
from nps.filtering import said_twice, values_of

if TYPE_CHECKING:  # the framework reads its settings, and so this module, while it is still being imported
    from rest_framework.views import APIView

_DIGITS = re.compile(r"[0-9]{1,19}")


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter, and a parameter nobody knows is refused: `?teem=3` must not answer with everything."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: "APIView") -> QuerySet[Any]:
        if not request.query_params and getattr(view, "detail", False):
            return queryset  # one row by its id: a fifth of an act's time went into a form nobody filled in
        filterset = self.get_filterset_class(view, queryset)
        fields = filterset.base_filters if filterset else {}
        known = {"page_size", "cursor", "ordering", "format", *fields}
        refuse_unknown(request, known, several={name for name, one in fields.items() if isinstance(one, AnyOf)})
        chosen = self.get_filterset(request, queryset, view)
        if chosen is None:
            return queryset
        if not chosen.is_valid():
            raise wrong_parameters(chosen.form)
        return chosen.qs


def wrong_parameters(form: forms.Form) -> ValidationError:
    """The form's errors as those of a request. (django-filter's own translation trips over a % in a message.)"""
    return ValidationError({name: [str(message) for message in messages] for name, messages in form.errors.items()})


def refuse_unknown(request: Request, known: set[str], *, several: Collection[str] = ()) -> None:
    """ValidationError if the address carries a parameter that is not among `known`, or more than one value of one that
    takes no more (all but `several`)."""
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        sentence = f"There is no such parameter here; known are: {', '.join(sorted(known))}."
        raise ValidationError({name: [sentence] for name in unknown[:5]})
    values = {name: values_of(request.query_params, name) for name in request.query_params if name not in several}
    if repeated := {name: given for name, given in values.items() if len(given) > 1}:
        raise ValidationError({name: [f"It {said_twice(given)}."] for name, given in repeated.items()})


class WholeNumberField(forms.Field):
    """ASCII digits up to `most`."""

    def __init__(self, *, least: int = 1, most: int = BIGGEST_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> int | None:
        if value in (None, ""):
            return None
        if not _DIGITS.fullmatch(value) or not self.least <= int(value) <= self.most:
            shown = f"{self.least} to {self.most}" if self.most < BIGGEST_ID else f"{self.least} or above"
            raise forms.ValidationError(f"Must be a whole number, {shown}.")
        return int(value)


class InstantField(forms.Field):
    """A moment in ISO 8601 with its offset, as UTC."""

    def to_python(self, value: Any) -> datetime | None:
        if value in (None, ""):
            return None
        try:
            moment = parse_datetime(value)
            if moment is None or moment.tzinfo is None:
                raise ValueError
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise forms.ValidationError(
                "Must be a moment with its offset, such as 2026-11-18T09:00:00Z (a + is written %2B in an address)."
            ) from None


class FlagField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError("Must be true or false.")
        return bool(value == "true")


@extend_schema_field({"type": "integer", "minimum": 1})
class IdFilter(django_filters.Filter):
    field_class = WholeNumberField


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 10})
class ScoreFilter(django_filters.Filter):
    field_class = WholeNumberField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, least=0, most=10, **kwargs)


@extend_schema_field({"type": "string", "format": "date-time"})
class InstantFilter(django_filters.Filter):
    field_class = InstantField


@extend_schema_field({"type": "boolean"})
class FlagFilter(django_filters.Filter):
    field_class = FlagField


class TextFilter(django_filters.CharFilter):
    """Text compared as it came. Bounded: a pattern of megabytes is too much for a database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, strip=False, max_length=300, **kwargs)


@extend_schema_field({"type": "string", "description": "Id or slug."})
class SlugFilter(TextFilter):
    """`?team=3` or `?team=billing`: digits are an id."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value and _DIGITS.fullmatch(value) and int(value) <= BIGGEST_ID:
            return qs.filter(**{f"{self.field_name}_id": int(value)})
        return qs.filter(**{f"{self.field_name}__slug": value}) if value else qs


class AnyOf(django_filters.MultipleChoiceFilter):
    """`?status=open&status=waiting`: one of those."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, distinct=False, **kwargs)
