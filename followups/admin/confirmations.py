"""What waits for a second person, and what was decided. Managers decide here too; the verbs ask whether they may."""

from collections.abc import Iterator
from datetime import datetime

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from followups.admin.outreach import REFUSALS, actor_of
from followups.models import Confirmation
from followups.services import confirming
from nps.managing import ReadOnlyAdmin, act, address_of, page_of


class DeclineForm(forms.Form):
    answer = forms.CharField(label="Why does it stay open?", max_length=confirming.LONGEST, widget=forms.Textarea)


@admin.register(Confirmation)
class ConfirmationAdmin(ReadOnlyAdmin):
    """“Not given by the customer”, as it waits for a second person; the verbs ask whether this one may decide."""

    refusals = REFUSALS
    list_display = ("follow_up", "customer", "score", "asked_by", "asked_at", "reason_start", "state", "decided_by")
    list_filter = ("state", "follow_up__team")
    list_select_related = ("follow_up__customer", "asked_by", "decided_by")
    search_fields = ("follow_up__id__exact", "follow_up__customer__name", "asked_by__username", "reason", "answer")
    date_hierarchy = "asked_at"
    ordering = ("-asked_at", "-pk")
    actions = ("confirm", "decline")
    act_related = ("follow_up__team", "follow_up__policy", "asked_by", "root_cause", "lesson")
    logs_acts = False  # written in the follow-up's history
    team_path = "follow_up__team"
    csv_columns = (
        ("follow-up", "follow_up_id"),
        ("customer", "follow_up__customer__name"),
        ("asked by", "asked_by"),
        ("asked at", "asked_at"),
        ("reason", "reason"),
        ("state", "state"),
        ("decided by", "decided_by"),
        ("decided at", "decided_at"),
        ("answer", "answer"),
    )

    @admin.display(ordering="follow_up__customer__name")
    def customer(self, row: Confirmation) -> str:
        return row.follow_up.customer.name

    @admin.display(ordering="follow_up__score")
    def score(self, row: Confirmation) -> int:
        return row.follow_up.score

    @admin.display(description="reason")
    def reason_start(self, row: Confirmation) -> str:
        return row.reason[:120]

    def related_links(self, row: Confirmation) -> Iterator[tuple[str, str]]:
        yield "Open in the queue", page_of("followup", row.follow_up_id)
        yield "Follow-up", address_of(row.follow_up)

    @act("Confirm and close", done="confirmed", fits=lambda row: row.state == Confirmation.State.PENDING)
    def confirm(self, request: HttpRequest, row: Confirmation, at: datetime) -> None:
        confirming.confirm(confirmation=row, by=actor_of(request), at=at)

    @act("Decline…", done="declined", form=DeclineForm, fits=lambda row: row.state == Confirmation.State.PENDING)
    def decline(self, request: HttpRequest, row: Confirmation, at: datetime, answer: str) -> None:
        confirming.decline(confirmation=row, by=actor_of(request), at=at, answer=answer)
