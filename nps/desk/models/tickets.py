"""Tickets, what was said on them, and every time they were resolved."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from nps.desk.models.users import User


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"
    CHAT = "chat", "Chat"
    WEB = "web", "Web"
    API = "api", "API"


def tickets_seen_by(user: "User", path: str = "") -> Q:
    """Tickets of the person's teams, and their own; managers and auditors see all. A condition on tickets, or on rows
    from which `path` ("ticket__") leads to one. Of those who see all it is empty: join it with &, never with |."""
    if user.sees_everything:
        return Q()
    return Q(**{f"{path}team_id__in": user.team_ids}) | Q(**{f"{path}assignee_id": user.pk})


class TicketQuerySet(models.QuerySet["Ticket"]):
    def unresolved(self) -> "TicketQuerySet":
        return self.filter(status__in=(Ticket.Status.OPEN, Ticket.Status.WAITING))

    def visible_to(self, user) -> "TicketQuerySet":
        return self.filter(tickets_seen_by(user))


class Ticket(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", "Open"
        WAITING = "waiting", "Waiting on customer"
        RESOLVED = "resolved", "Resolved"
        CLOSED = "closed", "Closed"

    source = models.CharField(max_length=40, default="desk", help_text="The system that the external id belongs to.")
    external_id = models.CharField(max_length=120, blank=True, default="")
    subject = models.CharField(max_length=300)
    customer = models.ForeignKey("nps.Customer", on_delete=models.PROTECT, related_name="tickets", db_index=False)
    team = models.ForeignKey("nps.Team", on_delete=models.PROTECT, related_name="tickets", db_index=False)
    assignee = models.ForeignKey(
        "nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False
    )
    product = models.ForeignKey("nps.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets")
    tags = models.ManyToManyField("nps.Tag", blank=True, related_name="tickets")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    is_duplicate = models.BooleanField(default=False, help_text="Merged into another ticket: resolving it asks nobody.")
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    contacts = models.PositiveIntegerField(default=0, help_text="Conversations with the customer so far.")
    handovers = models.PositiveIntegerField(default=0, help_text="Times it passed to another person or team.")
    resolutions_made = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(external_id=""), name="ticket_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "waiting"], resolved_at__isnull=True)
                | Q(status__in=["resolved", "closed"], resolved_at__isnull=False),
                name="ticket_resolved_at",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "status", "-updated_at"], name="ticket_team_list"),
            models.Index(fields=["assignee", "status", "-updated_at"], name="ticket_assignee_list"),
            models.Index(fields=["status", "-updated_at"], name="ticket_list"),
            models.Index(fields=["customer", "-opened_at"], name="ticket_customer_list"),
            models.Index(fields=["id"], name="ticket_merged", condition=Q(is_duplicate=True)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"


class Message(models.Model):
    class Kind(models.TextChoices):
        CUSTOMER = "customer", "From the customer"
        TRIAGE = "triage", "Triage"
        ANSWER = "answer", "Answer"
        INFORMATION_REQUEST = "information_request", "Request for information"
        VOICEMAIL = "voicemail", "Voicemail left"
        NOTE = "note", "Internal note"
        EVENT = "event", "Event"

    #: What counts as a contact with the customer: a conversation, never a note or a message left.
    CONTACTS = (Kind.ANSWER, Kind.INFORMATION_REQUEST)

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    author = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_qualified = models.BooleanField(default=False, help_text="The author was a qualified representative.")
    body = models.TextField(blank=True)
    external_id = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ticket", "created_at"], name="message_of_ticket")]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "external_id"], condition=~Q(external_id=""), name="message_external_id_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.ticket_id}"


class Resolution(models.Model):
    """One row each time a ticket is resolved, with a snapshot of who was responsible at that moment."""

    class Acceptance(models.TextChoices):
        PENDING = "pending", "Pending"
        ACCEPTED = "accepted", "Accepted by the customer"
        ASSUMED = "assumed", "Assumed (nothing heard for 7 days)"

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="resolutions", db_index=False)
    number = models.PositiveIntegerField()
    resolved_at = models.DateTimeField()
    resolved_by = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # The snapshot: later hand-overs and renames must not rewrite who was responsible.
    customer = models.ForeignKey("nps.Customer", on_delete=models.PROTECT, related_name="resolutions")
    account = models.ForeignKey("nps.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    agent = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    team = models.ForeignKey("nps.Team", on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey("nps.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    shift_name = models.CharField(max_length=40, blank=True, default="")
    contacts = models.PositiveIntegerField(default=0)
    handovers = models.PositiveIntegerField(default=0)
    is_first_contact = models.BooleanField(
        default=False, help_text="Solved within the first contact with a qualified representative."
    )
    first_contact_exception = models.CharField(max_length=200, blank=True, default="")
    acceptance = models.CharField(max_length=10, choices=Acceptance, default=Acceptance.PENDING)
    accepted_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopen_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="resolution_once"),
            models.CheckConstraint(
                condition=Q(acceptance="pending", accepted_at__isnull=True)
                | Q(acceptance__in=["accepted", "assumed"], accepted_at__isnull=False),
                name="resolution_accepted_at",
            ),
        ]
        indexes = [
            models.Index(fields=["-resolved_at"], include=["id", "team"], name="resolution_by_time"),
            models.Index(
                fields=["resolved_at"],
                name="resolution_pending",
                condition=Q(acceptance="pending", reopened_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Resolution {self.number} of ticket {self.ticket_id}"
