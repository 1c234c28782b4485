"""Addresses of admin pages and lists, as links between rows need them."""

from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.urls import NoReverseMatch, reverse


def address_of(row: Any) -> str:
    """The admin page of `row`; nothing where there is no row or no page."""
    if row is None or row.pk is None:
        return ""
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def list_of(model: type[models.Model], **filters: Any) -> str:
    """The admin list of `model` under `filters`, as the lookups stand in its address."""
    base = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{base}?{urlencode(filters)}" if filters else base


def page_of(name: str, *args: Any) -> str:
    """The address of a page of the product; nothing where that page is not mounted."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
