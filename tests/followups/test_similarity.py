"""Which lessons a case is like, without a database: words of any language, product, cause; never an error."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from followups.similarity import Index, Known, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The REFUND was not received", ["refund", "received"]),
        ("Die Rückerstattung für Łódź", ["ruckerstattung", "lodz"]),
        ("Ｉｎｖｏｉｃｅ 2026 #48213", ["invoice"]),
        ("Pakken på Ærø", ["pakken", "aero"]),
        ("請求書が違う VAT", ["請求", "求書", "書か", "か違", "違う", "vat"]),
        ("e-mail, e-mail!", ["mail", "mail"]),
        ("i w z na do", []),
        ("", []),
    ],
)
def test_words_worth_comparing(text: str, words: list[str]) -> None:
    assert words_of(text) == words


REFUND = Known(1, "Name one owner for every refund.", frozenset({7}), frozenset({3}), seen=9)
MAP = Known(2, "Repair the map on old phones.", frozenset({8}), frozenset({4}))
EXPORT = Known(3, "Let the customs export run in the background.", frozenset({8}), frozenset({4}))
INDEX = Index([REFUND, MAP, EXPORT])


def keys(words: str, **more) -> list[int]:
    return [match.key for match in INDEX.like(words, **more)]


def test_a_word_a_beginning_a_product_or_a_cause_makes_a_match_and_nothing_makes_none() -> None:
    assert keys("where is my refund") == [1]
    assert keys("they refunded nothing") == [1], "another form of the word"
    assert keys("it rained") == []
    assert keys("it rained", product_id=8) == [3, 2]
    assert keys("it rained", cause_ids={3}) == [1]
    assert keys("", product_id=99, cause_ids={99}) == []
    assert keys("the map is blank", product_id=7) == [2, 1], "words come before the product"
    assert len(keys("map, refund, export", limit=2)) == 2


def test_why_is_said_in_the_words_as_they_were_written() -> None:
    (match,) = Index([Known(1, "Rückerstattung benennen")]).like("Wo bleibt die RÜCKERSTATTUNG?")
    assert match.words == ("rückerstattung",)
    assert (match.is_same_cause, match.is_same_product) == (False, False)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=60), max_size=6), st.text(max_size=80))
def test_whatever_people_write_is_no_error_and_a_case_is_most_like_itself(texts: list[str], said: str) -> None:
    index = Index([Known(number, text) for number, text in enumerate(texts)])
    assert all(match.likeness > 0 for match in index.like(said, limit=99))
    words = f"{said} refund"
    best = Index([*(Known(n, t) for n, t in enumerate(texts)), Known(99, words)]).like(words, limit=1)
    assert best[0].likeness >= 0
    assert 99 in [m.key for m in Index([Known(99, words)]).like(words)]


def test_nothing_known_is_like_nothing() -> None:
    assert Index([]).like("refund", product_id=1, cause_ids={1}) == []
