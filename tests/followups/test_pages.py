"""The queue and the page of one follow-up: order, counts, what they show and to whom."""

from datetime import timedelta

import pytest

from followups.models import FollowUp
from followups.services import assigning, reaching_out, snoozing
from nps.survey.services import answering, clicking
from tests.staff import NOW, Office, to

pytestmark = pytest.mark.django_db


# ---- the queue ------------------------------------------------------------------------------------------------
def test_the_queue_is_in_order_and_its_counts_equal_its_rows(office: Office) -> None:
    later = office.follow_up(7, to=office.sanna, due_in=3 * 24 * 60)
    low = office.follow_up(2, to=office.sanna, due_in=90)
    high = office.follow_up(8, to=office.sanna, due_in=90)
    over = office.follow_up(6, to=office.sanna, due_in=-5)
    longest = office.follow_up(8, to=office.sanna, due_in=-300)
    office.follow_up(3, to=office.tomas, due_in=-10)
    page = office.as_(office.sanna).get(to("queue"))
    assert [row.pk for row in page.context["listing"].rows] == [longest.pk, over.pk, low.pk, high.pk, later.pk]
    assert [(group.key, len(group.rows), group.total) for group in page.context["groups"]] == [
        ("overdue", 2, 2),
        ("today", 2, 2),
        ("later", 1, 1),
    ]
    assert {tab["key"]: tab["count"] for tab in page.context["tabs"]} == {
        "all": 5,
        "overdue": 2,
        "today": 2,
        "low": 2,
        "near": 3,
    }
    assert page.context["follow_up"].pk == longest.pk, "the most urgent one is open"
    assert b"5 h over" in page.content


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("mine", {"mine", "key", "tried"}),
        ("overdue", {"key"}),
        ("nobody", {"nobodys"}),
        ("waiting", {"tried"}),
        ("snoozed", {"asleep"}),
        ("key", {"key"}),
    ],
)
def test_each_saved_view_holds_what_it_says(office: Office, view: str, expected: set[str]) -> None:
    made = {
        "mine": office.follow_up(5, to=office.sanna, due_in=60),
        "key": office.follow_up(8, to=office.sanna, is_key=True, due_in=-60),
        "nobodys": office.follow_up(5, due_in=60),
        "theirs": office.follow_up(5, to=office.tomas, due_in=-60),
        "asleep": office.follow_up(5, to=office.sanna, due_in=-60),
        "tried": office.follow_up(5, to=office.sanna),
    }
    snoozing.snooze(follow_up=made["asleep"], until=NOW + timedelta(hours=2), by=office.sanna, at=NOW)
    reaching_out.log_attempt(follow_up=made["tried"], via="phone", result="voicemail", by=office.sanna, at=NOW)
    page = office.as_(office.sanna).get(to("queue", query=f"view={view}"))
    names = {follow_up.pk: name for name, follow_up in made.items()}
    assert {names[row.pk] for row in page.context["listing"].rows} == expected
    rail = {one["key"]: one["count"] for one in page.context["counts"]["views"]}
    assert rail[view] == len(expected)


def test_a_lead_has_the_view_of_the_team_and_an_agent_has_not(office: Office) -> None:
    theirs = office.follow_up(5, to=office.tomas)
    page = office.as_(office.lena).get(to("queue", query="view=team"))
    assert [row.pk for row in page.context["listing"].rows] == [theirs.pk]
    assert office.as_(office.sanna).get(to("queue", query="view=team")).context["state"].view == "mine"


def test_a_long_queue_goes_on_page_by_page_without_losing_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("followups.queue.PAGE", 2)
    made = [office.follow_up(5, to=office.sanna, due_in=60).pk for _ in range(5)]
    browser, seen, query = office.as_(office.sanna), [], ""
    for _ in range(3):
        page = browser.get(to("queue", query=query))
        seen += [row.pk for row in page.context["listing"].rows]
        query = page.context["state"].query(after=page.context["listing"].next_cursor)
    assert seen == made
    assert b"2 of 5" in browser.get(to("queue")).content, "a heading says when there are more than it shows"


def test_an_empty_queue_says_when_the_next_one_wakes_up(office: Office) -> None:
    asleep = office.follow_up(5, to=office.sanna)
    snoozing.snooze(follow_up=asleep, until=NOW + timedelta(hours=2), by=office.sanna, at=NOW)
    office.follow_up(5)
    page = office.as_(office.sanna).get(to("queue")).content.decode()
    assert "Nothing due right now" in page
    assert "12:30" in page, "in the reader’s zone"
    assert "See 1 that nobody has yet" in page


@pytest.mark.parametrize(
    "query", ["view=%00", "tab=nonsense", "task=x", "after=%F0%9F", "after=2026-99-99T00:00:00_5_1"]
)
def test_a_state_that_cannot_be_read_is_the_default(office: Office, query: str) -> None:
    office.follow_up(5, to=office.sanna)
    page = office.as_(office.sanna).get(to("queue", query=query))
    assert page.status_code == 200
    assert page.context["state"].view == "mine"


# ---- the detail -----------------------------------------------------------------------------------------------
def test_the_detail_tells_the_whole_story(office: Office) -> None:
    response = office.answer(9, comment="Three people, three answers.", name="Ingrid Solheim")
    clicking.note_click(invitation=response.invitation, at=NOW - timedelta(minutes=40), score=3)
    answering.change_score(response=response, score=3, at=NOW - timedelta(minutes=5))
    made = FollowUp.objects.get(response=response)
    assigning.hand_over(follow_up=made, to=office.sanna, by=office.lena, at=NOW)
    page = office.as_(office.sanna).get(to("followup", made.pk)).content.decode()
    for words in (
        "Three people, three answers.",
        "Opened with 3, not sent",
        "Changed 9 to 3",
        'href="tel:+4790004120"',
        "Oslo, 10:30 there",
        "One score: 3",
        "Seen, I have it",
        "About Mara Berg",
        "Next Monday",
        "Mon 23 Nov 09:00",
        "First contact",
    ):
        assert words in page, words


def test_what_one_may_not_see_does_not_exist(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    assert office.as_(office.karl).get(to("followup", made.pk)).status_code == 404
    assert office.as_(office.tomas).get(to("followup", made.pk)).status_code == 404
    assert office.as_(office.tomas).get(to("followup-close", made.pk)).status_code == 404
    assert office.as_(office.karl).post(to("followup-note", made.pk), {"note-text": "x"}).status_code == 404
    assert office.as_(office.sanna).get(to("followup", 10**17)).status_code == 404
    assert office.as_(office.karl).get(to("queue", query=f"task={made.pk}")).status_code == 404
    assert office.as_(office.lena).get(to("followup", made.pk)).status_code == 200


def test_an_auditor_reads_everything_and_changes_nothing(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    browser = office.as_(office.otto)
    page = browser.get(to("followup", made.pk)).content.decode()
    assert "No answer</button>" not in page
    for name in ("attempt", "snooze", "assign", "claim", "release", "note", "close", "reopen", "cancel", "acknowledge"):
        assert browser.post(to(f"followup-{name}", made.pk)).status_code == 403, name
    made.refresh_from_db()
    assert made.attempts_made == 0


def test_no_page_is_for_those_who_are_not_signed_in(office: Office, client) -> None:
    made = office.follow_up(5)
    for address in (
        to("queue"),
        to("followup", made.pk),
        to("followup-close", made.pk),
        to("lessons"),
        to("customers"),
    ):
        assert client.get(address).headers["Location"].startswith("/login/"), address
