"""The figures page: what it shows is what the rows say, every count opens exactly its rows, and it stands by itself."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import dashboard
from followups.models import FollowUp, RootCause
from nps.survey.models import Response
from nps.survey.scoring import Counts, compare, nps
from tests import factories
from tests.factories import AT
from tests.managed import NOW, House, browser_of

pytestmark = pytest.mark.django_db
PAGE = "/dashboard/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def house() -> House:
    return House.open()


@pytest.fixture
def manager(house: House) -> Client:
    return browser_of(house.manager)


def text_of(page: Any) -> str:
    """The words of the page, as they are read."""
    words = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(words))


def scored(house: House, scores: list[int], **given: Any) -> None:
    """Answers written as the verb writes them; one of them by the verb itself."""
    first = house.answered(scores[0], **given)
    for score in scores[1:]:
        house.answered(score, customer=first.customer, **given)


def test_strangers_sign_in_first_and_the_page_only_reads(manager: Client) -> None:
    assert Client().get(PAGE).status_code == 302
    assert manager.post(PAGE).status_code == 405
    assert manager.head(PAGE).status_code == 200


def test_an_empty_house_says_what_to_do_first(manager: Client) -> None:
    page = manager.get(PAGE)
    assert page.status_code == 200
    assert "The first answer will appear here" in text_of(page)
    assert reverse("admin:nps_team_changelist") in page.content.decode()
    assert manager.get(PAGE, {"period": "4w", "channel": "phone"}).status_code == 200


def test_the_score_its_interval_and_n_are_those_of_the_rows(house: House, manager: Client) -> None:
    scores = [10] * 18 + [9] * 4 + [8] * 4 + [7] * 2 + [5] * 3 + [0]
    scored(house, scores)
    earlier = [10] * 3 + [2] * 3
    scored(house, earlier, at=AT - timedelta(weeks=12))
    expected = nps(Counts.of(scores))
    page = manager.get(PAGE)
    words = text_of(page)
    assert round(expected.point or 0) == 56
    assert "+56" in words
    low, high = round(expected.low), round(expected.high)
    assert f"Likely range (95%): +{low} to +{high} , excellent, from 32 answers" in words
    change = compare(Counts.of(scores), Counts.of(earlier))
    assert change.words.split(",")[0].capitalize() in words
    assert page.context["report"].nps == expected


def test_under_thirty_answers_nothing_is_scored(house: House, manager: Client) -> None:
    scored(house, [10] * 29)
    words = text_of(manager.get(PAGE))
    assert "29 answers : under 30, not scored" in words
    assert "Under 30 answers, not scored" in words
    assert "NPS not scored on a scale" in manager.get(PAGE).content.decode()


def test_both_rates_show_their_denominators(house: House, manager: Client) -> None:
    scored(house, [9, 3])
    from nps.desk.services import resolving

    for _ in range(2):
        silent = factories.ticket(factories.customer(), house.billing, assignee=house.mara)
        resolving.resolve(ticket=silent, by=house.mara, at=AT)
    words = text_of(manager.get(PAGE))
    assert "100 % 2 of 2 questions delivered" in words
    assert "50 % 2 of 4 resolutions" in words


def test_every_count_opens_exactly_its_rows(house: House, manager: Client) -> None:
    house.fill(4)
    house.follow_up(3, team=house.chat, at=AT - timedelta(weeks=20))
    page = manager.get(PAGE, {"team": house.billing.pk})
    links = re.findall(r'<a href="(/admin/[^"]+)">([\d,]+)(?: answers?)?</a>', page.content.decode())
    assert len(links) >= 8
    for href, count in links:
        opened = manager.get(html.unescape(href))
        assert opened.context["cl"].result_count == int(count), href


def test_the_outcomes_page_opens_exactly_its_rows_whatever_the_filter(house: House, manager: Client) -> None:
    house.fill(3)
    house.close(house.follow_up(4, team=house.chat), cause=RootCause.objects.get(name="Quality of product"))
    house.close(house.follow_up(4), cause=RootCause.objects.get(name="Outage"))
    tracking = reverse("admin:followups_tracking")
    quality, outage = RootCause.objects.get(name="Quality of product"), RootCause.objects.get(name="Outage")
    asked: list[dict[str, Any]] = [
        {},
        {"period": "all"},
        {"team": house.billing.pk},
        {"status": "closed"},
        {"outcome": "solved"},
        {"cause": quality.pk},
        {"cause": outage.pk},
    ]
    for filters in asked:
        page = manager.get(tracking, filters)
        links = re.findall(r'<a href="(/admin/[^"]+)">(\d+)</a>', page.content.decode())
        assert len(links) >= 8, filters
        for href, count in links:
            opened = manager.get(html.unescape(href))
            assert opened.context["cl"].result_count == int(count), (filters, href)


def test_filters_stand_in_the_address_and_can_be_taken_away(house: House, manager: Client) -> None:
    scored(house, [10, 9])
    scored(house, [3], team=house.chat)
    asked = {"period": "4w", "team": house.billing.pk, "channel": "email"}
    page = manager.get(PAGE, asked)
    assert page.context["report"].counts == Counts.of([10, 9])
    chips = dict(page.context["chosen"].chips())
    assert set(chips) == {"Billing", "E-mail"}
    without = manager.get(PAGE + chips["Billing"])
    assert without.context["report"].counts == Counts.of([10, 9, 3])
    assert "Chat" in {segment.name for segment, *_ in without.context["segments"]}


def test_filters_that_are_none_are_said_and_do_not_narrow(house: House, manager: Client) -> None:
    scored(house, [10, 9])
    page = manager.get(PAGE, {"period": "yesterday", "team": "x", "product": "9" * 40, "channel": "\x00"})
    assert page.status_code == 200
    assert "The other filters hold." in text_of(page)
    assert page.context["report"].counts.n == 2
    nothing = manager.get(PAGE, {"channel": "chat"})
    assert "No answers and no resolved tickets match." in text_of(nothing)


def test_if_the_follow_ups_break_the_score_still_shows(
    house: House, manager: Client, monkeypatch: Any, caplog: Any
) -> None:
    scored(house, [10] * 30)

    def broken(*args: Any) -> None:
        raise RuntimeError("no such column")

    monkeypatch.setattr(dashboard, "loop_figures", broken)
    page = manager.get(PAGE)
    assert page.status_code == 200
    assert "+100" in text_of(page)
    assert "The figures of the follow-ups cannot be read at the moment" in text_of(page)
    assert "no such column" in caplog.text


def test_agents_see_the_teams_and_no_list_of_people(house: House) -> None:
    house.fill(2)
    page = browser_of(house.sanna).get(PAGE)
    assert page.status_code == 200
    assert "Billing" in text_of(page)
    assert "/admin/" not in page.content.decode()
    assert "Mara" not in text_of(page)


def test_a_lead_may_open_the_rows_of_the_team_they_lead(house: House) -> None:
    house.fill(2)
    lead = browser_of(house.lead)
    assert "/admin/nps/response/" not in lead.get(PAGE).content.decode()
    assert "/admin/nps/response/" in lead.get(PAGE, {"team": house.billing.pk}).content.decode()


def test_charts_have_a_name_and_the_same_numbers_as_a_table(house: House, manager: Client) -> None:
    house.fill(5)
    page = manager.get(PAGE).content.decode()
    charts = re.findall(r'<svg class="chart[^>]*>', page)
    assert len(charts) >= 6
    assert all(re.search(r'role="img" aria-label="[^"]+"', chart) for chart in charts)
    assert 'style="' not in page
    counts = Counts.of(Response.objects.values_list("score", flat=True)).by_score
    in_table = [
        int(count) for count in re.findall(r'<tr><th scope="row">\d+</th><td class="n">(?:<a [^>]*>)?(\d+)', page)
    ]
    in_chart = [int(count) for count in re.findall(r"<title>Score \d+: (\d+) answers</title>", page)]
    assert tuple(in_table[-11:]) == tuple(in_chart) == counts


def test_statements_do_not_grow_with_the_rows(house: House, manager: Client) -> None:
    counted = []
    for number in (3, 12):
        house.fill(number)
        manager.get(PAGE)
        with CaptureQueriesContext(connection) as seen:
            manager.get(PAGE, {"team": house.billing.pk})
        counted.append(len(seen))
    assert counted[0] == counted[1]
    assert counted[1] <= 30
    assert FollowUp.objects.count() > 20
