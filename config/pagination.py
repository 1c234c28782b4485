"""Cursor pagination: as fast on page 1,000 as on page 1, and stable while rows arrive."""

from rest_framework.pagination import CursorPagination


class CreatedCursorPagination(CursorPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"
