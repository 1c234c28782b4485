"""Only 0 to 10 in plain ASCII is a score."""

import pickle
from enum import IntEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps.survey.grammar import ScoreError, parse_score


@pytest.mark.parametrize("score", range(11))
def test_scores_as_text_and_as_whole_numbers(score):
    assert parse_score(str(score)) == score
    assert parse_score(score) == score
    assert type(parse_score(score)) is int


@pytest.mark.parametrize(
    "text",
    [
        *[
            "１０",
            "1_0",
            " 8 ",
            "8.0",
            "+8",
            "08",
            "-1",
            "11",
            "",
            "8\n",
            "8\0",
            "٨",
            "²",
            "1e1",
            "0x8",
            "10 ",
        ],
        *[None, True, False, 8.0, -1, 11, 10**30, float("nan"), b"8", [8], {"score": 8}],
    ],
    ids=repr,
)
def test_everything_else_is_no_score(text):
    with pytest.raises(ScoreError) as caught:
        parse_score(text)
    assert str(caught.value) == "Score must be a whole number from 0 to 10."
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@settings(deadline=None)
@given(st.text(max_size=4))
def test_no_text_but_the_eleven(text):
    eleven = {str(score) for score in range(11)}
    try:
        assert str(parse_score(text)) == text
        assert text in eleven
    except ScoreError:
        assert text not in eleven


def test_a_whole_number_of_another_type_comes_back_plain():
    class Face(IntEnum):
        SAD = 3

    assert type(parse_score(Face.SAD)) is int
