"""Free text is stored as it came, or refused with the field, the reason and what would be right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps.errors import InvalidInput
from nps.text import clean_text


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50))
def test_text_comes_back_as_it_came(text: str) -> None:
    assert clean_text(text, field="note", max_length=50) is text


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("a\0b", "nul", "NUL"),
        ("a\ud800b", "surrogate", "position 1"),
        ("x" * 1001, "too_long", "1,001 characters long; 1,000"),
        (12, "invalid", "must be text"),
        ("  \n", "required", "is empty"),
    ],
)
def test_what_cannot_be_kept_says_why(text: object, code: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        clean_text(text, field="note", max_length=1000, is_required=True)
    assert (caught.value.code, caught.value.field) == (code, "note")


def test_the_limit_counts_characters_not_bytes() -> None:
    assert clean_text("😀" * 10, field="note", max_length=10) == "😀" * 10
    with pytest.raises(InvalidInput, match="11 characters"):
        clean_text("😀" * 11, field="note", max_length=10)


def test_nothing_at_all_is_the_empty_text() -> None:
    assert clean_text(None, field="note") == ""
