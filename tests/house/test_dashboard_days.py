"""The days that the figures page is asked for: one alone, both, none, and those on which the clocks change."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from nps.survey.scoring import Counts
from tests.house.test_dashboard import PAGE, scored, text_of
from tests.managed import NOW, House

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]


def test_one_day_alone_is_a_period_too(house: House, manager: Client) -> None:
    scored(house, [10, 9])
    scored(house, [3], at=datetime(2026, 2, 2, 12, tzinfo=UTC))
    scored(house, [8], at=datetime(2026, 1, 4, 12, tzinfo=UTC))
    until = manager.get(PAGE, {"last": "2026-03-31"})
    assert until.context["report"].counts == Counts.of([3])
    assert "12 Jan to 31 Mar 2026" in text_of(until)
    assert "The other filters hold." not in text_of(until)
    told = b"".join(manager.get(f"{PAGE}csv/", {"last": "2026-03-31"}).streaming_content).decode()
    assert "about,,first day,2026-01-12," in told
    assert "about,,last day,2026-03-31," in told
    assert manager.get(PAGE, {"last": "2026-03-31", "period": "26w"}).context["report"].counts == Counts.of([3, 8])
    since = manager.get(PAGE, {"first": "2026-02-01"})
    assert since.context["report"].counts == Counts.of([10, 9, 3])
    assert since.context["chosen"].period.last == NOW.date()
    ahead = manager.get(PAGE, {"first": "2026-12-24"})
    assert "From: This day is still to come: give the last one too. The other filters hold." in text_of(ahead)
    assert ahead.context["report"].counts == Counts.of([10, 9])


def test_days_that_are_none_are_said_in_words(house: House, manager: Client) -> None:
    scored(house, [10, 9])
    nonsense = [
        {"first": "2026-02-30"},
        {"first": "yesterday", "last": "9999-99-99"},
        {"first": "2026-11-18", "last": "2026-11-01"},
        {"first": "0001-01-01"},
        {"last": "9999-12-31"},
        {"first": "1980-01-01", "last": "2199-12-31"},
    ]
    for asked in nonsense[:-1]:
        page = manager.get(PAGE, asked)
        assert page.status_code == 200, asked
        assert "The other filters hold." in text_of(page), asked
        assert page.context["report"].counts.n == 2, asked
    longest = manager.get(PAGE, nonsense[-1])
    assert longest.context["report"].counts.n == 2
    assert len(longest.context["weeks"]) < 250


def test_days_are_those_of_the_organisation_at_month_ends_and_when_clocks_change(
    house: House, manager: Client, settings: Any
) -> None:
    settings.TIME_ZONE = "Europe/Oslo"
    # 25 October 2026 has 25 hours in Oslo: 22:00 UTC the day before until 23:00 UTC.
    moments = ["2026-10-24T21:59", "2026-10-24T22:00", "2026-10-25T22:59", "2026-10-25T23:00", "2026-10-31T22:59"]
    for moment in moments:
        house.answered(9, at=datetime.fromisoformat(f"{moment}+00:00"))

    def count(**asked: str) -> int:
        return int(manager.get(PAGE, asked).context["report"].counts.n)

    assert count(first="2026-10-25", last="2026-10-25") == 2
    assert count(first="2026-10-24", last="2026-10-24") == 1
    assert count(first="2026-10-31") == 1
    assert count(first="2026-10-01", last="2026-10-31") == 5
    assert count(first="2026-11-01", last="2026-11-30") == 0
    page = manager.get(PAGE, {"first": "2026-10-25", "last": "2026-10-25"})
    assert page.context["chosen"].before_in_words == "the day before"
    assert page.context["chosen"].before().since == datetime(2026, 10, 23, 22, tzinfo=UTC)
    assert dict(page.context["chosen"].chips()) == {"25 Oct 2026 to 25 Oct 2026": "?"}
