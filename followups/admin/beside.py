"""The way from answers, tickets and customers to their follow-ups, added from this side."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from followups.admin.filters import FollowUpFilter
from followups.models import FollowUp
from nps.desk.admin.customers import CustomerAdmin
from nps.desk.admin.tickets import TicketAdmin
from nps.desk.models import Customer, Ticket
from nps.managing import address_of, list_of
from nps.survey.admin.answers import ResponseAdmin
from nps.survey.models import Response

for model in (Response, Ticket, Customer):
    admin.site.unregister(model)


@admin.register(Response)
class AnswerAdmin(ResponseAdmin):
    list_display = (*ResponseAdmin.list_display[:-1], "follow_up", "answered_at")
    list_filter = (FollowUpFilter, *ResponseAdmin.list_filter)
    csv_columns = (*ResponseAdmin.csv_columns, ("follow-up", "follow_up_status"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        status = FollowUp.objects.filter(response=OuterRef("pk")).values("status")
        return super().get_queryset(request).annotate(follow_up_status=Subquery(status, output_field=CharField()))

    @admin.display(description="follow-up")
    def follow_up(self, row: Response) -> str:
        status = row.follow_up_status  # type: ignore[attr-defined]
        return str(FollowUp.Status(status).label) if status else "–"

    def related_links(self, row: Response) -> Iterator[tuple[str, str]]:
        yield "Follow-up", address_of(FollowUp.objects.filter(response=row).first())
        yield from super().related_links(row)


@admin.register(Ticket)
class TicketWithFollowUpsAdmin(TicketAdmin):
    def related_links(self, row: Ticket) -> Iterator[tuple[str, str]]:
        yield from super().related_links(row)
        for answer in Response.objects.filter(resolution__ticket=row).order_by("pk"):
            yield f"Answer {answer.score}", address_of(answer)
        for follow_up in FollowUp.objects.filter(response__resolution__ticket=row).order_by("pk"):
            yield str(follow_up), address_of(follow_up)


@admin.register(Customer)
class CustomerWithFollowUpsAdmin(CustomerAdmin):
    def related_links(self, row: Customer) -> Iterator[tuple[str, str]]:
        yield from super().related_links(row)
        yield "Answers", list_of(Response, customer__id__exact=row.pk)
        yield "Follow-ups", list_of(FollowUp, customer__id__exact=row.pk)
