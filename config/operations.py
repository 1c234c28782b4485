"""The operators' page in Django admin: does the loop turn, what is stuck, and what to do about each of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config import health
from config.meanings import MEANINGS
from followups import audits
from followups.models import FollowUp
from nps import times
from nps.desk.models import Resolution
from nps.managing import list_of
from nps.outbox import reports
from nps.outbox.models import Delivery, Heartbeat, ReceiverFailure
from nps.outbox.services import enqueueing
from nps.survey.models import Response

logger = logging.getLogger("nines.operations")

LISTED = 20
MOST_AT_ONCE = 5_000
TONES = {health.OK: "good", health.ATTENTION: "warn", health.FAILING: "bad"}


@dataclass(frozen=True)
class Finding:
    """One line of /readyz as people read it. `tone`: good, warn or bad."""

    key: str
    title: str
    tone: str
    figure: str
    note: str
    href: str = ""


def may_operate(user: Any) -> bool:
    """Managers and auditors; only managers act."""
    return bool(user.sees_everything and user.has_perm("nps.view_delivery"))


@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if not may_operate(user):
        raise PermissionDenied("Operations are for managers and auditors.")
    at = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": "Operations",
        "at": at,
        "findings": findings(at),
        "may_act": user.has_perm("nps.change_delivery"),
        "listed": LISTED,
        "most_at_once": MOST_AT_ONCE,
        "lists": _lists(),
        "dead": reports.dead(LISTED),
        "stuck": reports.stuck(at, LISTED),
        "failed": reports.failed_receivers(LISTED),
        "nobody": audits.nobody_eligible(LISTED),
        "audit": audits.audit(),
        "missing": audits.missing_answers(LISTED),
    }
    context["dead_count"] = next(one.figure for one in context["findings"] if one.key == "dead_deliveries")
    return TemplateResponse(request, "admin/operations.html", context)


@require_POST
def send_all_again(request: HttpRequest) -> HttpResponse:
    """Queue what was given up, up to MOST_AT_ONCE of it."""
    user: Any = request.user
    if not (may_operate(user) and user.has_perm("nps.change_delivery")):
        raise PermissionDenied("Only managers send mails again.")
    count = enqueueing.send_all_again(at=timezone.now(), limit=MOST_AT_ONCE)
    if count:
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(Delivery),
            object_repr=f"{count} mails not sent",
            action_flag=CHANGE,
            change_message="Send all again.",
        )
    words = {0: "Nothing was left to send again.", 1: "1 mail is queued again."}
    messages.success(request, words.get(count, f"{count:,} mails are queued again."))
    return HttpResponseRedirect(reverse("admin:operations"))


def findings(at: datetime) -> list[Finding]:
    """Every question of /readyz, asked here and now, in its order. Beside the broker's a fixed number of statements."""
    asked: dict[str, Callable[[], health.Check]] = {
        name: partial(ask, at) for name, ask in health.DATABASE_QUESTIONS.items()
    }
    order = ("database", "broker", *list(asked)[1:])
    asked["broker"] = health.check_broker
    return [_finding(name, asked[name]) for name in order]


def _finding(name: str, ask: Callable[[], health.Check]) -> Finding:
    meaning = MEANINGS[name]
    try:
        check = ask()
    except Exception:  # one broken question hides no other
        logger.exception("the state of %s could not be read", name)
        return Finding(name, meaning.title, "bad", "?", meaning.advice)
    tone = TONES[check["status"]]
    note = meaning.is_well if tone == "good" else meaning.advice
    return Finding(name, meaning.title, tone, _figure(check), note, _lists().get(name, ""))


def _figure(check: health.Check) -> str:
    if "count" in check:
        return f"{check['count']:,}"
    if "age_seconds" in check:
        age = check["age_seconds"]
        return "never" if age is None else times.brief(age)
    return "ok" if check["status"] == health.OK else "away"


def _lists() -> dict[str, str]:
    """Where the rows behind a line are."""
    return {
        "worker": list_of(Heartbeat),
        "beat": list_of(Heartbeat),
        "oldest_due_delivery": list_of(Delivery, status__exact="queued", o="5"),
        "stuck_leases": list_of(Delivery, status__exact="sending"),
        "dead_deliveries": list_of(Delivery, status__exact="dead"),
        "held_deliveries": list_of(Delivery, status__exact="held"),
        "unassigned_follow_ups": list_of(FollowUp, status__exact="open"),
        "low_scores_without_follow_up": list_of(Response, follow_up="missing"),
        "undecided_resolutions": list_of(Resolution, decision__isempty="1"),
        "failed_receivers": list_of(ReceiverFailure),
    }
