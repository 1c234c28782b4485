"""The list of time zones that zone fields offer, once on a page."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from nps.desk.zones import known_zones

register = template.Library()


@register.simple_tag
def zones_datalist() -> SafeString:
    """Zones of places, and UTC, as the datalist “zones”."""
    offered = sorted(zone for zone in known_zones() if zone == "UTC" or ("/" in zone and not zone.startswith("Etc/")))
    return format_html(
        '<datalist id="zones">{}</datalist>', format_html_join("", '<option value="{}">', ((zone,) for zone in offered))
    )
