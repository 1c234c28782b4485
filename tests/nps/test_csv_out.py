"""Cells of a CSV: no text is a formula, and a number stays one."""

import csv
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from nps.csv_out import cell, lines


@pytest.mark.parametrize("text", ["=1+1", "+47 900 04 120", "-5", "@SUM(A1)", "\tx", "\r=1"])
def test_a_text_that_a_spreadsheet_would_run_is_neutralised(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-5, 0, -0.25, Decimal("-1.50")])
def test_a_number_is_not(value: object) -> None:
    assert cell(value) == value


def test_times_are_utc_and_nothing_is_empty() -> None:
    oslo = timezone(timedelta(hours=1))
    assert cell(datetime(2026, 11, 18, 10, 0, tzinfo=oslo)) == "2026-11-18T09:00:00Z"
    assert cell(datetime(2026, 11, 18, 9, 0, tzinfo=UTC)) == "2026-11-18T09:00:00Z"
    assert cell(date(2026, 11, 18)) == "2026-11-18"
    assert (cell(None), cell(True), cell(False), cell("plain")) == ("", "yes", "no", "plain")


def test_what_is_written_is_read_back_the_same() -> None:
    rows = [["a;b", 'say "hi"', "two\nlines", "ünï", "1,5"]]
    written = "".join(lines(["one", "two", "three", "four", "=five"], rows))
    read = list(csv.reader(written.splitlines(keepends=True)))
    assert read == [["one", "two", "three", "four", "'=five"], rows[0]]
