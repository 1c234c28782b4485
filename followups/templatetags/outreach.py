"""The follow-ups' side of shells and of other rooms' pages."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followups.access import sees
from followups.models import FollowUp, HistoryEntry
from followups.queue import Look, State, counts_of
from nps import times
from nps.desk.hours import current_window
from nps.desk.listing import capped_count
from nps.desk.models import Absence, Shift, Ticket, User
from nps.remembered import Remembered

register = template.Library()
SOON = timedelta(hours=1)
#: From here on a time of the day says more than a length of time.
FAR = timedelta(hours=3)


def _shift_of(user_id: int) -> str:
    patterns = [shift.pattern() for shift in Shift.objects.filter(user_id=user_id)]
    at = timezone.now()
    aways = [row.away() for row in Absence.objects.ending_after(at).filter(user_id=user_id)]
    window = current_window(patterns, aways, user_id, at)
    return f"{window[2]} shift" if window else "Off shift"


#: user id -> “Day shift”, for the foot of the rail
shift_of: Remembered[int, str] = Remembered(_shift_of, seconds=60)


@register.simple_tag(takes_context=True)
def rail(context: template.Context) -> dict[str, Any]:
    """The counts of the rail. Two statements."""
    request = context["request"]
    user: User = request.user
    look = Look(user, timezone.now())
    counts = counts_of(look)
    state = State.read(request.GET.dict(), look)
    tickets = Ticket.objects.visible_to(user).unresolved()
    return {
        "views": [
            {"key": key, "label": label, "count": counts[key], "is_bad": key == "overdue" and counts[key] > 0}
            for key, label in look.views().items()
        ],
        "open": counts[look.default_view],
        "tickets": capped_count(tickets),
        "view": state.view if "view" in request.GET or request.path == reverse("queue") else "",
        "shift": shift_of(user.pk),
        "area": request.path.split("/")[1],
    }


@register.filter
def due_kind(due_at: datetime) -> str:
    """“bad” when late, “warn” within the hour, else nothing."""
    left = due_at - timezone.now()
    if left < timedelta():
        return "bad"
    return "warn" if left < SOON else ""


@register.simple_tag
def due(due_at: datetime) -> SafeString:
    """“2 h 10 m over”, “in 45 m”, “15:30”, “Thu 09:00”, with the full time in the title."""
    now, local = timezone.now(), timezone.localtime(due_at)
    left = due_at - now
    if left < timedelta():
        words = f"{times.span(-left)} over"
    elif left < FAR:
        words = times.from_now(left)
    else:
        words = times.short(local, timezone.localtime())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(timespec="minutes"), times.full(local), words
    )


@register.filter
def dots(follow_up: FollowUp) -> list[bool]:
    """One per attempt the policy asks for, made or not."""
    needed = max(follow_up.policy.attempts_needed, 1)
    return [number < follow_up.attempts_made for number in range(needed)]


@register.simple_tag(takes_context=True)
def follow_ups_of_ticket(context: template.Context, ticket: Ticket) -> list[dict[str, Any]]:
    """The follow-ups of a ticket's answers, newest first, with whether this person may open them. One statement."""
    user = context["request"].user
    found = FollowUp.objects.filter(response__resolution__ticket=ticket).select_related("assignee", "response")
    return [{"follow_up": one, "is_seen": sees(user, one)} for one in found.order_by("-opened_at", "-pk")[:10]]


#: Entries whose sentence goes on after the name: “Sanna logged no answer”.
GOES_ON = {"claim", "release", "hand_over", "log_attempt", "close", "reopen", "cancel", "acknowledge", "undo_attempt"}


@register.simple_tag
def told(entry: HistoryEntry) -> SafeString:
    """One line of the history; a moment in it is shown in the reader's zone."""
    sentence = entry.sentence
    until = parse_datetime(entry.detail.get("until", "")) if entry.verb == "snooze" else None
    if until is not None:
        sentence = f"Snoozed until {times.short(timezone.localtime(until), timezone.localtime())}."
    if entry.actor is None:
        return format_html("{}", sentence)
    if entry.verb in GOES_ON or until is not None:
        return format_html("<b>{}</b> {}", entry.actor, sentence[:1].lower() + sentence[1:])
    return format_html("<b>{}</b>: {}", entry.actor, sentence)
