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

from followups.models import Lesson
from nps.desk.models import ApiKey
from nps.survey.models import Benchmark
from tests.factories import AT
from tests.house.test_dashboard import scored
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
    assert moved["first"] == manager.get(page.context["moved_hrefs"]["first"]).context["cl"].result_count

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

    assert score["beside"][0]["value"] == found.beside[0].value == 20
    assert score["beside"][0]["gap"]["words"] == found.beside[0].gap.words
    assert [(row["reason"], row["count"]) for row in first["exceptions"]] == list(found.exceptions)
    spans = rest.get("weeks", **narrow)["spans"]
    assert [(row["begins_on"], row["weeks"], row["nps"]["n"]) for row in spans] == [
        (str(span.begins_on), span.weeks, span.counts.n) for span in page.context["weeks"]
    ]
    again = rest.get("recovery", **narrow)
    assert (again["mean_then"], again["mean_next"]) == (loop.recovery.then.mean, loop.recovery.since.mean)
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


def test_the_csv_has_every_panel_of_the_page(house: House) -> None:
    house.fill(2)
    scored(house, [10] * 30)
    scored(house, [10] * 20 + [3] * 15, team=house.chat)
    scored(house, [9] * 35, at=AT - timedelta(weeks=12))
    Lesson.objects.update(status="in_place", in_place_on=AT.date())
    manager = browser_of(house.manager)
    page, told = manager.get(PAGE), in_csv(manager)
    found, loop = page.context["found"], page.context["figures"]

    team, lowest = found.lowest
    assert told["where to look", team.name, "lowest team"]["value"] == lowest.words
    assert float(told["where to look", team.name, "NPS"]["value"]) == round(team.nps.point, 2)
    assert float(told["where to look", team.name, "against all others"]["value"]) == round(lowest.delta, 2)
    assert told["where to look", team.name, "teams that are scored"]["count"] == str(lowest.against)
    assert told["score", "", "reading"]["value"] == page.context["reading"]
    assert told["score", "", "change in words"]["value"] == page.context["change"]
    change = told["score", "", "change"]
    assert float(change["low"]) < float(change["value"]) < float(change["high"])

    for name in ("up", "down"):
        rate, line = getattr(found.movement, name), told["movement", "", name]
        assert (line["count"], line["of"]) == (str(rate.numerator), str(rate.denominator))
        assert float(line["value"]) == pytest.approx(rate.share, abs=0.0001)
    for topic in found.topics:
        line = told["topics", topic.name, "share of answers that ticked any"]
        assert (line["count"], line["of"]) == (str(topic.rate.numerator), str(topic.rate.denominator))
        assert told["topics", topic.name, "driver"]["value"] == topic.driver
    assert len(page.context["fcr_disagree"]) == 2
    for words, count, _ in page.context["fcr_disagree"]:
        assert told["first contact disagreements", words, "tickets"]["count"] == str(count)
    likely = told["first contact", "", "gross, likely"]
    assert float(likely["low"]) == round(found.first_contact_share.low, 4)
    for one in found.beside:
        assert told["beside", f"{one.label}: {one.source}", "nps gap in words"]["value"] == one.gap.words

    again = loop.recovery
    assert again.then.n > 0
    for name, counts in (("mean then", again.then), ("mean next", again.since)):
        line = told["recovery", "", name]
        assert (float(line["value"]), line["count"]) == (round(counts.mean, 3), str(counts.n))
    assert told["loop", "", "has somebody"]["count"] == str(loop.loop.rate_assigned.numerator)
    for bar in loop.bars:
        assert told["root causes", bar.cause.name, "so far"]["count"] == str(bar.so_far.numerator)
    assert loop.lessons
    assert loop.changes
    for lesson in loop.lessons:
        assert told["lessons", lesson.text, "status"]["value"] == lesson.status_label == "In place"
        assert told["lessons", lesson.text, "seen here"]["of"] == str(lesson.times_seen)
        assert told["lessons", lesson.text, "in place since"]["value"] == str(AT.date())
    for change in loop.changes:
        assert told["put in place", change.text, "day"]["value"] == str(change.on)


def test_a_csv_of_few_says_that_no_team_is_lowest() -> None:
    house = House.open()
    scored(house, [10, 9])
    told = in_csv(browser_of(house.manager))
    assert told["where to look", "", "lowest team"]["value"].startswith("fewer than two teams have 30 answers")
    assert told["score", "", "reading"]["value"] == ""
    words = "There are no answers in the 12 weeks before to compare with."
    assert told["score", "", "change in words"]["value"] == words


def test_rest_says_the_change_as_the_page_does() -> None:
    house = House.open()
    scored(house, [10] * 30 + [3] * 4)
    scored(house, [10] * 12 + [3] * 23, at=AT - timedelta(weeks=12))
    page = browser_of(house.manager).get(PAGE, {"first": "2026-09-20", "last": "2026-11-18"})
    change = Rest(page).get("nps")["change"]
    assert change["words"] == page.context["change"]
    assert change["words"].startswith("Up 108, a clear change against the 60 days before.")
    assert (change["is_comparable"], change["is_clear"], change["n"]) == (True, True, 35)
    assert 0 < change["low"] < change["delta"] < change["high"] <= 200
    assert (change["since"][:10], change["until"][:10]) == ("2026-07-22", "2026-09-20")
    lately = {"since": (AT - timedelta(hours=5)).isoformat(), "until": (AT + timedelta(hours=1)).isoformat()}
    words = Rest(page).get("nps", **lately)["change"]["words"]
    assert words == "There are no answers in the time of the same length before to compare with."


def test_rest_scores_nothing_the_page_does_not_score() -> None:
    house = House.open()
    scored(house, [10] * 29)
    scored(house, [10] * 3, at=AT - timedelta(weeks=11))
    page = browser_of(house.manager).get(PAGE, {"first": "2026-10-19", "last": "2026-11-18"})
    rest = Rest(page)
    told = rest.get("nps")
    assert (told["nps"]["point"], told["nps"]["is_scored"], told["nps"]["n"]) == (None, False, 29)
    assert -100 < told["nps"]["low"] < told["nps"]["high"] == 100, "the interval is told"
    assert told["nps_without_others"]["point"] is None
    assert rest.get("breakdown")["rows"][0]["nps"]["point"] is None
    weeks = rest.get("weeks")
    assert {row["nps"]["point"] for row in (*weeks["rows"], *weeks["spans"])} == {None}
    assert {row["weeks"] for row in weeks["rows"]} == {1}
    few = rest.get("nps", since="2026-08-20", until="2026-10-01")["change"]
    assert (few["is_comparable"], few["delta"], few["low"]) == (False, None, None)
    scored(house, [10] * 31)
    few = rest.get("nps", since="2026-10-19")["change"]
    assert few["words"] == page.context["change"] == "There are no answers in the 31 days before to compare with."
    few = rest.get("nps", since="2026-10-01", until="2026-11-18")["change"]
    assert few["words"] == "Too few to compare with the 49 days before: 3 answers then."
    assert few["delta"] is None
    assert rest.get("nps")["nps"]["point"] == 100


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
    # Of the score's one is the period before and one what it is set beside; of first contact one the names of the rows
    # and one what it is set beside: the page says all of these.
    expected = {"nps": 4, "funnel": 1, "breakdown": 3, "weeks": 1, "movement": 1, "topics": 3, "first-contact": 3}
    expected |= {"loop": 5, "causes": 2, "recovery": 2}
    for _ in range(2):
        for name, statements in expected.items():
            rest.get(name)
            with CaptureQueriesContext(connection) as seen:
                rest.get(name)
            # One is the key's.
            assert len(seen) == statements + 1, name
        with CaptureQueriesContext(connection) as seen:
            in_csv(manager)
        assert len(seen) == 27
        mixed(house, 3)
