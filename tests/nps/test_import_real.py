"""Exports that other programs wrote, imported as history; every figure beside one that Python reads off the CSV."""

import csv
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from followups.models import FollowUp
from followups.services import opening
from nps.desk.models import Account, ColumnMap, Customer, Resolution, Team, Ticket
from nps.outbox.models import Delivery
from nps.survey import reports
from nps.survey.models import Invitation, Response, SurveyDecision

pytestmark = pytest.mark.django_db

Rows = list[dict[str, str]]
EVER = {"since": datetime(2000, 1, 1, tzinfo=UTC), "until": datetime(2030, 1, 1, tzinfo=UTC)}
OVER = ("Resolved", "Closed")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where the lists of wrong lines go


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(command: str, path: Path, **options: Any) -> str:
    out = StringIO()
    call_command(command, str(path), **{"errors": Path("wrong.csv"), "stdout": out, "stderr": StringIO(), **options})
    return out.getvalue()


# ---- the incident log ----------------------------------------------------------------------------------------
def moment(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def stories(rows: Rows) -> dict[str, Rows]:
    told: dict[str, Rows] = defaultdict(list)
    for row in rows:
        told[row["number"]].append(row)
    return told


def turns(story: Rows) -> list[tuple[bool, datetime, dict[str, str]]]:
    """(whether it is solved now, when, the line) at each change between solved and not."""
    found, was_over, latest = [], False, moment(story[0]["sys_updated_at"])
    for row in story:
        latest = max(latest, moment(row["sys_updated_at"]))
        is_over = row["incident_state"] in OVER
        if is_over != was_over:
            found.append((is_over, latest, row))
        was_over = is_over
    return found


def test_the_incident_log_is_what_a_reader_finds_in_it(shared_data: Path) -> None:
    path = shared_data / "incident_log" / "incident_event_log_head.csv"
    load("import_tickets", path, map="incident-log")
    told = stories(rows_of(path))
    assert Ticket.objects.count() == len(told) == 731
    assert Customer.objects.count() == len({story[-1]["caller_id"] for story in told.values()})

    solved = {number: [turn for turn in turns(story) if turn[0]] for number, story in told.items()}
    undone = {number: [turn for turn in turns(story) if not turn[0]] for number, story in told.items()}
    found: dict[str, list[Resolution]] = defaultdict(list)
    for one in Resolution.objects.select_related("ticket", "team", "agent").order_by("ticket_id", "number"):
        found[one.ticket.external_id].append(one)
    for number, resolutions in found.items():
        assert [one.resolved_at for one in resolutions] == [at for _, at, _ in solved[number]]
        assert [one.reopened_at for one in resolutions if one.reopened_at] == [at for _, at, _ in undone[number]]
        assert len(undone[number]) == int(told[number][-1]["reopen_count"])
        for one, (_, _, line) in zip(resolutions, solved[number], strict=True):
            group = line["assignment_group"]
            assert one.team.name == (f"Group {group}" if group != "?" else "Group unknown")
            assert one.handovers == int(line["reassignment_count"])
            solver = line["assigned_to"] if line["assigned_to"] != "?" else line["resolved_by"]
            assert (one.agent.username if one.agent else "resolver-?") == f"resolver-{solver}"
    assert set(found) == set(told)

    asked = reports.nps_report(**EVER)
    assert asked.resolved == 0  # what was never asked about is in no rate
    assert asked.history == sum(map(len, solved.values())) == 741
    assert SurveyDecision.objects.filter(reason="history").count() == Resolution.objects.count()
    assert Resolution.objects.filter(reopened_at__isnull=False).count() == sum(map(len, undone.values())) == 10
    by_team = Counter(one.team.name for ones in found.values() for one in ones)
    assert by_team == Counter(
        f"Group {line['assignment_group']}".replace("?", "unknown") for ones in solved.values() for _, _, line in ones
    )
    assert (Delivery.objects.count(), Invitation.objects.count()) == (0, 0)


def test_the_incident_log_twice_is_the_incident_log_once(shared_data: Path) -> None:
    path = shared_data / "incident_log" / "incident_event_log_head.csv"
    load("import_tickets", path, map="incident-log")
    before = list(Resolution.objects.order_by("pk").values())
    assert "known already: 731 tickets" in load("import_tickets", path, map="incident-log")
    assert list(Resolution.objects.order_by("pk").values()) == before


# ---- the Zendesk export --------------------------------------------------------------------------------------
def test_the_zendesk_export_is_what_a_reader_finds_in_it(shared_data: Path) -> None:
    folder = shared_data / "zendesk_export"
    load("import_customers", folder / "organization_data.csv", map="zendesk-organizations")
    load("import_customers", folder / "user_data.csv", map="zendesk-users")
    history = {"history": folder / "ticket_field_history_data.csv", "history_map": "zendesk-field-history"}
    load("import_tickets", folder / "ticket_data.csv", map="zendesk-tickets", **history)

    organizations, users = rows_of(folder / "organization_data.csv"), rows_of(folder / "user_data.csv")
    tickets = [row for row in rows_of(folder / "ticket_data.csv") if row["status"] != "deleted"]
    ends = [row for row in users if row["role"] == "end-user"]
    ids = {row["id"] for row in organizations} | {row["organization_id"] for row in (*ends, *tickets)} - {""}
    assert set(Account.objects.values_list("external_id", flat=True)) == ids
    assert dict(Account.objects.filter(external_id__in=[o["id"] for o in organizations]).values_list(
        "external_id", "name")) == {row["id"]: row["name"] for row in organizations}  # fmt: skip
    people = {row["id"] for row in ends} | {row["requester_id"] for row in tickets}
    assert set(Customer.objects.values_list("external_id", flat=True)) == people
    # The export is masked: nine users share one address, which belongs to the first of them.
    assert list(Customer.objects.exclude(email="").values_list("external_id", "email")) == [
        (ends[0]["id"], ends[0]["email"])
    ]

    assert set(Ticket.objects.values_list("external_id", flat=True)) == {row["id"] for row in tickets}
    states = {"solved": "resolved", "closed": "closed"}
    assert dict(Ticket.objects.values_list("external_id", "status")) == {
        row["id"]: states[row["status"]] for row in tickets
    }
    changes = rows_of(folder / "ticket_field_history_data.csv")
    solved = {r["ticket_id"]: r["updated"] for r in changes if (r["field_name"], r["value"]) == ("status", "solved")}
    expected = {row["id"]: solved.get(row["id"], row["updated_at"]) for row in tickets}
    assert {
        one.ticket.external_id: f"{one.resolved_at:%Y-%m-%d %H:%M:%S}"
        for one in Resolution.objects.select_related("ticket")
    } == expected
    assert set(Team.objects.values_list("name", flat=True)) == {f"Zendesk group {row['group_id']}" for row in tickets}
    assert reports.nps_report(**EVER).history == len(tickets)


def test_what_was_imported_is_where_its_day_is(shared_data: Path) -> None:
    """Figures of a month hold the resolutions of that month and no others."""
    path = shared_data / "incident_log" / "incident_event_log_head.csv"
    load("import_tickets", path, map="incident-log")
    march = datetime(2016, 3, 1, tzinfo=UTC)
    report = reports.nps_report(since=march, until=march + timedelta(days=31))
    in_march = [
        at for story in stories(rows_of(path)).values() for over, at, _ in turns(story) if over and at.month == 3
    ]
    assert report.history == len(in_march)


# ---- the reviews ---------------------------------------------------------------------------------------------
def test_the_reviews_score_as_a_reader_scores_them(shared_data: Path) -> None:
    path = shared_data / "reviews" / "seat.csv"
    said = load("import_responses", path, map="seat-reviews")
    rows = rows_of(path)
    good = [row for row in rows if row["overall_rating"] and row["date"] != "1970-01-01"]
    scores = [int(float(row["overall_rating"])) for row in good]
    assert f"left out: without a value the map can do without, or repeated: {len(rows) - len(good)}" in said

    report = reports.nps_report(**EVER)
    tally = Counter(scores)
    assert report.counts.by_score == tuple(tally[score] for score in range(11))
    promoters, detractors = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
    assert report.nps.point == pytest.approx(100 * (promoters - detractors) / len(scores))
    assert report.nps.n == len(good) == 1231
    assert report.counts.mean == pytest.approx(sum(scores) / len(scores))
    assert (report.answered, report.resolved) == (0, 0)  # nobody was asked by this product

    by_product = {row.name: row.counts.n for row in reports.by(reports.Scope(**EVER), "product") if row.counts.n}
    assert by_product == Counter(row["airline_name"] for row in good)
    year = {"since": datetime(2014, 1, 1, tzinfo=UTC), "until": datetime(2015, 1, 1, tzinfo=UTC)}
    assert reports.nps_report(**year).counts.n == sum(row["date"].startswith("2014") for row in good)
    comments = set(Response.objects.values_list("comment", flat=True))
    assert comments == {row["content"] for row in good}
    assert (Delivery.objects.count(), FollowUp.objects.count()) == (0, 0)
    assert not opening.missing().exists()

    load("import_responses", path, map="seat-reviews")
    assert Response.objects.count() == len(good)


def test_the_reviews_that_say_nothing_are_wrong_lines_where_the_map_says_so(shared_data: Path) -> None:
    path = shared_data / "reviews" / "seat.csv"
    spec = ColumnMap.objects.get(name="seat-reviews").spec
    for name in ("score", "answered_at"):
        spec["fields"][name]["if_null"] = "error"
    ColumnMap.objects.filter(name="seat-reviews").update(spec=spec)
    with pytest.raises(CommandError):
        load("import_responses", path, map="seat-reviews")
    assert (Response.objects.count(), Customer.objects.count()) == (0, 0)
    wrong = rows_of(Path("wrong.csv"))
    assert Counter(row["column"] for row in wrong) == {"date": 26, "overall_rating": 1}
    text = path.read_text(encoding="utf-8").splitlines()
    assert all("1970-01-01" in text[int(row["line"]) - 1] for row in wrong if row["column"] == "date")
