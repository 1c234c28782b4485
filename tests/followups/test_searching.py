"""Search in the queue: by customer, company, ticket and words, in the view at hand, as far as the reader may read."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from followups.models import FollowUp
from followups.services import reaching_out, snoozing
from nps.desk.models import Message, Ticket, User
from tests.staff import NOW, Office, to

pytestmark = pytest.mark.django_db


def found(office: Office, who: User, q: str, **state: str) -> list[int]:
    page = office.as_(who).get(to("queue", query=urlencode({"view": "mine", **state, "q": q})))
    assert page.status_code == 200
    return [row.pk for row in page.context["listing"].rows]


@pytest.fixture
def rows(office: Office) -> dict[str, FollowUp]:
    """Sanna's: each can be found by something that the others have not."""
    return {
        "ingrid": office.follow_up(5, to=office.sanna, due_in=1, name="Ingrid Solheim", comment="Never called back."),
        "pavel": office.follow_up(
            7, to=office.sanna, due_in=2, name="Pavel Ørsted", subject="Refund of 20% missing", external_id="JIRA-481"
        ),
        "joost": office.follow_up(2, to=office.sanna, due_in=3, name="Joost de_Wit"),
    }


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("ingrid", ["ingrid"]),
        ("Solheim Freight", ["ingrid"]),  # the company's name
        ("freight", ["ingrid", "pavel", "joost"]),
        ("called back", ["ingrid"]),
        ("REFUND", ["pavel"]),
        ("jira-481", ["pavel"]),
        ("#JIRA-481", ["pavel"]),
        ("ørsted", ["pavel"]),
        ("ØRSTED refund", ["pavel"]),
        ("ingrid refund", []),
        ("%", ["pavel"]),
        ("_", ["joost"]),
        ("20%_", []),
        ("\\", []),
        ("'; --", []),
        ("#", []),
        ("  ingrid  \x00 ", ["ingrid"]),
        ("ingrid " * 40, ["ingrid"]),
        ("", ["ingrid", "pavel", "joost"]),
    ],
)
def test_each_word_is_found_somewhere(office: Office, rows: dict[str, FollowUp], q: str, expected: list[str]) -> None:
    assert found(office, office.sanna, q) == [rows[name].pk for name in expected]


def test_numbers_of_the_ticket_and_of_the_follow_up(office: Office, rows: dict[str, FollowUp]) -> None:
    made = rows["pavel"]
    assert made.pk in found(office, office.sanna, f"#{made.response.resolution.ticket_id}")
    assert made.pk in found(office, office.sanna, str(made.pk))
    assert found(office, office.sanna, "9" * 30) == []


def test_notes_attempts_and_messages_are_words_too(office: Office, rows: dict[str, FollowUp]) -> None:
    reaching_out.add_note(follow_up=rows["ingrid"], text="Rings from the harbour.", by=office.sanna, at=NOW)
    attempt = {"via": "phone", "result": "no_answer", "note": "Line was engaged.", "by": office.sanna, "at": NOW}
    reaching_out.log_attempt(follow_up=rows["joost"], **attempt)
    ticket = rows["pavel"].response.resolution.ticket
    Message.objects.create(ticket=ticket, kind="note", body="The printer smokes.", created_at=NOW)
    assert found(office, office.sanna, "harbour") == [rows["ingrid"].pk]
    assert found(office, office.sanna, "engaged") == [rows["joost"].pk]
    assert found(office, office.sanna, "smokes") == [rows["pavel"].pk]


def test_what_stands_on_a_ticket_that_one_may_not_read_is_not_told(office: Office) -> None:
    made = office.follow_up(5, to=office.karl, subject="Refund missing", external_id="JIRA-7", comment="Too slow.")
    ticket = made.response.resolution.ticket
    Message.objects.create(ticket=ticket, kind="note", body="The printer smokes.", created_at=NOW)
    assert not Ticket.objects.visible_to(office.karl).filter(pk=ticket.pk).exists()
    for hidden in ("refund", "jira-7", "smokes"):
        assert found(office, office.karl, hidden) == [], hidden
        assert found(office, office.lena, hidden, view="team") == [made.pk], hidden
    assert found(office, office.karl, "slow") == [made.pk]
    assert found(office, office.tomas, "slow", view="any") == [], "nor a follow-up that one does not see"


def test_the_search_stays_in_its_view_and_its_tab_and_can_leave_them(office: Office, rows: dict[str, FollowUp]) -> None:
    asleep = office.follow_up(4, to=office.sanna, due_in=9, name="Noor Haddad")
    snoozing.snooze(follow_up=asleep, until=NOW + timedelta(hours=2), by=office.sanna, at=NOW)
    assert found(office, office.sanna, "noor") == []
    assert found(office, office.sanna, "noor", view="any") == [asleep.pk]
    assert found(office, office.sanna, "freight", tab="near") == [rows["pavel"].pk]
    page = office.as_(office.sanna).get(to("queue", query="view=any"))
    assert page.context["state"].view == "mine", "without a term it is no view"


def test_counts_beside_a_search_are_of_what_it_found(office: Office, rows: dict[str, FollowUp]) -> None:
    page = office.as_(office.sanna).get(to("queue", query="view=mine&tab=low&q=freight"))
    assert {tab["key"]: tab["count"] for tab in page.context["tabs"]} == {
        "all": 3,
        "overdue": 0,
        "today": 3,
        "low": 2,
        "near": 1,
    }
    assert [(group.key, group.total) for group in page.context["groups"]] == [("today", 2)]
    assert page.context["place"].words == "1"
    assert {one["key"]: one["count"] for one in page.context["counts"]["views"]}["mine"] == 3, "the rail counts all"


def test_an_act_goes_on_within_the_search(office: Office, rows: dict[str, FollowUp]) -> None:
    here = "view=mine&q=o"
    page = office.as_(office.sanna).get(to("queue", query=here))
    assert f"view=mine&amp;q=o&amp;task={rows['joost'].pk}" in page.content.decode()
    answer = office.as_(office.sanna).post(
        to("followup-attempt", rows["pavel"].pk, query="view=mine&q=Freight"), {"attempt-result": "no_answer"}
    )
    assert answer.headers["Location"] == to("queue", query=f"view=mine&q=Freight&task={rows['joost'].pk}")


def test_more_than_anybody_reads_is_cut_at_the_most_urgent(
    office: Office, rows: dict[str, FollowUp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("followups.searching.MOST", 2)
    page = office.as_(office.sanna).get(to("queue", query="view=mine&q=freight"))
    assert [row.pk for row in page.context["listing"].rows] == [rows["ingrid"].pk, rows["pavel"].pk]
    assert "2+ found" in page.content.decode()
    assert "another word finds fewer" in page.content.decode()


@pytest.mark.parametrize("q", ["<script>alert(1)</script>", '"><img src=x>', "Zürich & Søn", "日本", "a" * 500])
def test_nothing_found_says_so_and_leads_out(office: Office, rows: dict[str, FollowUp], q: str) -> None:
    page = office.as_(office.sanna).get(to("queue", query=urlencode({"view": "mine", "q": q})))
    words = page.content.decode()
    assert "Nothing found" in words
    assert "<img src=x" not in words
    assert "<script>alert" not in words
    term = page.context["state"].q
    assert len(term) <= 100
    everywhere = f"{to('queue')}?view=any&amp;q={quote(term, safe='').replace('%20', '+')}"
    assert f'href="{everywhere}"' in words
    assert f'href="{to("queue")}?view=mine"' in words
    ways: Any = office.as_(office.sanna).get(everywhere.replace("&amp;", "&"))
    assert "Nothing found" in ways.content.decode()
    assert office.as_(office.sanna).get(f"{to('customers')}?q={quote(term, safe='')}").status_code == 200


def test_a_search_comes_as_a_file_too(office: Office, rows: dict[str, FollowUp]) -> None:
    page = office.as_(office.sanna).get(to("queue", query="view=mine&q=pavel&format=csv"))
    lines = b"".join(page.streaming_content).decode().strip().splitlines()
    assert len(lines) == 2
    assert "Pavel Ørsted" in lines[1]
