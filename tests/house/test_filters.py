"""Lists whose filters stand in their address: one that is not understood narrows nothing and is said, with what is."""

import csv
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from followups.models import Lesson, Promise
from nps.desk.models import Customer, Resolution, Ticket
from tests import factories
from tests.house.test_dashboard import text_of
from tests.managed import NOW, House, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]

EXISTS = "right would be the number of one that exists"
ONE = "is given 2 values, “1” and “2”; right would be one"
SAID: list[tuple[str, dict[str, Any], str]] = [
    *((name, {"team": ["1", "2"]}, f"Team {ONE}.") for name in ("decisions", "lessons", "promises", "tickets")),
    *((name, {"team": ["1", "2"]}, f"Team {ONE}.") for name in ("roster", "dashboard", "admin:followups_tracking")),
    *((name, {"first": ["1", "2"]}, f"From {ONE}.") for name in ("dashboard",)),
    ("customers", {"q": ["1", "2"]}, f"Q {ONE}."),
    ("queue", {"q": ["1", "2"]}, f"“q” {ONE}."),
    ("queue", {"view": ["mine", "mine", "team"]}, "View is given 2 values, “mine” and “team”; right would be one."),
    ("lessons", {"view": ["board", "list"]}, "“view” is given 2 values, “board” and “list”; right would be one."),
    ("decisions", {"period": "yesterday"}, "Period “yesterday” is not understood; right would be 4w, 12w, 26w, 52w or"),
    ("decisions", {"team": "x"}, "Team “x” is not understood; choose one of the list"),
    ("decisions", {"agent": "99999999"}, f"Agent “99999999” is not understood; {EXISTS}"),
    ("decisions", {"decision": "askde"}, "Decision “askde” is not understood; right would be invited, "),
    ("decisions", {"since": "2026-01-01"}, "There is no filter “since” here, only period, team, agent and decision"),
    ("lessons", {"status": "x"}, "Status “x” is not understood; right would be new, accepted, in_progress, in_place"),
    ("lessons", {"cause": "9999999"}, "Cause “9999999” is not understood; choose one of the list"),
    ("lessons", {"team": "Billing"}, "Team “Billing” is not understood; choose one of the list"),
    ("lessons", {"owner": "3"}, "There is no filter “owner” here, only cause, status and team"),
    ("lessons", {"view": "board", "status": "x"}, "Status “x” is not understood; right would be new, accepted"),
    ("promises", {"state": "lost"}, "State “lost” is not understood; right would be open, late, kept or broken"),
    ("promises", {"team": "\x00"}, "Team: Null characters are not allowed."),
    ("promises", {"owner": "9" * 60}, f"Owner “{'9' * 40}…” is not understood; {EXISTS}"),
    ("tickets", {"status": "shut"}, "Status “shut” is not understood; right would be open, waiting, resolved"),
    ("tickets", {"channel": "fax"}, "Channel “fax” is not understood; right would be "),
    (
        "tickets",
        {"assignee": "3"},
        "There is no filter “assignee” here, only q, status, team, product, channel and mine",
    ),
    ("customers", {"account": "3"}, "There is no filter “account” here, only q"),
    ("queue", {"view": "everything"}, "View “everything” is not understood; right would be mine, overdue, today"),
    ("queue", {"tab": "high"}, "Tab “high” is not understood; right would be all, overdue, today, low or near"),
    ("queue", {"status": "closed"}, "There is no filter “status” here, only view and tab"),
    ("roster", {"week": "2026-W60"}, "Week “2026-W60” is not understood; right would be a week such as 2026-W47"),
    ("roster", {"team": "nowhere"}, "Team “nowhere” is not understood; right would be billing"),
    ("dashboard", {"period": "1y"}, "Period “1y” is not understood; right would be 4w, 12w, 26w, 52w or all"),
    ("dashboard", {"last": "31.3.2026"}, "To “31.3.2026” is not understood; right would be a day such as 2026-03-31"),
    ("dashboard", {"account": "x"}, f"Account “x” is not understood; {EXISTS}"),
    ("dashboard", {"contacts": "9"}, "Contacts “9” is not understood; right would be 0, 1, 2, 3 or 4"),
    ("dashboard", {"since": "2026-01-01"}, "There is no filter “since” here, only period, team, "),
    ("admin:followups_tracking", {"outcome": "x"}, "Outcome “x” is not understood; right would be solved, "),
    ("admin:followups_tracking", {"agent": "1"}, "There is no filter “agent” here, only period, team, status, outcome"),
]


@pytest.fixture
def house() -> House:
    made = House.open()
    made.fill(2)
    return made


@pytest.fixture
def manager(house: House) -> Client:
    return browser_of(house.manager)


@pytest.mark.parametrize(("name", "asked", "says"), SAID)
def test_a_filter_that_is_not_understood_is_said(manager: Client, name: str, asked: dict[str, Any], says: str) -> None:
    page = manager.get(reverse(name), asked)
    assert page.status_code == 200
    words = text_of(page)
    assert says in words
    assert "The other filters hold." in words


def test_everything_else_is_shown(house: House, manager: Client) -> None:
    def page(name: str, **asked: str) -> Any:
        return manager.get(reverse(name), asked).context

    resolved = Resolution.objects.count()
    assert page("decisions", decision="askde")["shown"] == page("decisions")["shown"] == resolved
    assert page("decisions", decision="askde", period="4w")["period"].key == "4w"
    assert page("lessons", status="x")["page"].paginator.count == Lesson.objects.count() == 2
    assert page("lessons", status="x", view="board")["count"] == 2
    assert page("promises", state="lost", team="x")["page"].paginator.count == Promise.objects.count() == 2
    assert page("promises", team=str(house.chat.pk))["page"].paginator.count == 0
    assert page("tickets", status="all", channel="fax")["count"] == str(Ticket.objects.count())


def test_a_filter_with_two_values_narrows_nothing_and_shows_none_as_chosen(house: House, manager: Client) -> None:
    both = [str(house.billing.pk), str(house.chat.pk)]
    figures = manager.get(reverse("dashboard"), {"team": both, "period": "all"}).context
    assert figures["chosen"].scope.team is None
    assert figures["form"]["team"].value() is None
    assert manager.get(reverse("promises"), {"team": both}).context["page"].paginator.count == Promise.objects.count()
    same = manager.get(reverse("dashboard"), {"team": [both[1]] * 2})
    assert same.context["chosen"].scope.team == house.chat
    assert "is given" not in text_of(same)
    assert manager.get(reverse("customers"), {"q": ["x", "nobody"]}).context["rows"]


def test_filters_that_are_understood_say_nothing(house: House, manager: Client) -> None:
    team, sanna = str(house.billing.pk), str(house.sanna.pk)
    right: list[tuple[str, dict[str, str]]] = [
        ("decisions", {"period": "4w", "team": team, "agent": sanna, "decision": "invited", "page": "1"}),
        ("lessons", {"status": "new", "team": team, "view": "board"}),
        ("lessons", {"status": "", "cause": "", "team": "", "page": "1"}),
        ("promises", {"state": "late", "team": team, "owner": sanna, "page": "2"}),
        ("tickets", {"q": "invoice", "status": "all", "team": team, "mine": "on", "after": ""}),
        ("customers", {"q": "Kari"}),
        ("queue", {"view": "any", "q": "invoice", "tab": "low", "task": "3", "after": "", "place": "", "list": "1"}),
        ("roster", {"week": "2026-W53", "team": "billing"}),
        ("dashboard", {"period": "12w", "team": team, "by": "agent", "contacts": "4", "first": "", "last": ""}),
        ("admin:followups_tracking", {"period": "all", "team": team, "status": "closed"}),
    ]
    for name, asked in right:
        assert "is not understood" not in text_of(manager.get(reverse(name), asked)), name
        assert "There is no filter" not in text_of(manager.get(reverse(name), asked)), name
    mine = browser_of(house.sanna)
    own = reverse("person", args=[house.sanna.pk])
    assert "not understood" not in text_of(mine.get(own, {"period": "4w"}))
    assert "Period “1y” is not understood; right would be 4w, 12w" in text_of(mine.get(own, {"period": "1y"}))
    assert "View “team” is not understood" in text_of(mine.get(reverse("queue"), {"view": "team"})), "she leads none"


def test_a_promise_list_names_whom_it_is_narrowed_to(house: House, manager: Client) -> None:
    empty = factories.team("Elsewhere", follows_sun=True)
    assert "of Elsewhere" in text_of(manager.get(reverse("promises"), {"team": empty.pk}))


@pytest.mark.parametrize(
    ("name", "asked", "rows"),
    [
        ("decisions", {"period": "1y"}, Resolution),
        ("lessons", {"status": "x"}, Lesson),
        ("promises", {"state": "lost"}, Promise),
        ("tickets", {"status": "all", "channel": "fax"}, Ticket),
        ("tickets", {"status": "all", "q": "x" * 300}, Ticket),
        ("customers", {"account": "3"}, Customer),
        ("queue", {"view": "everything"}, None),
        ("tickets", {"status": "all", "team": ["1", "2"]}, Ticket),
    ],
)
def test_the_csv_of_a_list_says_it_before_its_rows(
    manager: Client, name: str, asked: dict[str, str], rows: Any
) -> None:
    answer = manager.get(reverse(name), {**asked, "format": "csv"})
    _, said, *others = csv.reader(b"".join(answer.streaming_content).decode().splitlines())  # type: ignore[attr-defined]
    assert said[0].startswith("filter not understood: ")
    assert not any("not understood" in cell for row in others for cell in row)
    if rows is not None:
        assert len(others) == rows.objects.count()
    page = text_of(manager.get(reverse(name), asked))
    assert said[0].removeprefix("filter not understood: ").split(": ")[-1].rstrip(".") in page


@pytest.mark.parametrize("name", ["dashboard-csv", "admin:followups_tracking_csv"])
def test_the_csv_of_figures_says_it_too(manager: Client, name: str) -> None:
    answer = manager.get(reverse(name), {"period": "1y", "weather": "x"})
    rows = list(csv.reader(b"".join(answer.streaming_content).decode().splitlines()))  # type: ignore[attr-defined]
    said = [" ".join(row) for row in rows if "filter not understood" in " ".join(row)]
    assert len(said) == 2
    assert "Period “1y” is not understood; right would be 4w, 12w, 26w, 52w or all." in said[0]
    assert "There is no filter “weather” here" in said[1]
