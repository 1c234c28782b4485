"""The desk's REST door: fields that take a value exactly or say why not, and bodies that know all their fields."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from nps.desk.contacts import clean_email, clean_language, clean_zone
from nps.errors import InvalidInput
from nps.text import LONG, clean_text

BIGGEST_ID = 2**63 - 1


class Body(serializers.Serializer):
    """A request body. A name it does not know is refused: a mistyped `external_id` must not open a second ticket."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = [name for name, field in self.fields.items() if not field.read_only]
            unknown = [name for name in data if name not in known]
            if unknown:
                sentence = f"There is no such field here; known are: {', '.join(known) or 'none'}."
                raise serializers.ValidationError({str(name): [sentence] for name in unknown[:5]})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text kept as it came, or refused by nps.text.clean_text. Blank is allowed where it is not required."""

    def __init__(self, *, max_length: int = LONG, **kwargs: Any) -> None:
        is_optional = not kwargs.get("required", "default" not in kwargs)
        kwargs.setdefault("allow_blank", is_optional)
        super().__init__(max_length=max_length, trim_whitespace=False, **kwargs)

    def clean(self, data: Any, name: str) -> str:
        assert self.max_length is not None
        return clean_text(data, field=name, max_length=self.max_length, is_required=not self.allow_blank)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # Not CharField's own, which answers for "" before anybody has looked.
        return serializers.Field.run_validation(self, data)

    def to_internal_value(self, data: Any) -> str:
        try:
            return self.clean(data, self.field_name or "this")
        except InvalidInput as error:
            raise serializers.ValidationError(error.sentence, code=error.code) from None


class Email(Text):
    def clean(self, data: Any, name: str) -> str:
        return clean_email(data, field=name)


class Zone(Text):
    def clean(self, data: Any, name: str) -> str:
        return clean_zone(data, field=name)


class Language(Text):
    def clean(self, data: Any, name: str) -> str:
        return clean_language(data, field=name)


class Flag(serializers.BooleanField):
    """true or false, nothing like them."""

    def to_internal_value(self, data: Any) -> bool:
        if data is not True and data is not False:
            raise serializers.ValidationError("Must be true or false.", code="invalid")
        return data


class Instant(serializers.DateTimeField):
    """A moment in ISO 8601 with its offset, as UTC."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise serializers.ValidationError("Say the offset too, such as 2026-11-18T09:00:00Z.", code="offset")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            self.fail("overflow")


class Id(serializers.IntegerField):
    """The id of a row: a JSON integer of at most 64 bits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST_ID, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        return whole_number(data)


def whole_number(data: Any) -> int:
    """An id as a JSON integer; ValidationError otherwise."""
    if type(data) is not int or not 1 <= data <= BIGGEST_ID:
        raise serializers.ValidationError("Must be an id: a whole number above 0.", code="invalid")
    return data


@extend_schema_field({"type": "integer", "minimum": 1})
class Ref(serializers.Field):
    """The id of an existing row, read into that row in one statement. `only`: which rows count."""

    def __init__(self, model: type[Model], *, only: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.only = only or {}

    def to_internal_value(self, data: Any) -> Model:
        return self.find(pk=whole_number(data))

    def rows(self) -> QuerySet[Any]:
        """Those that it may name."""
        return self.model._default_manager.filter(**self.only)

    def find(self, **by: Any) -> Model:
        row = self.rows().filter(**by).first()
        if row is None:
            adjective = "active " if self.only.get("is_active") else ""
            noun = f"{adjective}{self.model._meta.verbose_name}"
            raise serializers.ValidationError(f"There is no {noun} {next(iter(by.values()))}.", code="does_not_exist")
        return row

    def to_representation(self, value: Any) -> int:
        return value.pk


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string"}], "description": "Id or slug."})
class SlugRef(Ref):
    """The id or the slug of an existing row."""

    def to_internal_value(self, data: Any) -> Model:
        if not isinstance(data, str):
            return super().to_internal_value(data)
        try:
            slug = clean_text(data, field=self.field_name or "this", max_length=120, is_required=True)
        except InvalidInput as error:
            raise serializers.ValidationError(ErrorDetail(error.sentence, code=error.code)) from None
        return self.find(slug=slug)
