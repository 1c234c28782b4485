"""Small marks that every page uses: icons and times."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

#: 16 × 16 outlines, drawn in the current colour
ICONS = {
    "ticket": '<path d="M2 5.5A1.5 1.5 0 0 1 3.5 4h9A1.5 1.5 0 0 1 14 5.5v1a1.5 1.5 0 0 0 0 3v1a1.5 1.5 0 0 1-1.5'
    ' 1.5h-9A1.5 1.5 0 0 1 2 10.5v-1a1.5 1.5 0 0 0 0-3z"/>',
    "list": '<path d="M2.5 4h11M2.5 8h11M2.5 12h6"/>',
    "people": '<circle cx="6" cy="5.5" r="2.5"/><path d="M1.5 13.5c.4-2.6 2.2-4 4.5-4s4.1 1.4 4.5 4M10.5 3.2a2.5'
    ' 2.5 0 0 1 0 4.6M12.3 9.9c1.2.6 2 1.8 2.2 3.6"/>',
    "book": '<path d="M3 2.5h8.5A1.5 1.5 0 0 1 13 4v9.5H4.5A1.5 1.5 0 0 1 3 12zM3 12a1.5 1.5 0 0 1 1.5-1.5H13"/>',
    "chart": '<path d="M2.5 13.5h11M4.5 11V7.5M8 11V3.5M11.5 11V6"/>',
    "gear": '<circle cx="8" cy="8" r="2.2"/><path d="M8 1.8v1.8M8 12.4v1.8M1.8 8h1.8M12.4 8h1.8M3.6 3.6l1.3 1.3M11.1'
    ' 11.1l1.3 1.3M3.6 12.4l1.3-1.3M11.1 4.9l1.3-1.3"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.8V8l2.2 1.5"/>',
    "tick": '<path d="m3 8.5 3.2 3.2L13 4.8"/>',
    "cross": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "up": '<path d="m4 10 4-4 4 4"/>',
    "down": '<path d="m4 6 4 4 4-4"/>',
    "phone": '<path d="M5.2 2.5 6.6 5.3 5.3 6.8a8.5 8.5 0 0 0 3.9 3.9l1.5-1.3 2.8 1.4v2.2a1 1 0 0 1-1.1 1C7 13.6'
    ' 2.4 9 2 3.6a1 1 0 0 1 1-1.1z"/>',
    "warning": '<path d="M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6v.1"/>',
    "send": '<path d="m14 2-6.5 12-1.7-5.8L1.5 5.5z"/>',
    "eye": '<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="2"/>',
    "mail": '<path d="M2 4h12v8.5H2zM2 4.5l6 4.5 6-4.5"/>',
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>',
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """An outline icon, hidden from screen readers: the words beside it say the same."""
    return format_html('<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', mark_safe(ICONS[name]))
