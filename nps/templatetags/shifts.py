"""Stretches of time on the pages about shifts."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone

from nps import times

register = template.Library()


@register.simple_tag
def clocks(start: datetime, end: datetime, zone: str = "") -> str:
    """“07:00–16:00” in the reader's zone, or in `zone` with its city before it."""
    tz = ZoneInfo(zone) if zone else timezone.get_current_timezone()
    words = f"{start.astimezone(tz):%H:%M}–{end.astimezone(tz):%H:%M}"
    return f"{times.place(zone)} {words}" if zone else words


@register.simple_tag
def stretch(start: datetime, end: datetime) -> str:
    """“Sat 21 Nov 16:00–20:00”, “Sat 21 Nov 22:00 – Sun 22 Nov 02:00” in the reader's zone."""
    first, last = timezone.localtime(start), timezone.localtime(end)
    begins = f"{first:%a} {first.day} {first:%b %H:%M}"
    return (
        f"{begins}–{last:%H:%M}" if first.date() == last.date() else f"{begins} – {last:%a} {last.day} {last:%b %H:%M}"
    )


@register.filter
def named(people: dict, user_ids: tuple[int, ...]) -> str:
    """“Sanna Holm, Tomas Berg”."""
    return ", ".join(str(people[pk]) for pk in user_ids)
