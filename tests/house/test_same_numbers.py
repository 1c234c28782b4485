"""The page, its CSV, REST and Django admin are asked the same and tell one value."""

import csv
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from nps.desk.models import ApiKey
from nps.survey.models import Benchmark
from tests.factories import AT
from tests.house.test_figures import mixed
from tests.managed import NOW, House, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]
PAGE = "/dashboard/"


@pytest.fixture
def house() -> House:
    made = House.open()
    mixed(made, 20)
    Benchmark.objects.create(figure="nps", value=20, source="=A study", on=AT.date() - timedelta(days=9), added_at=AT)
    return made


def in_csv(client: Client, **asked: Any) -> dict[tuple[str, str, str], dict[str, str]]:
    answer = client.get(f"{PAGE}csv/", asked)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = b"".join(answer.streaming_content).decode().splitlines()
    return {(row["panel"], row["row"], row["figure"]): row for row in csv.DictReader(lines)}


class Rest:
    """Asks for the days of the page."""

    def __init__(self, page: Any) -> None:
        _, secret = ApiKey.issue(name="Figures", scopes=["read"], at=AT)
        self.client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
        period = page.context["chosen"].period
        self.days = {"since": str(period.first), "until": str(period.last)}

    def get(self, name: str, **more: Any) -> Any:
        answer = self.client.get(f"/api/v1/reports/{name}/", {**self.days, **more})
        assert answer.status_code == 200, answer.data
        return answer.json()


@pytest.mark.parametrize("narrow", [{}, {"channel": "email"}, {"handovers": 0}])
def test_one_value_wherever_it_is_asked_for(house: House, narrow: dict[str, Any]) -> None:
    manager = browser_of(house.manager)
    page, told = manager.get(PAGE, narrow), in_csv(manager, **narrow)
    rest, found, loop = Rest(page), page.context["found"], page.context["figures"]
    lists = dict(re.findall(r'<a href="(/admin/[^"]+)">([\d,]+)(?: answers?)?</a>', page.content.decode()))

    score = rest.get("nps", **narrow)
    assert score["nps"]["n"] == found.report.counts.n == int(told["score", "", "NPS"]["count"])
    assert str(score["nps"]["n"]) in lists.values()
    assert score["nps"]["low"] == pytest.approx(float(told["score", "", "NPS"]["low"]), abs=0.01)
    assert score["nps"]["low"] == found.report.nps.low
    assert score["mean"] == pytest.approx(float(told["score", "", "mean"]["value"]), abs=0.001)
    delivered = told["response", "", "of delivered"]
    assert score["rate_of_delivered"]["numerator"] == int(delivered["count"])
    assert score["rate_of_delivered"]["denominator"] == int(delivered["of"]) == score["delivered"]

    funnel = rest.get("funnel", **narrow)
    for step, (shown, href, _) in zip(funnel["steps"], page.context["steps"], strict=True):
        assert step["count"] == shown.count == int(told["funnel", step["name"], "came so far"]["count"])
        assert manager.get(href).context["cl"].result_count == step["count"]
    assert funnel["lowest"] == found.funnel.bounds.low

    first = rest.get("first-contact", **narrow)
    assert first["gross"]["numerator"] == found.first_contact.resolved
    assert first["gross"]["numerator"] == int(told["first contact", "", "gross"]["count"])
    assert manager.get(page.context["fcr_hrefs"]["resolved"]).context["cl"].result_count == first["gross"]["numerator"]
    for row in first["rows"]:
        assert row["net"]["numerator"] == int(told["first contact by team", row["name"], "net"]["count"])

    moved = rest.get("movement", **narrow)
    for old, cells in page.context["moves"]:
        for new, count, href in cells:
            assert count == moved["table"][old][new] == int(told["movement", f"{old} to {new}", "answers"]["count"])
            assert manager.get(href).context["cl"].result_count == count
    assert moved["first"] == manager.get(page.context["first_href"]).context["cl"].result_count

    way = rest.get("loop", **narrow)
    assert way["created"] == loop.loop.created == int(told["loop", "", "opened"]["count"])
    assert manager.get(page.context["links"]["created"]).context["cl"].result_count == way["created"]
    assert way["rate_closed"]["numerator"] == int(told["loop", "", "closed"]["count"])
    assert way["median_hours"] == pytest.approx(
        float(told["loop", "", "median hours to first contact"]["value"]), abs=0.0001
    )
    assert sum(way["time_to_first_contact"].values()) == way["reached"]
    for band in way["by_policy"]:
        reached = told["loop by policy", band["name"], "reached in time"]
        assert band["rate_reached_in_time"]["numerator"] == int(reached["count"])
    for (words, count, href), key in zip(page.context["spans"], way["time_to_first_contact"], strict=True):
        assert manager.get(href).context["cl"].result_count == count == way["time_to_first_contact"][key], words

    again = rest.get("recovery", **narrow)
    assert again["recovered"]["numerator"] == int(told["recovery", "", "in a higher band"]["count"])
    for name, key in (("again", "answered_again"), ("higher_band", "recovered")):
        assert manager.get(page.context["links"][name]).context["cl"].result_count == again[key]["numerator"]
    assert again["outreach"]["words"] == loop.outreach.words
    causes = rest.get("causes", **narrow)
    for row, (bar, href) in zip(causes["rows"], page.context["causes"], strict=True):
        assert row["count"] == bar.cause.count == int(told["root causes", row["name"], "follow-ups"]["count"])
        assert manager.get(href).context["cl"].result_count == row["count"]

    teams = rest.get("breakdown", **narrow)
    for row, (segment, *_) in zip(teams["rows"], page.context["segments"], strict=True):
        assert row["nps"]["n"] == segment.counts.n == int(told["by team", row["name"], "NPS"]["count"])
    assert sum(row["nps"]["n"] for row in rest.get("weeks", **narrow)["rows"]) == score["nps"]["n"]
    for row in rest.get("topics", **narrow)["rows"]:
        assert row["nps"]["n"] == int(told["topics", row["name"], "NPS"]["count"])
    tracking = manager.get("/admin/followups/followup/tracking/")
    if not narrow:
        assert tracking.context["loop"] == loop.loop


def test_formulas_in_names_leave_as_text(house: House) -> None:
    told = in_csv(browser_of(house.manager))
    assert told["beside", "Benchmark from outside: =A study", "nps"]["value"] == "20.0"


def test_rest_refuses_what_it_does_not_know(house: House) -> None:
    rest = Rest(browser_of(house.manager).get(PAGE))
    for name, asked in [
        ("breakdown", {"by": "weather"}),
        ("first-contact", {"by": "tag"}),
        ("funnel", {"by": "team"}),
        ("loop", {"contacts": "many"}),
        ("causes", {"tag": "999999"}),
        ("weeks", {"since": "9999-01-01", "until": "9999-12-30"}),
        ("weeks", {"since": "0001-01-01"}),
    ]:
        answer = rest.client.get(f"/api/v1/reports/{name}/", asked)
        assert answer.status_code == 422, name
        assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(asked))}"


def test_who_is_lowest_is_never_said_of_agents(house: House) -> None:
    rest = Rest(browser_of(house.manager).get(PAGE))
    assert rest.get("breakdown", by="agent")["lowest"] is None
    sanna = APIClient()
    sanna.force_login(house.sanna)
    rows = sanna.get("/api/v1/reports/breakdown/", {"by": "agent"}).json()["rows"]
    assert {row["name"] for row in rows} <= {"Sanna Berg"}
    assert sanna.get("/api/v1/reports/loop/", {"agent": house.mara.pk}).status_code == 403


def test_rest_and_csv_ask_in_a_fixed_number_of_statements() -> None:
    house = House.open()
    mixed(house, 2)
    manager = browser_of(house.manager)
    rest = Rest(manager.get(PAGE))
    expected = {"nps": 3, "funnel": 1, "breakdown": 3, "weeks": 1, "movement": 1, "topics": 3, "first-contact": 2}
    expected |= {"loop": 4, "causes": 2, "recovery": 2}
    for _ in range(2):
        for name, statements in expected.items():
            rest.get(name)
            with CaptureQueriesContext(connection) as seen:
                rest.get(name)
            # One is the key's.
            assert len(seen) == statements + 1, name
        with CaptureQueriesContext(connection) as seen:
            in_csv(manager)
        assert len(seen) == 30
        mixed(house, 3)
