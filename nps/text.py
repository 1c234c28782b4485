"""Free text as people write it: stored as it came, or refused with the reason. Pure."""

from nps.errors import InvalidInput

LONG = 20_000
LINE = 200


def clean_text(value: object, *, field: str, max_length: int = LONG, is_required: bool = False) -> str:
    """`value` unchanged if a database of either kind can keep it; InvalidInput says what is wrong otherwise."""
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise InvalidInput(f"{field} must be text.", field=field)
    if "\x00" in value:
        raise InvalidInput(f"{field} holds a NUL character (U+0000); leave it out.", field=field, code="nul")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"{field} holds half of a surrogate pair at position {error.start}; send well-formed Unicode.",
            field=field,
            code="surrogate",
        ) from None
    if len(value) > max_length:
        raise InvalidInput(
            f"{field} is {len(value):,} characters long; {max_length:,} is the most that is kept.",
            field=field,
            code="too_long",
        )
    if is_required and not value.strip():
        raise InvalidInput(f"{field} is empty; write something.", field=field, code="required")
    return value
