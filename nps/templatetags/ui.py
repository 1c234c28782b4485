"""What every staff template draws with: icons, moments in the reader's zone, form fields."""

import calendar
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from nps import times
from nps.templatetags import portal

register = template.Library()

#: beside those of the portal
ICONS = {
    **portal.ICONS,
    "moon": '<path d="M13 9.5A5.5 5.5 0 1 1 6.5 3 4.5 4.5 0 0 0 13 9.5z"/>',
    "left": '<path d="m10 4-4 4 4 4"/>',
    "right": '<path d="m6 4 4 4-4 4"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "calendar": '<path d="M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2v3M10.5 2v3"/>',
    "person": '<circle cx="8" cy="5.5" r="2.5"/><path d="M3 13.5c.5-2.7 2.5-4 5-4s4.5 1.3 5 4"/>',
    "dots": '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01"/>',
    "star": '<path d="m8 2 1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z"/>',
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """An outline icon in the text's colour; decoration, so hidden from assistive technology."""
    return mark_safe(f'<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{ICONS[name]}</svg>')


@register.simple_tag
def key(name: str | int) -> SafeString:
    """The key that does the same. Assistive technology hears it from aria-keyshortcuts instead."""
    return format_html('<kbd aria-hidden="true">{}</kbd>', name)


@register.simple_tag
def moment(at: datetime | None) -> SafeString | str:
    """A short time in the reader's zone, the full one in the title."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="minutes"),
        times.full(local),
        times.short(local, timezone.localtime()),
    )


@register.simple_tag
def since(at: datetime) -> SafeString:
    """How long ago, or until, with the full time in the title."""
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="minutes"),
        times.full(local),
        times.from_now(at - timezone.now()),
    )


@register.simple_tag
def there(zone: str) -> str:
    """“Oslo, 10:42 there”: the customer's own clock."""
    return f"{times.place(zone)}, {timezone.localtime(timezone=ZoneInfo(zone)):%H:%M} there"


@register.filter
def is_night(zone: str) -> bool:
    """Whether most people of that zone sleep now: not a time to call."""
    return not 8 <= timezone.localtime(timezone=ZoneInfo(zone)).hour < 21


@register.filter
def place(zone: str) -> str:
    return times.place(zone)


#: where people say it shorter than Django does
NAMED = {"nb": "Norwegian"}


@register.filter
def language(code: str) -> str:
    """The English name of a language code; the code itself where there is no name."""
    if code in NAMED:
        return NAMED[code]
    try:
        return str(translation.get_language_info(code)["name"])
    except KeyError:
        return code


@register.filter
def first_lines(text: str, length: int) -> str:
    """The beginning of a text, cut at `length` characters."""
    return text if len(text) <= length else f"{text[:length].rstrip()}…"


@register.inclusion_tag("_field.html")
def field(bound: BoundField, label: str = "", is_quiet: bool = False) -> dict[str, Any]:
    """A labelled control with its hint and its error tied to it; `is_quiet` leaves out the word “optional”."""
    is_marked = not (bound.field.required or is_quiet)
    return {"field": bound, "label": label or bound.label, "is_marked": is_marked}


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """The current query string with some parameters changed; None or an empty value leaves one out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    return f"?{query.urlencode()}" if query else "?"


@register.filter
def weekday_words(weekdays: list[int]) -> str:
    """“every day”, “Mon–Fri”, “Mon, Wed”; 0 is Monday."""
    days = sorted(set(weekdays))
    if len(days) == 7:
        return "every day"
    names = [calendar.day_abbr[day] for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]}–{names[-1]}"
    return ", ".join(names)


TYPED = {"text", "note", "reason", "body", "subject", "lesson_text", "promise", "exception", "change"}


@register.simple_tag(takes_context=True)
def typed(context: template.Context) -> list[str]:
    """The free texts of a form that was sent and not taken: shown again, so that nobody types them twice."""
    sent = context["request"].POST if "request" in context else {}
    return [text for name, text in sent.items() if name.rsplit("-", 1)[-1] in TYPED and text.strip()]


@register.filter
def often(number: int) -> str:
    """“once”, “twice”, “9 times”."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
