"""Figures as they are read: scores with their sign, shares with their denominator."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nps.survey.charts import signed as signed_points
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
