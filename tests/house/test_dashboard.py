"""The figures page: what it shows is what the rows say, every count opens exactly its rows, and it stands by itself."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import figures
from followups.models import FollowUp, RootCause
from nps.desk.models import Account, Shift, Tag, Team, User
from nps.survey import reports
from nps.survey.models import Benchmark, Response, Survey
from nps.survey.scoring import Counts, compare, nps
from nps.survey.services import taking_down
from tests import factories
from tests.factories import AT
from tests.managed import NOW, House, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]
PAGE = "/dashboard/"


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
    earlier = [10] * 15 + [2] * 15
    scored(house, earlier, at=AT - timedelta(weeks=12))
    expected = nps(Counts.of(scores))
    page = manager.get(PAGE)
    words = text_of(page)
    assert round(expected.point or 0) == 56
    assert "+56" in words
    low, high = round(expected.low), round(expected.high)
    assert f"Likely range (95%): +{low} to +{high} , anything from good to exceptional, from 32 answers" in words
    change = compare(Counts.of(scores), Counts.of(earlier))
    assert change.words.split(",")[0].capitalize() in words
    assert page.context["report"].nps == expected


def test_a_change_against_few_answers_is_not_told(house: House, manager: Client) -> None:
    scored(house, [10] * 30 + [6] * 2)
    scored(house, [10] * 3 + [2] * 3, at=AT - timedelta(weeks=12))
    words = text_of(manager.get(PAGE))
    assert "Too few to compare with the 12 weeks before: 6 answers then." in words
    assert "Up " not in words
    lines = b"".join(manager.get(f"{PAGE}csv/").streaming_content).decode().splitlines()
    assert "score,,change,,,,," in lines
    assert "score,,answers before,,6,,," in lines


def test_nobody_is_called_the_lowest_who_is_no_team(house: House, manager: Client) -> None:
    scored(house, [9] * 30 + [7] * 2)
    for number in range(35):
        customer = factories.customer(f"Of no team {number}")
        taking_down.take_down(customer=customer, resolution=None, score=0, at=AT, origin="api")
    page = manager.get(PAGE)
    assert "Not set" in text_of(page)
    assert page.context["worst"] is None, "there is one team alone"


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
    assert "50% of resolved: 2 of 4 resolutions" in words


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

    monkeypatch.setattr(figures, "loop_figures", broken)
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
    assert counted[1] == 36
    assert FollowUp.objects.count() > 20


# ---- what may be asked for ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("by", reports.DIMENSIONS)
def test_every_tab_opens_and_its_counts_open_exactly_their_rows(house: House, manager: Client, by: str) -> None:
    house.fill(3)
    page = manager.get(PAGE, {"by": by})
    assert sum(segment.counts.n for segment, *_ in page.context["segments"]) >= page.context["report"].counts.n
    table = page.content.decode().split('id="where"')[1].split("</section>")[0]
    links = re.findall(r'<a href="(/admin/[^"]+)">([\d,]+)</a>', table)
    assert links
    for href, count in links:
        assert manager.get(html.unescape(href)).context["cl"].result_count == int(count), href
    for segment, href, *_ in page.context["segments"]:
        if href:
            assert manager.get(PAGE + href).context["report"].counts == segment.counts, segment.name


def test_the_rows_of_a_narrowed_page_are_narrowed_too(house: House, manager: Client) -> None:
    house.fill(3)
    tag, account = Tag.objects.order_by("pk")[0], Account.objects.order_by("pk")[0]
    narrow = [{"tag": tag.pk}, {"account": account.pk}, {"shift": ""}, {"contacts": 0}, {"handovers": 0}]
    for asked in [*narrow, {"agent": house.mara.pk}, {"survey": Survey.objects.get(is_default=True).pk}]:
        page = manager.get(PAGE, asked)
        links = re.findall(r'<a href="(/admin/[^"]+)">([\d,]+)(?: answers?)?</a>', page.content.decode())
        assert len(links) >= 8, asked
        for href, count in links[::3]:
            opened = manager.get(html.unescape(href))
            assert opened.status_code == 200, (asked, href)
            assert opened.context["cl"].result_count == int(count), (asked, href)


def test_anothers_own_figures_do_not_exist(house: House) -> None:
    house.fill(1)
    for path in (PAGE, f"{PAGE}csv/"):
        assert browser_of(house.sanna).get(path, {"agent": house.mara.pk}).status_code == 404
        assert browser_of(house.sanna).get(path, {"agent": "9" * 30}).status_code == 404
        assert browser_of(house.mara).get(path, {"agent": house.mara.pk}).status_code == 200
        assert browser_of(house.lead).get(path, {"agent": house.mara.pk}).status_code == 200
    names = {segment.name for segment, *_ in browser_of(house.sanna).get(PAGE, {"by": "agent"}).context["segments"]}
    assert names <= {"Sanna Berg"}
    told = b"".join(browser_of(house.sanna).get(f"{PAGE}csv/", {"by": "agent"}).streaming_content).decode()
    assert "Mara" not in told
    assert "Mara" in text_of(browser_of(house.lead).get(PAGE, {"by": "agent"}))


def test_one_answer_and_all_tens(house: House, manager: Client) -> None:
    scored(house, [10])
    assert "1 answer : under 30, not scored" in text_of(manager.get(PAGE))
    scored(house, [10] * 34)
    words = text_of(manager.get(PAGE))
    assert "+100" in words
    low = round(nps(Counts.of([10] * 35)).low)
    assert f"+{low} to +100" in words
    assert "fewer than two teams have 30 answers here" in words


def test_a_shift_that_is_called_otherwise_by_now_still_narrows(house: House, manager: Client) -> None:
    scored(house, [10, 9], assignee=house.sanna)
    Shift.objects.update(name="Early")
    Team.objects.filter(pk=house.billing.pk).update(name="Invoices")
    page = manager.get(PAGE, {"shift": "Day", "by": "shift"})
    assert page.context["report"].counts.n == 2
    assert "Shift: Day" in text_of(page)
    assert manager.get(PAGE, {"shift": "Night"}).status_code == 200
    assert "Invoices" in {segment.name for segment, *_ in manager.get(PAGE).context["segments"]}


# ---- the first screen --------------------------------------------------------------------------------------------
def test_the_lowest_team_is_named_with_whether_that_is_chance(house: House, manager: Client) -> None:
    scored(house, [10] * 40)
    scored(house, [10] * 15 + [3] * 25, team=house.chat)
    words = text_of(manager.get(PAGE))
    assert "Where to look: Chat is lowest at −25 from 40 answers, 125 below the others, more than chance" in words
    assert "(lowest of 2 teams that are scored)" in words


def test_a_benchmark_is_shown_with_source_day_and_gap(house: House, manager: Client) -> None:
    scored(house, [10] * 30 + [3] * 10)
    day = AT.date() - timedelta(days=30)
    for on, value in ((day, 10), (day + timedelta(days=5), 30), (AT.date() + timedelta(days=90), 90)):
        Benchmark.objects.create(figure="nps", value=value, source="Sector study 2026", on=on, added_at=AT)
    words = text_of(manager.get(PAGE))
    assert "Benchmark from outside +30 (Sector study 2026, 24 Oct 2026)" in words
    assert "20 above it, which may be chance." in words
    form = manager.post(
        reverse("admin:nps_benchmark_add"),
        {"figure": "fcr_gross", "kind": "level", "value": "70", "source": "We", "on": "2026-11-01"},
    )
    assert form.status_code == 302
    assert "Our own optimal level 70% (We, 1 Nov 2026)" in text_of(manager.get(PAGE))
    wrong = {"figure": "nps", "kind": "level", "value": "101", "source": "We", "on": "2026-11-01"}
    assert "An NPS is −100 to 100" in manager.post(reverse("admin:nps_benchmark_add"), wrong).content.decode()


def test_the_silent_and_the_reader_s_clock_are_told(house: House, manager: Client) -> None:
    scored(house, [10, 9])
    User.objects.filter(pk=house.manager.pk).update(time_zone="America/Chicago")
    words = text_of(manager.get(PAGE))
    assert "Data up to 09:00 on your clock (America/Chicago)" in words
    assert "0 of 2 who were asked said nothing" in words


# The teams' breakdown is on every tab. Another takes two more, and one for its names.
STATEMENTS = {
    "team": 35, "channel": 36, "shift": 36, "contacts": 37, "handovers": 37, "agent": 38, "product": 38,
    "account": 38, "tag": 38,
}  # fmt: skip


def test_statements_are_a_fixed_number_for_every_tab(house: House, manager: Client) -> None:
    house.fill(2)
    for by in reports.DIMENSIONS:
        manager.get(PAGE, {"by": by})
        with CaptureQueriesContext(connection) as seen:
            manager.get(PAGE, {"by": by})
        assert len(seen) == STATEMENTS[by], by
