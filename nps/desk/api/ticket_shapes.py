"""The desk's REST door to tickets: what goes in and what comes out."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from nps.desk.api.customers import CustomerRef
from nps.desk.api.fields import Body, Flag, Ref, SlugRef, Text
from nps.desk.models import Channel, Message, Product, Team, Ticket, User
from nps.desk.models.users import WRITING
from nps.desk.services.replying import STAFF_KINDS
from nps.desk.services.taking_in import MOST_TAGS, TAG_LENGTH

REPLY_KINDS = [(kind.value, kind.label) for kind in (Message.Kind.CUSTOMER, *STAFF_KINDS)]


class ActiveUser(Ref):
    """The id of somebody who works here now."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(User, only={"is_active": True}, **kwargs)


class Responsible(ActiveUser):
    """The id of somebody who can be given work: an auditor, or a login without a role, cannot."""

    def rows(self) -> QuerySet[User]:
        return super().rows().filter(Q(is_superuser=True) | Q(groups__name__in=WRITING))


class TicketShape(serializers.ModelSerializer):
    tags = serializers.SlugRelatedField("name", many=True, read_only=True)

    class Meta:
        model = Ticket
        fields = [
            "id", "source", "external_id", "subject", "customer", "team", "assignee", "product", "tags", "channel",
            "status", "is_duplicate", "opened_at", "updated_at", "resolved_at", "contacts", "handovers",
            "resolutions_made", "version",
        ]  # fmt: skip
        read_only_fields = fields


class MessageShape(serializers.ModelSerializer):
    class Meta:
        model = Message
        fields = ["id", "ticket", "kind", "author", "is_qualified", "body", "external_id", "created_at"]
        read_only_fields = fields


class TicketBody(Body):
    """A new ticket. The same (source, external_id) again returns the first one unchanged."""

    subject = Text(max_length=300)
    team = SlugRef(Team, only={"is_active": True})
    customer = CustomerRef()
    external_id = Text(max_length=120, default="")
    source = Text(  # type: ignore[assignment]
        max_length=40, default="api", help_text="The system that the external_id belongs to."
    )
    channel = serializers.ChoiceField(Channel.choices, default=Channel.API)
    body = Text(default="", help_text="The customer's first message.")
    product = SlugRef(Product, default=None, allow_null=True)
    assignee = Responsible(default=None, allow_null=True)
    tags = serializers.ListField(child=Text(max_length=TAG_LENGTH), max_length=MOST_TAGS, default=list)
    is_duplicate = Flag(default=False, help_text="Merged into another ticket: resolving it asks nobody.")


class ReplyBody(Body):
    kind = serializers.ChoiceField(REPLY_KINDS)
    body = Text()
    author = ActiveUser(
        default=None, allow_null=True, help_text="Of a staff message; a key has to name one. None for the customer's."
    )
    external_id = Text(max_length=120, default="", help_text="Once per ticket; 409 if it is there already.")


class TicketAssignBody(Body):
    to = Responsible(allow_null=True, help_text="null: nobody in particular.")
    team = SlugRef(Team, only={"is_active": True}, default=None, allow_null=True)
    by = ActiveUser(default=None, allow_null=True)
