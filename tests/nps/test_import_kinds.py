"""Cells of an import, by kind: the same rules as at every other door, a column at a time."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from nps.importing.kinds import Clock, Day, Email, Flag, Moment, Number, Text, is_plain_email

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


def moments(*cells: str | None, format: str = "iso", zone: str = "UTC"):
    return Moment(Clock(format, zone), NOW).read(list(cells))


def test_times_become_utc_by_the_maps_format_and_zone() -> None:
    assert moments("29/2/2016 01:16", format="%d/%m/%Y %H:%M", zone="Europe/Oslo") == (["2016-02-29 00:16:00"], [])
    assert moments("2020-02-19 01:54:52.5", "2020-02-19T01:54:52+02:00", None, "2020-02-19")[0] == [
        "2020-02-19 01:54:52.500000",
        "2020-02-18 23:54:52",
        None,
        "2020-02-19 00:00:00",
    ]


def test_an_hour_that_comes_twice_is_the_first_of_them() -> None:
    assert moments("2026-10-25 02:30", zone="Europe/Oslo")[0] == ["2026-10-25 00:30:00"]


def test_a_time_that_clocks_left_out_is_a_wrong_line_that_says_which_were_right() -> None:
    slashes = {"format": "%d/%m/%Y %H:%M", "zone": "Europe/Oslo"}
    _, (problem,) = moments("30/03/2025 02:30", **slashes)
    assert problem.wrong == ("“30/03/2025 02:30” was never the time in Europe/Oslo, where clocks went forward past it.")
    assert problem.right == "30/03/2025 01:30 or 30/03/2025 03:30, whichever was meant; check the zone of the map."
    assert moments("30/03/2025 01:59", "30/03/2025 03:00", **slashes) == (
        ["2025-03-30 00:59:00", "2025-03-30 01:00:00"],
        [],
    )
    _, (problem,) = moments("2025-03-30 02:30:10", zone="Europe/Oslo")
    assert problem.right.startswith("2025-03-30 01:30:10 or 2025-03-30 03:30:10,")
    assert moments("2025-03-30T02:30+00:00", zone="Europe/Oslo") == (["2025-03-30 02:30:00"], [])
    assert moments("2025-03-30 02:30", zone="UTC") == (["2025-03-30 02:30:00"], [])


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("1970-01-01", "before 1980"),
        ("2026-11-20", "in the future"),
        ("31/31/2016", "no time"),
        ("", "no time"),
        ("9999-12-31T23:59:59-10:00", "no time"),
        ("0001-01-01T00:00:00+10:00", "no time"),
        ("2016-02-30", "no time"),
        ("٢٠١٦-٠٢-٠١", "no time"),
    ],
)
def test_nonsense_times_say_what_would_be_right(cell: str, wrong: str) -> None:
    values, problems = moments("2016-02-29", cell, "2016-02-28")
    assert [problem.at for problem in problems] == [1]
    assert wrong in problems[0].wrong
    assert problems[0].right
    assert values[0] == "2016-02-29 00:00:00"


def test_days_numbers_and_flags() -> None:
    assert Day(Clock()).read(["2019-12-16 23:28:32", None]) == (["2019-12-16", None], [])
    assert Number().read(["0", "12", None]) == ([0, 12, None], [])
    assert [p.at for p in Number().read(["-1", "1.0", "１", "1_0", "99999999999", " 1"])[1]] == [0, 1, 2, 3, 4, 5]
    assert Flag().read(["TRUE", "no", "1"]) == ([True, False, True], [])
    assert Flag().read(["maybe"])[1][0].right.startswith("true or false")


def test_text_is_kept_refused_or_cut_and_never_with_a_nul() -> None:
    assert Text(3).read(["abc", None, "æøå"]) == (["abc", None, "æøå"], [])
    assert [(p.at, p.wrong) for p in Text(3).read(["abcd", "a\x00", "x"])[1]] == [
        (0, "4 characters are too long."),
        (1, "“a\\x00” holds a NUL character."),
    ]
    assert Text(3, is_cut=True).read(["abcdef", None]) == (["abc", None], [])


@settings(deadline=None)
@given(st.one_of(st.emails(), st.text("aZ0._-+@", max_size=30), st.text(max_size=20)))
def test_the_quick_look_at_an_address_takes_none_that_django_refuses(text: str) -> None:
    try:
        validate_email(text)
        is_right = len(text) <= 254
    except ValidationError:
        is_right = False
    if is_plain_email(text):
        assert is_right
    problems = Email().read([text])[1]
    if text:
        assert bool(problems) == (not is_right)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["2016-02-29", "7", "true"])), max_size=8))
def test_every_kind_answers_for_every_cell(cells: list[str | None]) -> None:
    for kind in (Text(4), Email(), Number(), Flag(), Day(Clock()), Moment(Clock(), NOW)):
        values, problems = kind.read(list(cells))
        assert len(values) == len(cells)
        assert all(cells[problem.at] is not None for problem in problems)
        assert all(value is None for value, cell in zip(values, cells, strict=True) if cell is None)
