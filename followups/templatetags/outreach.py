"""The follow-ups' side of shells and of other rooms' pages."""

from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followups.access import sees
from followups.census import counts_of, current
from followups.models import Confirmation, FollowUp, HistoryEntry, Letter
from followups.presence import Here
from followups.queue import Look, State
from followups.similar import Note, lessons_like_ticket
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
    """The counts of the rail; where the page has a census, from that."""
    request = context["request"]
    user: User = request.user
    look = context.get("look") or Look(user, timezone.now())
    counts = context.get("counts_here") or counts_of(look, context.get("census") or current(look)).views
    state = State.read(request.GET, look)
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


@register.simple_tag(takes_context=True)
def to_confirm(context: template.Context) -> int:
    """How many questions wait for this person as the second one. One statement, for leads and managers only."""
    user: User = context["request"].user
    return Confirmation.objects.decidable_by(user).count() if user.is_manager or user.led_team_ids else 0


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


@register.simple_tag
def due_words(follow_up: FollowUp, at: datetime) -> str:
    """“due today 14:00”, “due Thu 09:00”, “2 h 10 m overdue”, “closed”, in the active zone: for mails, where nothing
    ticks."""
    if not follow_up.is_unclosed:
        return follow_up.get_status_display().lower()
    if follow_up.snoozed_until is not None and follow_up.snoozed_until > at:
        return f"sleeps until {times.short(timezone.localtime(follow_up.snoozed_until), timezone.localtime(at))}"
    if follow_up.due_at < at:
        return f"{times.span(at - follow_up.due_at)} overdue"
    return f"due {times.short(timezone.localtime(follow_up.due_at), timezone.localtime(at))}"


@register.simple_tag
def renewal(on: date) -> SafeString:
    """“in 38 days”, “today”, “12 days ago”, with the day in the title."""
    days = (on - timezone.localdate()).days
    words = "today" if not days else f"in {days} day{'s' * (days != 1)}" if days > 0 else f"{-days} days ago"
    if abs(days) > 300:
        words = f"{on:%-d %b %Y}"
    return format_html('<time datetime="{}" title="{}">{}</time>', on.isoformat(), f"{on:%-d %B %Y}", words)


@register.filter
def at(others: dict[int, list[Here]], pk: int) -> list[Here]:
    """Whoever else has this follow-up open."""
    return others.get(pk, [])


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


@register.simple_tag
def similar_lessons(ticket: Ticket) -> list[Note]:
    """What was learned from cases like this ticket. One statement."""
    return lessons_like_ticket(ticket)


#: Entries whose sentence goes on after the name: “Sanna logged no answer”.
GOES_ON = {
    "claim", "release", "hand_over", "log_attempt", "close", "reopen", "cancel", "acknowledge", "undo_attempt",
    "ask_second", "decline", "withdraw", "say_about",
}  # fmt: skip


@register.filter
def letter_of(letters: list[Letter], entry: HistoryEntry) -> Letter | None:
    """The e-mail that this line of the history is about."""
    if entry.verb != "log_attempt" or "subject" not in entry.detail:
        return None
    same = (entry.at, entry.actor_id, entry.detail["subject"])
    return next((one for one in letters if (one.attempt.at, one.attempt.by_id, one.subject) == same), None)


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
