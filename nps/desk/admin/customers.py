"""Accounts, customers, products and tags."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models

from nps.desk import listing
from nps.desk.admin.fields import ZoneInput
from nps.desk.models import Account, Customer, Product, Tag, Ticket
from nps.managing import KeptAdmin, PortalModelAdmin, address_of, list_of


@admin.register(Account)
class AccountAdmin(KeptAdmin):
    list_display = ("name", "is_key", "plan", "since_on", "renewal_on", "external_id")
    list_filter = ("is_key", "plan")
    search_fields = ("name", "=external_id")
    ordering = ("name",)
    readonly_fields = ("created_at",)
    stamp = "created_at"
    csv_columns = (
        ("id", "pk"),
        ("name", "name"),
        ("key account", "is_key"),
        ("plan", "plan"),
        ("customer since", "since_on"),
        ("renewal on", "renewal_on"),
        ("external id", "external_id"),
    )

    def of_lead(self, rows: models.QuerySet[Any], user: Any) -> models.QuerySet[Any]:
        return rows.visible_to(user)  # type: ignore[attr-defined]

    def related_links(self, row: Account) -> Iterator[tuple[str, str]]:
        yield "Customers", list_of(Customer, account__id__exact=row.pk)
        yield "Tickets", list_of(Ticket, customer__account__id__exact=row.pk)


class CustomerForm(forms.ModelForm):
    class Meta:
        model = Customer
        fields = (
            "name",
            "account",
            "email",
            "phone",
            "preferred_contact",
            "language",
            "time_zone",
            "external_id",
            "is_internal",
        )
        widgets = {"time_zone": ZoneInput()}

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if email and Customer.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another customer has this address.")
        return email


@admin.register(Customer)
class CustomerAdmin(KeptAdmin):
    form = CustomerForm
    list_display = ("name", "account", "email", "phone", "language", "time_zone", "is_internal")
    list_filter = ("language", "preferred_contact", "is_internal", ("account", admin.EmptyFieldListFilter))
    list_select_related = ("account",)
    search_fields = ("name", "email", "account__name", "=external_id")
    ordering = ("name", "pk")
    autocomplete_fields = ("account",)
    readonly_fields = ("created_at",)
    stamp = "created_at"
    csv_columns = listing.CUSTOMER_COLUMNS

    def of_lead(self, rows: models.QuerySet[Any], user: Any) -> models.QuerySet[Any]:
        return rows.visible_to(user)  # type: ignore[attr-defined]

    def related_links(self, row: Customer) -> Iterator[tuple[str, str]]:
        yield "Tickets", list_of(Ticket, customer__id__exact=row.pk)
        yield "Account", address_of(row.account)


@admin.register(Product)
class ProductAdmin(KeptAdmin):
    list_display = ("name", "slug", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "slug")
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Tag)
class TagAdmin(PortalModelAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
