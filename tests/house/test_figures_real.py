"""Exports that other programs wrote, imported as history: the page, its CSV and REST beside plain Python over the file.

A sibling on a made-up file runs where the real ones are absent."""

import csv
import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from io import StringIO
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from nps.desk.models import ApiKey, User
from nps.survey import reports
from nps.survey.scoring import Counts
from tests.factories import AT
from tests.managed import browser_of

pytestmark = pytest.mark.django_db

Rows = list[dict[str, str]]
PAGE = "/dashboard/"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where the lists of wrong lines go


@pytest.fixture
def manager() -> Client:
    return browser_of(User.objects.create_superuser("root", "root@tidewell.example", "correct horse"))


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(command: str, path: Path, **options: Any) -> None:
    call_command(command, str(path), stdout=StringIO(), stderr=StringIO(), **options)


def by_hand(scores: Iterable[int]) -> tuple[float, float, float, int]:
    """(NPS, low, high, n) as the formula reads, with no code of the product."""
    found = list(scores)
    n, up, down = len(found), sum(score > 8 for score in found), sum(score < 7 for score in found)
    p, d = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
    margin = 1.96 * sqrt((p + d - (p - d) * (p - d)) / (n + 3))
    return 100 * (up - down) / n, 100 * (p - d - margin), 100 * (p - d + margin), n


def as_read(value: float) -> str:
    points = int(abs(value) + 0.5)
    return f"{'+' if value > 0 else '−'}{points}" if points else "0"


def reviews_agree(path: Path, manager: Client, first: date, last: date) -> int:
    """Every figure of the answers of [first, last]; how many answers there were."""
    load("import_responses", path, map="seat-reviews")
    good = [row for row in rows_of(path) if row["overall_rating"] and row["date"] != "1970-01-01"]
    asked = [row for row in good if str(first) <= row["date"] <= str(last)]
    scores = [int(float(row["overall_rating"])) for row in asked]
    point, low, high, n = by_hand(scores)

    days = {"first": str(first), "last": str(last)}
    page = manager.get(PAGE, {**days, "by": "product"})
    words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))
    assert f"Likely range (95%): {as_read(low)} to {as_read(high)}" in words
    assert f"from {n:,} answers" in words
    assert f"mean {sum(scores) / n:.1f}" in words
    drawn = re.findall(r"<title>Score \d+: (\d+) answers</title>", page.content.decode())
    assert [int(count) for count in drawn] == [scores.count(score) for score in range(11)]

    by_product: dict[str, list[int]] = defaultdict(list)
    for row, score in zip(asked, scores, strict=True):
        by_product[row["airline_name"]].append(score)
    segments = [segment for segment, *_ in page.context["segments"]]
    assert len(segments) == min(len(by_product), reports.MOST_ROWS + 1)
    for segment in segments:
        if not segment.is_rest:
            assert segment.counts == Counts.of(by_product[segment.name])
            assert segment.nps.is_scored == (len(by_product[segment.name]) >= 30)
            if segment.nps.is_scored:
                found = by_hand(by_product[segment.name])
                assert (segment.nps.point, segment.nps.low, segment.nps.high) == pytest.approx(found[:3])
    assert sum(segment.counts.n for segment in segments) == n

    told = list(csv.DictReader(b"".join(manager.get(f"{PAGE}csv/", days).streaming_content).decode().splitlines()))
    line = next(row for row in told if (row["panel"], row["figure"]) == ("score", "NPS"))
    assert [float(line[name]) for name in ("value", "low", "high")] == pytest.approx([point, low, high], abs=0.005)
    moved = [int(row["count"]) for row in told if (row["panel"], row["figure"]) == ("movement", "answers")]
    assert sum(moved) == n

    _, secret = ApiKey.issue(name=f"Figures {first}", scopes=["read"], at=AT)
    rest = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    answer = rest.get("/api/v1/reports/nps/", {"since": first, "until": last}).json()
    assert [answer["nps"][name] for name in ("point", "low", "high", "n")] == pytest.approx([point, low, high, n])
    weekly: Counter[str] = Counter()
    for row in asked:
        day = date.fromisoformat(row["date"])
        weekly[str(day - timedelta(days=day.weekday()))] += 1
    weeks = rest.get("/api/v1/reports/weeks/", {"since": first, "until": last}).json()["rows"]
    assert {week["begins_on"]: week["nps"]["n"] for week in weeks if week["nps"]["n"]} == dict(weekly)
    return n


def test_a_small_file_of_reviews(tmp_path: Path, manager: Client) -> None:
    path = tmp_path / "reviews.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["airline_name", "date", "content", "overall_rating"])
        for one in range(70):
            when = date(2014, 1, 1) + timedelta(days=one)
            writer.writerow([f"line-{one % 3}", when, f"Words {one}", ("10.0", "9.0", "7.0", "3.0", "")[one % 5]])
    assert reviews_agree(path, manager, date(2014, 1, 5), date(2014, 2, 28)) == 44


@pytest.mark.parametrize(
    ("first", "last"), [(date(2013, 1, 1), date(2015, 12, 31)), (date(2014, 11, 1), date(2014, 11, 30))]
)
def test_the_reviews_read_as_a_reader_reads_them(shared_data: Path, manager: Client, first: date, last: date) -> None:
    assert reviews_agree(shared_data / "reviews" / "seat.csv", manager, first, last) > 30


def test_the_incident_log_is_history_and_nobody_was_asked(shared_data: Path, manager: Client) -> None:
    path = shared_data / "incident_log" / "incident_event_log_head.csv"
    load("import_tickets", path, map="incident-log")
    solved = _solved(rows_of(path))
    days = {"first": "2016-01-01", "last": "2017-12-31"}
    page = manager.get(PAGE, {**days, "by": "handovers"})
    found = page.context["found"]
    assert (found.funnel.history, found.report.resolved, found.report.counts.n) == (len(solved), 0, 0)
    assert found.funnel.history == 741
    handed = Counter(min(int(line["reassignment_count"]), 4) for line in solved)
    assert {segment.key: segment.asked.history for segment in found.segments} == dict(handed)
    by_team = Counter(line["assignment_group"] for line in solved)
    names = {f"Group {group}".replace("?", "unknown"): count for group, count in by_team.items()}
    teams = {team.name: team.asked.history for team in found.teams if not team.is_rest}
    assert teams.items() <= names.items()
    # The log says who had an incident and never what was said: no first contact can be made of it.
    assert found.first_contact.assisted == 0
    assert found.first_contact.unknown == len({line["number"] for line in solved})
    assert found.first_contact.gross.share is None


def test_the_zendesk_export_is_history_and_nobody_was_asked(shared_data: Path, manager: Client) -> None:
    folder = shared_data / "zendesk_export"
    load("import_customers", folder / "user_data.csv", map="zendesk-users")
    history = {"history": folder / "ticket_field_history_data.csv", "history_map": "zendesk-field-history"}
    load("import_tickets", folder / "ticket_data.csv", map="zendesk-tickets", **history)
    tickets = [row for row in rows_of(folder / "ticket_data.csv") if row["status"] != "deleted"]
    page = manager.get(PAGE, {"first": "2010-01-01", "last": "2029-12-31"})
    found = page.context["found"]
    assert (found.funnel.history, found.report.resolved) == (len(tickets), 0)
    assert {team.name: team.asked.history for team in found.teams} == Counter(
        f"Zendesk group {row['group_id']}" for row in tickets
    )


def _solved(rows: Rows) -> Rows:
    """The line at which each incident came to be solved, each time it did."""
    found, was_over = [], {}
    for row in rows:
        is_over = row["incident_state"] in ("Resolved", "Closed")
        if is_over and not was_over.get(row["number"], False):
            found.append(row)
        was_over[row["number"]] = is_over
    return found
