"""The follow-ups' REST door: its addresses under /api/v1/."""

from rest_framework.viewsets import ViewSetMixin

#: prefix, viewset, basename
ROUTES: list[tuple[str, type[ViewSetMixin], str]] = []
