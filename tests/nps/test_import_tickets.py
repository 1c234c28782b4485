"""Tickets by CSV, on small made-up files: what becomes of them, of their resolutions, and what does not happen."""

from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nps.desk.models import ColumnMap, Customer, Message, Resolution, Team, Ticket, User
from nps.desk.services import resolving
from nps.outbox.models import Delivery
from nps.survey.models import Invitation, SurveyDecision
from tests import factories

pytestmark = pytest.mark.django_db

LINES = {
    "fields": {
        "source": {"value": "old"},
        "external_id": "id",
        "subject": "about",
        "body": "words",
        "customer_email": "who",
        "team": "team",
        "agent": "agent",
        "product": "product",
        "channel": "by",
        "status": "state",
        "opened_at": "opened",
        "resolved_at": "solved",
        "contacts": "contacts",
        "handovers": "passed",
    }
}
HEAD = "id,about,words,who,team,agent,product,by,state,opened,solved,contacts,passed\n"
ONE = "T1,Invoice,Please help,kari@x.example,Billing,sanna,Ledger,phone,closed,2020-01-02 08:00,2020-01-03 09:00,1,0\n"
TWO = "T2,Login,,ola@x.example,Billing,Ghost Writer,,,resolved,2020-01-02,2020-01-04,2,1\n"
OPEN = "T3,Slow,,kari@x.example,Connect,,,chat,open,2020-01-05,,,\n"

EVENTS = {
    "nulls": ["", "?"],
    "events": "file",
    "fields": {
        "external_id": "nr",
        "customer_external_id": "who",
        "team": "team",
        "agent": {"columns": ["agent", "solver"]},
        "status": {
            "column": "state",
            "values": {"New": "open", "Wait": "waiting", "Done": "resolved", "End": "closed"},
        },
        "opened_at": {"column": "opened", "format": "%d/%m/%Y %H:%M", "zone": "Europe/Oslo"},
        "event_at": {"column": "at", "format": "%d/%m/%Y %H:%M", "zone": "Europe/Oslo"},
        "handovers": "passed",
    },
}
STORY = """nr,state,at,who,team,agent,solver,opened,passed
A,New,1/3/2016 08:00,c1,North,?,ida,1/3/2016 07:59,0
B,New,1/3/2016 09:00,c2,North,leo,leo,1/3/2016 09:00,0
A,Done,2/3/2016 10:00,c1,North,ida,ida,1/3/2016 07:59,0
B,Done,1/3/2016 08:30,c2,South,?,leo,1/3/2016 09:00,1
A,New,3/3/2016 11:00,c1,South,max,ida,1/3/2016 07:59,1
A,Done,4/3/2016 12:00,c1,South,max,ida,1/3/2016 07:59,1
A,Done,4/3/2016 13:00,c1,South,ida,ida,1/3/2016 07:59,1
A,End,9/3/2016 12:00,c1,South,max,ida,1/3/2016 07:59,1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, spec in (("lines", LINES), ("story", EVENTS)):
        ColumnMap.objects.create(name=name, kind="tickets", spec=spec, changed_at=factories.AT)
    return tmp_path


def load(text: str, map: str = "lines", **options: Any) -> str:
    Path("tickets.csv").write_text(text)
    out = StringIO()
    call_command("import_tickets", "tickets.csv", map=map, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def decisions() -> Counter[str]:
    return Counter(SurveyDecision.objects.values_list("reason", flat=True))


# ---- a line a ticket -----------------------------------------------------------------------------------------
def test_a_line_becomes_a_ticket_with_its_resolution() -> None:
    sanna = factories.agent("sanna", factories.team("Billing"))
    said = load(HEAD + ONE + TWO + OPEN)
    assert "new: 1 teams, 1 people, 1 products, 2 customers, 3 tickets, 2 resolutions" in said
    ticket = Ticket.objects.get(source="old", external_id="T1")
    assert (ticket.status, ticket.channel, ticket.assignee, ticket.resolutions_made) == ("closed", "phone", sanna, 1)
    assert ticket.team == Team.objects.get(slug="billing")
    assert Message.objects.get(ticket=ticket).body == "Please help"
    resolution = Resolution.objects.get(ticket=ticket)
    assert (resolution.agent, resolution.resolved_by, resolution.number) == (sanna, sanna, 1)
    assert (f"{resolution.resolved_at:%Y-%m-%d %H:%M}", resolution.acceptance) == ("2020-01-03 09:00", "assumed")
    assert resolution.is_first_contact
    second = Resolution.objects.get(ticket__external_id="T2")
    assert (second.is_first_contact, second.acceptance, second.contacts) == (False, "pending", 2)
    assert Ticket.objects.get(external_id="T3").resolved_at is None


def test_history_asks_nobody_and_is_accounted_for() -> None:
    load(HEAD + ONE + TWO + OPEN)
    assert decisions() == {"history": 2}
    assert (Delivery.objects.count(), Invitation.objects.count()) == (0, 0)
    assert not Resolution.objects.filter(decision__isnull=True).exists()


def test_who_is_unknown_here_is_named_and_switched_off() -> None:
    load(HEAD + TWO)
    ghost = User.objects.get(first_name="Ghost Writer")
    assert (ghost.is_active, ghost.has_usable_password()) == (False, False)
    assert not Team.objects.get(name="Billing").is_active
    load(HEAD + TWO.replace("T2", "T9"))
    assert User.objects.filter(first_name="Ghost Writer").count() == 1


def test_an_agent_is_known_by_address_as_well() -> None:
    sanna = factories.agent("sanna")
    load(HEAD + ONE.replace("sanna", sanna.email))
    assert Ticket.objects.get(external_id="T1").assignee == sanna


def test_twice_makes_every_ticket_once() -> None:
    load(HEAD + ONE + TWO)
    assert "known already: 2 tickets" in load(HEAD + ONE + TWO + OPEN)
    assert (Ticket.objects.count(), Resolution.objects.count(), Message.objects.count()) == (3, 2, 1)


def test_a_ticket_that_lives_here_is_not_rewritten() -> None:
    kari = factories.customer("Kari", email="kari@x.example")
    mine = factories.ticket(kari, factories.team("Billing"), source="old", external_id="T1", subject="Mine")
    resolving.resolve(ticket=mine, at=factories.AT)
    load(HEAD + ONE)
    mine.refresh_from_db()
    assert (mine.subject, mine.resolutions_made) == ("Mine", 1)
    assert Resolution.objects.get(ticket=mine).resolved_at == factories.AT
    assert decisions() == {"": 1}


def test_an_open_ticket_that_came_in_is_asked_about_when_it_is_solved_here() -> None:
    factories.agent("sanna", factories.team("Connect"))
    load(HEAD + OPEN)
    ticket = Ticket.objects.select_related("customer", "team").get(external_id="T3")
    resolving.resolve(ticket=ticket, at=factories.AT)
    assert decisions() == {"": 1}
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (ONE.replace("2020-01-03 09:00", ""), "It is resolved, and nothing says when."),
        (ONE.replace("2020-01-03", "2019-01-03"), "before it was opened"),
        (ONE.replace("closed", "Closed!"), "One of open, waiting, resolved, closed."),
        (ONE.replace("kari@x.example", ""), "Nothing says whose ticket this is."),
        (ONE.replace("2020-01-02 08:00", "02.01.2020"), "“02.01.2020” is no time. Such as 2026-11-18 09:30"),
        (ONE.replace("2020-01-02 08:00", ""), "Empty: there is no opened at."),
        (ONE.replace("T1", ""), "Empty: there is no external id."),
        (ONE.replace("1,0\n", "many,0\n"), "“many” is no whole number."),
        (ONE.replace("Invoice", "x" * 301), "301 characters are too long. At most 300."),
    ],
)
def test_a_wrong_line_says_what_would_be_right(line: str, said: str) -> None:
    with pytest.raises(CommandError) as refusal:
        load(HEAD + TWO + line)
    assert said in str(refusal.value)
    assert "line 3" in str(refusal.value)
    assert (Ticket.objects.count(), Customer.objects.count(), User.objects.count()) == (0, 0, 0)


def test_a_column_that_cannot_be_teams_is_noticed_before_anything_is_written() -> None:
    many = "".join(TWO.replace("T2", f"T{n}").replace("Billing", f"Team {n}") for n in range(501))
    with pytest.raises(CommandError, match="more than 500 teams"):
        load(HEAD + many)
    assert Team.objects.count() == 0


def test_a_dry_run_counts_what_would_be_made() -> None:
    load(HEAD + ONE)
    said = load(HEAD + ONE + TWO + OPEN, dry_run=True)
    assert "would be new: 1 customers, 2 tickets, 1 resolutions, 1 teams, 1 people" in said
    assert Ticket.objects.count() == 1


# ---- a line a change -----------------------------------------------------------------------------------------
def test_a_story_becomes_resolutions_and_reopenings() -> None:
    load(STORY, "story")
    a = Ticket.objects.get(external_id="A")
    assert (a.status, a.resolutions_made, a.handovers, a.source) == ("closed", 2, 1, "import")
    first, second = Resolution.objects.filter(ticket=a).select_related("agent", "team").order_by("number")
    assert f"{first.resolved_at:%d %H:%M}, {first.reopened_at:%d %H:%M}" == "02 09:00, 03 10:00"
    assert (first.agent.username, first.team.name, first.acceptance) == ("ida", "North", "pending")
    assert f"{second.resolved_at:%d %H:%M}, {second.accepted_at:%d %H:%M}" == "04 11:00, 09 11:00"
    assert (second.agent.username, second.team.name, second.reopened_at) == ("max", "South", None)
    assert second.acceptance == "assumed"
    assert a.resolved_at == second.resolved_at
    assert decisions() == {"history": 3}


def test_a_clock_that_went_back_does_not_turn_the_story_around() -> None:
    load(STORY, "story")
    b = Ticket.objects.get(external_id="B")
    assert f"{b.resolved_at:%d %H:%M}" == "01 08:00"
    assert (b.assignee.username, b.team.name) == ("leo", "South")  # type: ignore[union-attr]


def test_a_story_told_twice_is_told_once() -> None:
    load(STORY, "story")
    assert "known already: 2 tickets" in load(STORY, "story")
    assert Resolution.objects.count() == 3


STATES = st.lists(st.sampled_from(["New", "Wait", "Done", "End"]), min_size=1, max_size=7)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STATES, min_size=1, max_size=4), st.randoms())
def test_any_story_is_told_as_a_plain_reading_tells_it(stories: list[list[str]], random: Any) -> None:
    """Tickets' lines shuffled into each other, each ticket's own in order: resolutions as a loop over them finds."""
    SurveyDecision.objects.all().delete()
    Resolution.objects.all().delete()
    Ticket.objects.all().delete()
    waiting = {f"T{n}": list(enumerate(states)) for n, states in enumerate(stories)}
    lines = ["nr,state,at,who,team,agent,solver,opened,passed"]
    expected: dict[str, list[tuple[int, int | None]]] = {name: [] for name in waiting}
    for name, states in waiting.items():
        before = False
        for step, state in states:
            is_over = state in ("Done", "End")
            if is_over and not before:
                expected[name].append((step, None))
            if before and not is_over:
                expected[name][-1] = (expected[name][-1][0], step)
            before = is_over
    while any(waiting.values()):
        name = random.choice([name for name, rest in waiting.items() if rest])
        step, state = waiting[name].pop(0)
        lines.append(f"{name},{state},1/3/2016 {step + 8:02}:00,c,North,ida,ida,1/3/2016 01:00,0")
    load("\n".join(lines) + "\n", "story")
    found: dict[str, list[tuple[int, int | None]]] = {name: [] for name in expected}
    for one in Resolution.objects.select_related("ticket").order_by("ticket_id", "number"):
        reopened = one.reopened_at.hour - 7 if one.reopened_at else None
        found[one.ticket.external_id].append((one.resolved_at.hour - 7, reopened))
    assert found == expected


# ---- a second file that says when ----------------------------------------------------------------------------
def test_a_history_beside_says_when_and_how_often() -> None:
    ColumnMap.objects.create(
        name="changes",
        kind="ticket history",
        spec={"lines": {"what": ["status"]}, "fields": {"external_id": "id", "event_at": "at", "status": "to"}},
        changed_at=factories.AT,
    )
    Path("changes.csv").write_text(
        "id,what,at,to\nT1,status,2020-01-02 10:00,resolved\nT1,priority,2020-01-02 10:30,low\n"
        "T1,status,2020-01-02 12:00,open\nT1,status,2020-01-03 08:30,resolved\nT1,status,2020-01-05,closed\n"
        "T2,status,2020-01-02 10:00,resolved\nT2,status,2020-01-03 10:00,open\nT77,status,2020-01-03,open\n"
    )
    load(HEAD + ONE + TWO, history=Path("changes.csv"), history_map="changes")
    first, second = Resolution.objects.filter(ticket__external_id="T1").order_by("number")
    assert (f"{first.reopened_at:%d %H:%M}", f"{second.resolved_at:%d %H:%M}") == ("02 12:00", "03 08:30")
    assert f"{second.accepted_at:%d %H:%M}" == "05 00:00"
    # The history of T2 breaks off before it was solved for good, so the ticket's own line stands.
    assert f"{Resolution.objects.get(ticket__external_id='T2').resolved_at:%d}" == "04"


def test_a_wrong_history_stops_everything() -> None:
    Path("changes.csv").write_text("ticket_id,field_name,updated,value\nT1,status,yesterday,solved\n")
    with pytest.raises(CommandError, match=r"changes.csv: line 2, updated: “yesterday” is no time"):
        load(HEAD + ONE, history=Path("changes.csv"), history_map="zendesk-field-history")
    assert Ticket.objects.count() == 0
