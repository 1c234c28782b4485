"""The desk's REST door to customers and accounts: read by who helps them, made known once and amended by who leads."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nps.desk.api.acting import asker, leads_any
from nps.desk.api.fields import Body, Email, Flag, Language, Ref, Text, Zone
from nps.desk.api.filters import FlagFilter, IdFilter, InstantFilter, TextFilter
from nps.desk.api.viewsets import ReadViewSet
from nps.desk.models import Account, Customer, User
from nps.desk.services import enrolling
from nps.desk.services.enrolling import NewAccount, NewCustomer
from nps.errors import NotAllowed

WRITE_SCOPE = "tickets:write"


class AccountShape(serializers.ModelSerializer):
    class Meta:
        model = Account
        fields = ["id", "external_id", "name", "is_key", "plan", "since_on", "renewal_on", "created_at"]
        read_only_fields = fields


class AccountBody(Body):
    """An account; sending a known external_id again returns it as it stands."""

    external_id = Text(max_length=120)
    name = Text(max_length=200, default="", help_text="The external_id unless given.")
    is_key = Flag(default=False)
    plan = Text(max_length=80, default="")
    since_on = serializers.DateField(default=None, allow_null=True)
    renewal_on = serializers.DateField(default=None, allow_null=True)


class AccountChanges(Body):
    name = Text(max_length=200)
    is_key = Flag()
    plan = Text(max_length=80, allow_blank=True)
    since_on = serializers.DateField(allow_null=True)
    renewal_on = serializers.DateField(allow_null=True)


class VisibleAccount(Ref):
    """The id of an account that the asker sees: linking a foreign one would open it to them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Account, **kwargs)

    def rows(self) -> QuerySet[Account]:
        return Account.objects.visible_to(asker(self.context["request"]))


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 1}, {"$ref": "#/components/schemas/AccountBodyRequest"}]}
)
class AccountRef(VisibleAccount):
    """The id of an account, or an object that makes one known."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        reading = AccountBody(data=data)
        reading.is_valid(raise_exception=True)
        return NewAccount(**reading.validated_data)


class CustomerShape(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = [
            "id", "external_id", "name", "email", "phone", "language", "time_zone", "preferred_contact", "is_internal",
            "account", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class CustomerBody(Body):
    """A customer, known by external_id or email; sending a known one again returns them as they stand."""

    external_id = Text(max_length=120, default="")
    email = Email(default="", max_length=254)
    name = Text(max_length=200, default="", help_text="The address or the external_id unless given.")
    phone = Text(max_length=40, default="")
    language = Language(max_length=10, default="en")
    time_zone = Zone(max_length=60, default="UTC")
    preferred_contact = serializers.ChoiceField(Customer.Contact.choices, default="")
    is_internal = Flag(default=False)
    account = AccountRef(default=None, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["external_id"] or attrs["email"]):
            raise serializers.ValidationError({"external_id": "Send external_id or email, or both."}, code="required")
        return attrs


class CustomerChanges(Body):
    email = Email(max_length=254, allow_blank=True)
    name = Text(max_length=200)
    phone = Text(max_length=40, allow_blank=True)
    language = Language(max_length=10)
    time_zone = Zone(max_length=60)
    preferred_contact = serializers.ChoiceField(Customer.Contact.choices)
    is_internal = Flag()
    account = VisibleAccount(allow_null=True)


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 1}, {"$ref": "#/components/schemas/CustomerBodyRequest"}]}
)
class CustomerRef(Ref):
    """The id of a customer, or an object that makes one known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Customer, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        reading = CustomerBody(data=data, context=self.context)
        reading.is_valid(raise_exception=True)
        return NewCustomer(**reading.validated_data)


class AccountFilter(django_filters.FilterSet):
    external_id = TextFilter()
    is_key = FlagFilter()
    name = TextFilter(lookup_expr="icontains")


class CustomerFilter(django_filters.FilterSet):
    external_id = TextFilter()
    email = TextFilter(method="by_email", help_text="In upper or lower case.")
    account = IdFilter(field_name="account_id")
    name = TextFilter(lookup_expr="icontains")
    is_internal = FlagFilter()
    created_at_after = InstantFilter(field_name="created_at", lookup_expr="gte")
    created_at_before = InstantFilter(field_name="created_at", lookup_expr="lt")

    def by_email(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        return rows.alias(address=Lower("email")).filter(address=value.lower())


class KnownViewSet(ReadViewSet):
    """Whom the asker helps; kept by programs, managers and leads."""

    write_scope = WRITE_SCOPE

    def visible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.visible_to(self.asker)  # type: ignore[attr-defined]

    def keeper(self) -> User | None:
        """Whoever is signed in and may write here, None for a program; NotAllowed for everybody else."""
        user = self.asker
        if user.pk is None:
            return None
        if not leads_any(user):
            raise NotAllowed("Only leads and managers change customers and accounts; a new customer comes by a ticket.")
        return user


class AccountViewSet(KnownViewSet):
    queryset = Account.objects.all()
    serializer_class = AccountShape
    filterset_class = AccountFilter

    @extend_schema(request=AccountBody, responses={201: AccountShape, 200: AccountShape})
    def create(self, request: Request) -> Response:
        by, wanted = self.keeper(), NewAccount(**self.read(AccountBody))
        account, is_new = enrolling.enrol_account(account=wanted, by=by, at=timezone.now())
        return self.show(account, status=201 if is_new else 200)

    @extend_schema(request=AccountChanges)
    def partial_update(self, request: Request, pk: str) -> Response:
        account = self.get_object()
        self.keeper()
        return self.show(enrolling.amend_account(account=account, **self.read(AccountChanges, partial=True)))


class CustomerViewSet(KnownViewSet):
    queryset = Customer.objects.all()
    serializer_class = CustomerShape
    filterset_class = CustomerFilter

    @extend_schema(request=CustomerBody, responses={201: CustomerShape, 200: CustomerShape})
    def create(self, request: Request) -> Response:
        by, wanted = self.keeper(), NewCustomer(**self.read(CustomerBody))
        customer, is_new = enrolling.enrol_customer(customer=wanted, by=by, at=timezone.now())
        return self.show(customer, status=201 if is_new else 200)

    @extend_schema(request=CustomerChanges)
    def partial_update(self, request: Request, pk: str) -> Response:
        customer = self.get_object()
        self.keeper()
        return self.show(enrolling.amend_customer(customer=customer, **self.read(CustomerChanges, partial=True)))
