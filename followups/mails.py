"""Mails to staff about a follow-up: one sentence of why, the facts, one link."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from followups.models import FollowUp
from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail, Purpose
from nps.outbox.purposes import register as register_purpose

#: purpose -> (subject, why it was sent)
REASONS = {
    "followups.assigned": ("Call {customer} back: they gave {score}", "This follow-up is now yours."),
    "followups.confirmed": (
        "You are named as confirming: {customer} did not give this {score}",
        "It was closed as “not given by the customer” with you as the second person. Not so? Ask a lead to reopen it.",
    ),
    "followups.due_soon": ("Due within the hour: {customer}", "This follow-up of yours is due within the hour."),
    "followups.overdue": ("Overdue: {customer}, score {score}", "A follow-up of your team is overdue."),
    "followups.escalated": ("Long overdue: {customer}, score {score}", "A follow-up is overdue by its second clock."),
    "followups.handed_up": ("Please look at {customer}, score {score}", "A manager escalated this follow-up by hand."),
    "followups.nobody": ("Nobody can take {customer}, score {score}", "Nobody on any shift may take this follow-up."),
    "followups.told_at_once": ("{customer} gave {score}", "You asked to hear of such answers at once."),
}


def load(ids: Iterable[int]) -> dict[int, FollowUp]:
    rows = FollowUp.objects.select_related("customer", "account", "assignee", "response__resolution__ticket", "team")
    return rows.in_bulk(list(ids))


def build(follow_up: FollowUp, delivery: Delivery, at: datetime) -> Mail | None:
    """None once the follow-up is closed, or when it is no longer the recipient's."""
    if not follow_up.is_unclosed and delivery.purpose != "followups.confirmed":
        return None
    assignee = follow_up.assignee
    is_theirs = assignee is not None and assignee.email == delivery.recipient
    if delivery.purpose in ("followups.assigned", "followups.due_soon") and not is_theirs:
        return None
    subject, why = REASONS[delivery.purpose]
    facts = {"customer": follow_up.customer.name, "score": follow_up.score}
    context = {
        "follow_up": follow_up,
        "why": why,
        "url": settings.PUBLIC_URL + reverse("followup", args=[follow_up.pk]),
        "organisation": settings.ORGANISATION,
    }
    return Mail(
        subject=subject.format(**facts)[:180],
        text=render_to_string("followups/email/notice.txt", context),
        html=render_to_string("followups/email/notice.html", context),
    )


def register() -> None:
    for purpose in REASONS:
        register_purpose(purpose, Purpose(load=load, build=build))
