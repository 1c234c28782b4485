"""The outbox's rows in Django admin: what left, what waits, what was given up, and who is alive."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from nps.managing import ReadOnlyAdmin, act
from nps.outbox.models import Delivery, Heartbeat, ReceiverFailure
from nps.outbox.services import enqueueing, holding, looking


class WhyForm(forms.Form):
    reason = forms.CharField(max_length=200, help_text="Kept with the message, for whoever asks why it never came.")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("id", "purpose", "recipient", "status", "due_at", "attempts", "settled_at", "last_error_line")
    list_filter = ("status", "purpose")
    search_fields = ("=recipient", "=message_id")
    search_help_text = "The whole address or the whole Message-ID."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    actions = ("send_again", "release", "presume_sent", "let_go", "cancel")
    csv_columns = (
        ("id", "pk"),
        ("purpose", "purpose"),
        ("about", "subject_id"),
        ("recipient", "recipient"),
        ("status", "status"),
        ("due at", "due_at"),
        ("attempts", "attempts"),
        ("settled at", "settled_at"),
        ("last error", "last_error"),
    )

    @admin.display(description="last error")
    def last_error_line(self, row: Delivery) -> str:
        return row.last_error[:120]

    @act("Send again", done="queued again", fits=lambda row: row.status == Delivery.Status.DEAD)
    def send_again(self, request: HttpRequest, row: Delivery, at: datetime) -> Any:
        return enqueueing.send_again(delivery=row, at=at)

    @act("Release, send it now", done="queued", fits=lambda row: row.status == Delivery.Status.HELD)
    def release(self, request: HttpRequest, row: Delivery, at: datetime) -> Any:
        return bool(holding.release(deliveries=Delivery.objects.filter(pk=row.pk), at=at))

    @act("It was sent", done="marked as sent", fits=lambda row: row.status == Delivery.Status.HELD)
    def presume_sent(self, request: HttpRequest, row: Delivery, at: datetime) -> Any:
        return holding.presume_sent(delivery=row)

    @act("Leave it", done="left at that", form=WhyForm, fits=lambda row: row.status in enqueueing.LEAVABLE)
    def let_go(self, request: HttpRequest, row: Delivery, at: datetime, reason: str) -> Any:
        return enqueueing.let_go(delivery=row, at=at, reason=f"{reason} ({request.user})")

    @act("Cancel", done="cancelled", form=WhyForm, is_grave=True, fits=lambda row: row.status == Delivery.Status.QUEUED)
    def cancel(self, request: HttpRequest, row: Delivery, at: datetime, reason: str) -> Any:
        return enqueueing.withdraw(delivery=row, at=at, reason=f"{reason} ({request.user})")


@admin.register(ReceiverFailure)
class ReceiverFailureAdmin(ReadOnlyAdmin):
    list_display = ("receiver", "times", "first_at", "last_at", "error", "seen_at")
    list_filter = (("seen_at", admin.EmptyFieldListFilter),)
    search_fields = ("receiver", "error")
    ordering = ("-last_at",)
    actions = ("seen",)

    @act("Seen, and being mended", done="marked as seen", fits=lambda row: row.seen_at is None)
    def seen(self, request: HttpRequest, row: ReceiverFailure, at: datetime) -> Any:
        return looking.seen(failure=row, at=at)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "at", "pid", "detail")
    search_fields = ("name",)
    ordering = ("name",)
