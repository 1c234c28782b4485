"""Time zone names as field validators, and nothing else."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_zone(value: str) -> None:
    """ValidationError unless `value` is an IANA zone such as Europe/Oslo."""
    if value not in known_zones():
        raise ValidationError(f"{value!r} is not a time zone; write one such as Europe/Oslo.", code="zone")
