"""The desk's REST door: what every list and every act of the API has in common."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from nps.desk.api.acting import asker
from nps.desk.api.fields import Body
from nps.desk.models import User


class RowsViewSet(viewsets.GenericViewSet):
    """Rows that the asker may see, and acts on them; subclasses narrow `visible`."""

    lookup_value_regex = "[0-9]{1,18}"
    ordering = "-id"
    ordering_fields: tuple[str, ...] = ("id",)
    write_scope = ""

    @property
    def asker(self) -> User:
        return asker(self.request)

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return rows.none() if getattr(self, "swagger_fake_view", False) else self.visible(rows)

    def visible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows

    def read(self, body: type[Body], **kwargs: Any) -> dict[str, Any]:
        """The checked request body; ValidationError with a pointer to each wrong field."""
        reading = body(data=self.request.data, context=self.get_serializer_context(), **kwargs)
        reading.is_valid(raise_exception=True)
        return dict(reading.validated_data)

    def show(self, row: Model, *, status: int = 200, shape: type[BaseSerializer] | None = None) -> Response:
        """The row in the view's own shape, or in `shape`."""
        chosen = shape or self.get_serializer_class()
        return Response(chosen(row, context=self.get_serializer_context()).data, status=status)

    def show_page(self, rows: QuerySet[Any], shape: type[BaseSerializer]) -> Response:
        """One page of rows that belong to another row."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shape(page, many=True, context=self.get_serializer_context()).data)


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RowsViewSet):
    """With their list and detail."""
