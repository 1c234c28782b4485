"""Who is helped, with what: accounts, customers, products, tags."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from nps.desk.models.tickets import Ticket
from nps.desk.zones import validate_zone


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user) -> "AccountQuerySet":
        """Those with a customer whom the person sees."""
        if user.sees_everything:
            return self
        return self.filter(Exists(Customer.objects.visible_to(user).filter(account=OuterRef("pk"))))


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user) -> "CustomerQuerySet":
        """Those with a ticket that the person sees; managers and auditors see all."""
        if user.sees_everything:
            return self
        return self.filter(Exists(Ticket.objects.visible_to(user).filter(customer=OuterRef("pk"))))


class Account(models.Model):
    name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=120, blank=True, default="")
    is_key = models.BooleanField("key account", default=False)
    plan = models.CharField(max_length=80, blank=True, default="")
    since_on = models.DateField("customer since", null=True, blank=True)
    renewal_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="account_external_id_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    class Contact(models.TextChoices):
        ANY = "", "No preference"
        PHONE = "phone", "Phone"
        EMAIL = "email", "E-mail"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="customers")
    name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    language = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_zone])
    preferred_contact = models.CharField(max_length=5, choices=Contact, blank=True, default=Contact.ANY)
    external_id = models.CharField(max_length=120, blank=True, default="")
    is_internal = models.BooleanField(default=False, help_text="A colleague: tickets are answered, never surveyed.")
    created_at = models.DateTimeField()

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="customer_external_id_once"
            ),
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="customer_email_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.strip() else self.name


class Product(models.Model):
    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name
