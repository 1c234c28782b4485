"""How a customer is reached and addressed: what counts as an address, a zone, a language. Pure."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from nps.desk.zones import known_zones
from nps.errors import InvalidInput
from nps.text import clean_text

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?")


def clean_email(value: object, *, field: str = "email") -> str:
    """The address as it was written, or nothing; InvalidInput unless it looks like one."""
    text = clean_text(value, field=field, max_length=254)
    if text:
        try:
            validate_email(text)
        except ValidationError:
            raise InvalidInput(f"{field} must be an address such as ingrid@example.org.", field=field) from None
    return text


def clean_zone(value: object, *, field: str = "time_zone") -> str:
    text = clean_text(value, field=field, max_length=60, is_required=True)
    if text not in known_zones():
        raise InvalidInput(f"{field} must be an IANA time zone such as Europe/Oslo.", field=field, code="zone")
    return text


def clean_language(value: object, *, field: str = "language") -> str:
    text = clean_text(value, field=field, max_length=10, is_required=True)
    if not _LANGUAGE.fullmatch(text):
        raise InvalidInput(f"{field} must be a language code such as en or pt-BR.", field=field)
    return text
