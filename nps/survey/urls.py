"""Addresses of the customer's pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
