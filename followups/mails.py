"""Mails to staff about follow-ups: one sentence of why, the facts, one link; or the digest of a shift."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from followups import digests
from followups.digests import Digested
from followups.models import FollowUp, NoticeChoice
from followups.notices import DIGEST, KINDS, PREFIX, kind_of
from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail, Purpose
from nps.outbox.purposes import register as register_purpose


def load(ids: Iterable[int]) -> dict[int, FollowUp]:
    rows = FollowUp.objects.select_related("customer", "account", "assignee", "response__resolution__ticket", "team")
    return rows.in_bulk(list(ids))


def build(follow_up: FollowUp, delivery: Delivery, at: datetime) -> Mail | None:
    """None once the follow-up is closed, when it is no longer the recipient's, or when they want no such mails."""
    name = kind_of(delivery.purpose)
    kind = KINDS[name]
    if not follow_up.is_unclosed:
        return None
    if name == "to_confirm" and follow_up.second_asked_at is None:
        return None
    assignee = follow_up.assignee
    if kind.is_to_holder and (assignee is None or assignee.email != delivery.recipient):
        return None
    if NoticeChoice.objects.filter(user__email=delivery.recipient, kind=name, way=NoticeChoice.Way.OFF).exists():
        return None
    facts = {"customer": follow_up.customer.name, "score": follow_up.score}
    context = {
        "follow_up": follow_up,
        "kind": kind,
        "why": kind.why,
        "url": _address(reverse("followup", args=[follow_up.pk])),
        "settings_url": _address(f"{reverse('notices')}#{name}"),
        "organisation": settings.ORGANISATION,
    }
    return _mail(kind.subject.format(**facts), "notice", context)


def build_digest(digested: Digested, delivery: Delivery, at: datetime) -> Mail | None:
    """None where there is nothing to say, once the shift is over, or when the person takes no digest any more."""
    digest = digested.digest
    user = digest.user
    sections, told = digested.sections(at), digested.told()
    takes_it = NoticeChoice.objects.filter(user=user, way=NoticeChoice.Way.DIGEST).exists()
    if not (sections or told) or at >= digest.shift_ends_at or not takes_it:
        return None
    context = {
        "digest": digest,
        "user": user,
        "sections": sections,
        "told": told,
        "at": at,
        "url": _address(reverse("queue")),
        "base": settings.PUBLIC_URL,
        "settings_url": _address(reverse("notices")),
        "organisation": settings.ORGANISATION,
    }
    count = len(digested.mine)
    overdue = sum(row.due_at < at for row in digested.mine)
    yours = f"{count} {'follow-up' if count == 1 else 'follow-ups'}"
    subject = (
        f"Your shift: {yours}{f', {overdue} overdue' if overdue else ''}" if count else "Your shift: what happened"
    )
    return _mail(subject, "digest", context)


def _mail(subject: str, name: str, context: dict[str, Any]) -> Mail:
    return Mail(
        subject=subject[:180],
        text=render_to_string(f"followups/email/{name}.txt", context),
        html=render_to_string(f"followups/email/{name}.html", context),
    )


def _address(path: str) -> str:
    return settings.PUBLIC_URL + path


def register() -> None:
    for name in KINDS:
        register_purpose(f"{PREFIX}{name}", Purpose(load=load, build=build))
    register_purpose(DIGEST, Purpose(load=digests.load, build=build_digest))
