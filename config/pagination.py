"""Cursor pagination: as fast on page 1,000 as on page 1, stable while rows arrive, and right however many rows tie."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, Q
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from nps.errors import InvalidInput

if TYPE_CHECKING:  # the framework reads its settings, and so this module, while it is still being imported
    from rest_framework.views import APIView

LARGEST = 2**63 - 1


class InvalidCursor(exceptions.APIException):
    status_code = 400
    default_code = "invalid_cursor"
    default_detail = "This cursor is not one that was given out for this list; begin again without it."


@dataclass(frozen=True)
class Position:
    """A row that a page begins after: its id and the value it was sorted by, as text. Backwards: ends before."""

    ordering: str
    value: str
    pk: int
    is_backwards: bool

    def encoded(self) -> str:
        packed = json.dumps([self.ordering, self.value, self.pk, int(self.is_backwards)], separators=(",", ":"))
        return urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, cursor: str, ordering: str) -> "Position":
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            was, value, pk, is_backwards = json.loads(urlsafe_b64decode(padded))
        except (ValueError, TypeError, RecursionError, Base64Error):
            raise InvalidCursor from None
        if was != ordering or not isinstance(value, str) or type(pk) is not int or not 0 < pk <= LARGEST:
            raise InvalidCursor
        return cls(ordering, value, pk, bool(is_backwards))


class CreatedCursorPagination(BasePagination):
    """Newest first, or by `?ordering=` one of the view's `ordering_fields` (never null); the id decides ties."""

    page_size = 50
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: "APIView | None" = None) -> list[Any] | None:
        self._url = request.build_absolute_uri()
        size = self._size(request)
        ordering = self._ordering(request, view)
        name, is_descending = ordering.lstrip("-"), ordering.startswith("-")
        cursor = request.query_params.get("cursor")
        position = Position.decoded(cursor, ordering) if cursor is not None else None
        is_backwards = position is not None and position.is_backwards
        if position is not None:
            queryset = queryset.filter(_beyond(queryset.model, name, position, is_descending != is_backwards))
        sign = "-" if is_descending != is_backwards else ""
        queryset = queryset.order_by(f"{sign}id") if name == "id" else queryset.order_by(f"{sign}{name}", f"{sign}id")
        rows = list(queryset[: size + 1])
        has_more, rows = len(rows) > size, rows[:size]
        if is_backwards:
            rows.reverse()
        self._previous = self._next = None
        if rows and (has_more if is_backwards else position is not None):
            self._previous = _position(rows[0], ordering, name, is_backwards=True)
        if rows and (has_more or is_backwards):
            self._next = _position(rows[-1], ordering, name, is_backwards=False)
        return rows

    def _size(self, request: Request) -> int:
        asked = request.query_params.get("page_size")
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and len(asked) < 6 and 1 <= int(asked) <= self.max_page_size):
            raise InvalidInput(f"page_size must be a whole number from 1 to {self.max_page_size}.", field="page_size")
        return int(asked)

    def _ordering(self, request: Request, view: "APIView | None") -> str:
        default = getattr(view, "ordering", "-id")
        asked = request.query_params.get("ordering")
        if asked is None:
            return str(default)
        allowed = orderings(view)
        if asked not in allowed:
            raise InvalidInput(f"ordering must be one of {', '.join(allowed)}.", field="ordering")
        return asked

    def _link(self, position: Position | None) -> str | None:
        if position is None:
            return None
        return replace_query_param(remove_query_param(self._url, "cursor"), "cursor", position.encoded())

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._link(self._next), "previous": self._link(self._previous), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        sized = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        ordered = {"type": "string", "enum": orderings(view), "default": getattr(view, "ordering", "-id")}
        described = {
            "page_size": ("How many to a page.", sized),
            "cursor": ("Where a page begins: out of `next` and `previous`, never made by hand.", {"type": "string"}),
            "ordering": ("What to sort by; - for descending.", ordered),
        }
        return [
            {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
            for name, (text, schema) in described.items()
        ]


def orderings(view: "APIView | None") -> list[str]:
    """What `?ordering=` takes on this view."""
    names = getattr(view, "ordering_fields", ("id",))
    return [f"{sign}{name}" for name in names for sign in ("", "-")]


def _position(row: Model, ordering: str, name: str, *, is_backwards: bool) -> Position:
    value = "" if name == "id" else cast(Field, row._meta.get_field(name)).value_to_string(row)
    return Position(ordering, value, row.pk, is_backwards)


def _beyond(model: type[Model], name: str, position: Position, is_less: bool) -> Q:
    lookup = "lt" if is_less else "gt"
    if name == "id":
        return Q(**{f"id__{lookup}": position.pk})
    try:
        value = cast(Field, model._meta.get_field(name)).to_python(position.value)
        if isinstance(value, datetime):
            value = value.astimezone(UTC)
    except (FieldDoesNotExist, ValidationError, ValueError, OverflowError):
        raise InvalidCursor from None
    if value is None or (isinstance(value, int) and abs(value) > LARGEST):
        raise InvalidCursor
    # The plain range first, so that an index on the sorted column is walked from there.
    tied_or_beyond = Q(**{f"{name}__{lookup}": value}) | Q(**{f"id__{lookup}": position.pk})
    return Q(**{f"{name}__{lookup}e": value}) & tied_or_beyond
