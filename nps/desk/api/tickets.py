"""The desk's REST door to tickets: lists, taking one in, replies and hand-overs."""

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from nps.desk.api.acting import acting_person
from nps.desk.api.filters import AnyOf, FlagFilter, IdFilter, InstantFilter, SlugFilter, TextFilter
from nps.desk.api.ticket_shapes import MessageShape, ReplyBody, TicketAssignBody, TicketBody, TicketShape
from nps.desk.api.viewsets import ReadViewSet
from nps.desk.models import Channel, Message, Ticket
from nps.desk.services import handing_over, replying, taking_in
from nps.errors import Conflict


class TicketFilter(django_filters.FilterSet):
    status = AnyOf(choices=Ticket.Status.choices)
    team = SlugFilter()
    product = SlugFilter()
    customer = IdFilter(field_name="customer_id")
    account = IdFilter(field_name="customer__account_id")
    assignee = IdFilter(field_name="assignee_id")
    source = TextFilter()
    external_id = TextFilter()
    channel = AnyOf(choices=Channel.choices)
    tag = TextFilter(field_name="tags__name")
    is_duplicate = FlagFilter()
    opened_at_after = InstantFilter(field_name="opened_at", lookup_expr="gte")
    opened_at_before = InstantFilter(field_name="opened_at", lookup_expr="lt")
    updated_at_after = InstantFilter(field_name="updated_at", lookup_expr="gte")
    updated_at_before = InstantFilter(field_name="updated_at", lookup_expr="lt")


class TicketViewSet(ReadViewSet):
    queryset = Ticket.objects.all()
    serializer_class = TicketShape
    filterset_class = TicketFilter
    ordering_fields = ("id", "opened_at", "updated_at")
    write_scope = "tickets:write"

    def visible(self, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
        rows = rows.visible_to(self.asker)  # type: ignore[attr-defined]
        return rows.prefetch_related("tags") if self.action in ("list", "retrieve") else rows

    @extend_schema(request=TicketBody, responses={201: TicketShape, 200: TicketShape})
    def create(self, request: Request) -> Response:
        """Open a ticket, once per (source, external_id): 201 if it is new, 200 with the first one if it is not."""
        wanted = self.read(TicketBody)
        try:
            ticket, is_new = taking_in.take_in(at=timezone.now(), **wanted)
        except Conflict as error:
            error.field = "customer/email" if error.field == "email" else error.field
            raise
        if not is_new and not self.get_queryset().filter(pk=ticket.pk).exists():
            raise Conflict(f"external_id {ticket.external_id!r} is taken.", field="external_id", code="taken")
        return self.show(ticket, status=201 if is_new else 200)

    @extend_schema(responses=MessageShape(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",))
    def messages(self, request: Request, pk: str) -> Response:
        """What was said, newest first."""
        return self.show_page(Message.objects.filter(ticket=self.get_object()), MessageShape)

    @extend_schema(request=ReplyBody, responses={201: MessageShape})
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, pk: str) -> Response:
        """A message of the customer or of staff. The customer's reopens a resolved ticket."""
        ticket, at = self.get_object(), timezone.now()
        said = self.read(ReplyBody)
        kind, author = said.pop("kind"), said.pop("author")
        if kind == Message.Kind.CUSTOMER:
            message = replying.customer_reply(ticket=ticket, at=at, **said)
        else:
            by = acting_person(request, author, field="author")
            assert by is not None
            message = replying.reply(ticket=ticket, by=by, kind=kind, at=at, **said)
        return self.show(message, status=201, shape=MessageShape)

    @extend_schema(request=TicketAssignBody)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Pass it to another person, another team, or both. 409 if it is resolved."""
        ticket = self.get_object()
        wanted = self.read(TicketAssignBody)
        by = acting_person(request, wanted.pop("by"), is_required=False)
        return self.show(handing_over.hand_over(ticket=ticket, by=by, at=timezone.now(), **wanted))
