"""Figures as they are read: scores with their sign, shares with their denominator."""

from datetime import timedelta

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from nps.survey.charts import signed as signed_points
from nps.survey.estimates import Estimate
from nps.survey.scoring import Rate

register = template.Library()


@register.filter
def signed(value: float | None) -> str:
    return signed_points(value)


@register.filter
def percent(rate: Rate) -> str:
    """“27 %” in whole points; a dash of nothing."""
    return "–" if rate.share is None else f"{100 * rate.share:.0f}%"


@register.filter
def big_percent(rate: Rate) -> SafeString | str:
    """For key figures: one place after the point below ten, the sign small."""
    if rate.share is None:
        return "–"
    share = 100 * rate.share
    return format_html("{}<small>%</small>", f"{share:.1f}" if 0 < share < 10 else f"{share:.0f}")


@register.filter
def out_of(rate: Rate) -> str:
    """“1,284 of 4,690”."""
    return f"{rate.numerator:,} of {rate.denominator:,}"


@register.simple_tag
def out_of_rows(rate: Rate, href: str = "", whole_href: str = "") -> SafeString:
    """The same, each number as the link to exactly its rows."""
    return format_html("{} of {}", counted(rate.numerator, href), counted(rate.denominator, whole_href))


@register.filter
def one_place(value: float | None) -> str:
    """“8.2”; a dash of nothing."""
    return "–" if value is None else f"{value:.1f}"


@register.filter
def signed_place(value: float | None) -> str:
    """“+0.8”: points with their sign and one place."""
    return "–" if value is None else f"{value:+.1f}".replace("-", "−")


@register.filter
def share_range(found: Estimate) -> str:
    """“61% to 74%”: the 95 % interval of a share."""
    return f"{100 * found.low:.0f}% to {100 * found.high:.0f}%"


@register.filter
def hours(length: timedelta | None) -> SafeString | str:
    """“3 h 40 m” for key figures, the units small."""
    if length is None:
        return "–"
    minutes = int(length.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    whole, minutes = divmod(rest, 60)
    pairs = [(days, "d"), (whole, "h")] if days else [(whole, "h"), (minutes, "m")] if whole else [(minutes, "m")]
    return format_html_join(" ", "{}<small> {}</small>", [pair for pair in pairs if pair[0]] or [pairs[-1]])


@register.simple_tag
def counted(count: int, href: str = "") -> SafeString | str:
    """A count, as the link to exactly its rows where there are any and this person may open them."""
    return format_html('<a href="{}">{}</a>', href, f"{count:,}") if href and count else f"{count:,}"
