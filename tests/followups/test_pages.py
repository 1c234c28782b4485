"""The follow-ups' pages: what they show, whom they refuse, and what each act leaves behind."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from followups.models import FollowUp, HistoryEntry, Lesson, Promise
from followups.services import assigning, closing, reaching_out, snoozing
from nps.survey.services import answering, clicking
from tests.staff import NOW, Office, cause

pytestmark = pytest.mark.django_db
SENTENCE = "Name one owner for every refund in the first reply."


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office() -> Office:
    return Office.open()


def to(name: str, *args: object, query: str = "") -> str:
    return reverse(name, args=args) + (f"?{query}" if query else "")


def close_form(**changes: object) -> dict[str, object]:
    return {"outcome": "solved", "root_cause": cause().pk, "lesson": "new", "lesson_text": SENTENCE, **changes}


# ---- the queue -----------------------------------------------------------------------------------------------
def test_the_queue_is_in_order_and_its_counts_equal_its_rows(office: Office) -> None:
    later = office.follow_up(7, to=office.sanna, due_in=3 * 24 * 60)
    low = office.follow_up(2, to=office.sanna, due_in=90)
    high = office.follow_up(8, to=office.sanna, due_in=90)
    over = office.follow_up(6, to=office.sanna, due_in=-5)
    longest = office.follow_up(8, to=office.sanna, due_in=-300)
    office.follow_up(3, to=office.tomas, due_in=-10)
    page = office.as_(office.sanna).get(to("queue"))
    assert [row.pk for row in page.context["listing"].rows] == [longest.pk, over.pk, low.pk, high.pk, later.pk]
    assert [(group.key, len(group.rows), group.total) for group in page.context["listing"].groups] == [
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


# ---- the detail ----------------------------------------------------------------------------------------------
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


# ---- acts ----------------------------------------------------------------------------------------------------
def test_logging_an_attempt_opens_the_next_one_and_can_be_taken_back(office: Office) -> None:
    first, second = office.follow_up(5, to=office.sanna, due_in=-60), office.follow_up(5, to=office.sanna, due_in=30)
    browser = office.as_(office.sanna)
    sent = {"attempt-result": "voicemail", "attempt-version": first.version}
    answer = browser.post(to("followup-attempt", first.pk, query="view=mine"), sent)
    assert answer.headers["Location"] == to("queue", query=f"view=mine&task={second.pk}")
    page = browser.get(answer.headers["Location"]).content.decode()
    assert "Voicemail logged for Ingrid Solheim. Next try" in page
    due_at = first.due_at
    first.refresh_from_db()
    assert (first.attempts_made, first.status) == (1, "in_progress")
    logged = first.attempts.get()
    browser.post(to("followup-undo", first.pk, logged.pk, query="view=mine"))
    browser.post(to("followup-undo", first.pk, logged.pk, query="view=mine"))
    first.refresh_from_db()
    assert (first.attempts_made, first.status, first.due_at) == (0, "assigned", due_at)


def test_the_last_of_the_view_ends_it_and_does_not_begin_again(office: Office) -> None:
    office.follow_up(5, to=office.sanna, due_in=-60)
    last = office.follow_up(5, to=office.sanna, due_in=24 * 60 * 9)
    answer = office.as_(office.sanna).post(
        to("followup-attempt", last.pk, query="view=mine&tab=low"), {"attempt-result": "no_answer"}
    )
    assert answer.headers["Location"] == to("queue", query="view=mine&tab=low&task=end")
    assert "That was the last one" in office.as_(office.sanna).get(answer.headers["Location"]).content.decode()


def test_reached_writes_the_first_contact_and_opens_the_closing_page(office: Office) -> None:
    made, after = office.follow_up(5, to=office.sanna, due_in=1), office.follow_up(5, to=office.sanna, due_in=2)
    browser = office.as_(office.sanna)
    answer = browser.post(to("followup-attempt", made.pk, query="view=mine"), {"attempt-result": "reached"})
    assert answer.headers["Location"].startswith(to("followup-close", made.pk))
    made.refresh_from_db()
    assert made.reached_at == NOW
    page = browser.get(answer.headers["Location"])
    answer = browser.post(page.context["address"], close_form())
    assert answer.headers["Location"] == to("queue", query=f"view=mine&task={after.pk}"), "its place was kept"


def test_the_same_button_pressed_twice_logs_once(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    browser, sent = office.as_(office.sanna), {"attempt-result": "no_answer", "attempt-version": made.version}
    assert browser.post(to("followup-attempt", made.pk), sent).status_code == 302
    assert browser.post(to("followup-attempt", made.pk), sent).status_code == 302
    assert made.attempts.count() == 1
    for _ in range(2):
        browser.post(to("followup-note", made.pk), {"note-text": "Rings back at three."})
    assert HistoryEntry.objects.filter(follow_up=made, verb="note").count() == 1


def test_a_stale_page_is_stopped_and_keeps_what_was_typed(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    seen = made.version
    reaching_out.log_attempt(follow_up=made, via="phone", result="no_answer", by=office.lena, at=NOW)
    sent = {"attempt-result": "voicemail", "attempt-note": "Said she would ring back.", "attempt-version": seen}
    page = office.as_(office.sanna).post(to("followup-attempt", made.pk), sent)
    assert page.status_code == 409
    words = page.content.decode()
    assert "Lena Berg: Logged no answer by phone." in words
    assert "Said she would ring back." in words
    assert f'name="attempt-version" value="{made.version}"' in words, "pressing again sends what was seen now"
    assert made.attempts.count() == 1


def test_the_second_to_claim_hears_who_was_first(office: Office) -> None:
    made = office.follow_up(5)
    assert office.as_(office.sanna).post(to("followup-claim", made.pk)).status_code == 302
    assert office.as_(office.sanna).post(to("followup-claim", made.pk)).status_code == 302, "twice is harmless"
    page = office.as_(office.tomas).post(to("followup-claim", made.pk))
    assert page.status_code == 409
    assert "Sanna Berg has this follow-up now." in page.content.decode()
    assert FollowUp.objects.get(pk=made.pk).assignee == office.sanna


def test_the_one_who_was_rated_cannot_take_it(office: Office) -> None:
    made = office.follow_up(5)
    page = office.as_(office.mara).get(to("followup", made.pk)).content.decode()
    assert "This score is about you" in page
    assert office.as_(office.mara).post(to("followup-claim", made.pk)).status_code == 403
    assert office.as_(office.mara).get(to("followup-close", made.pk)).status_code == 403


def test_snooze_hides_it_until_the_time_and_keeps_the_deadline(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    browser, address = office.as_(office.sanna), to("followup-snooze", made.pk, query="view=mine")
    assert browser.post(address, {"snooze-pick": ""}).status_code == 422
    assert browser.post(address, {"snooze-pick": "2026-11-18T10:00"}).status_code == 422, "past, in Oslo"
    assert browser.post(address, {"snooze-until": "yesterday"}).status_code == 422
    assert browser.post(address, {"snooze-pick": "2026-11-19T09:00"}).status_code == 302
    due_at = made.due_at
    made.refresh_from_db()
    assert made.snoozed_until.isoformat() == "2026-11-19T08:00:00+00:00"
    assert made.due_at == due_at
    assert browser.get(to("queue")).context["listing"].rows == []
    assert "until" in browser.get(to("queue", query="view=snoozed")).content.decode()
    browser.post(to("followup-wake", made.pk))
    assert browser.get(to("queue")).context["listing"].rows == [made]


def test_assigning_gives_it_away_and_the_receiver_acknowledges(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    page = office.as_(office.sanna).get(to("followup", made.pk)).content.decode()
    assert "Mara Berg</option>" not in page, "not to the person who was rated"
    address = to("followup-assign", made.pk)
    assert office.as_(office.sanna).post(address, {"assign-to": office.mara.pk}).status_code == 422
    assert office.as_(office.sanna).post(address, {"assign-to": ""}).status_code == 422
    answer = office.as_(office.sanna).post(address, {"assign-to": office.tomas.pk, "assign-note": "Speaks Norwegian."})
    assert answer.headers["Location"].startswith(to("queue")), "they no longer see it"
    made.refresh_from_db()
    assert (made.assignee, made.acknowledged_at) == (office.tomas, None)
    office.as_(office.tomas).post(to("followup-acknowledge", made.pk))
    made.refresh_from_db()
    assert made.acknowledged_at == NOW


def test_given_back_it_is_nobodys(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    office.as_(office.sanna).post(to("followup-release", made.pk))
    made.refresh_from_db()
    assert (made.status, made.assignee) == ("open", None)


def test_only_leads_cancel_and_reopen(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    cancel, reopen = to("followup-cancel", made.pk), to("followup-reopen", made.pk)
    assert office.as_(office.sanna).post(cancel, {"reason-reason": "Duplicate record"}).status_code == 403
    assert office.as_(office.lena).post(cancel, {"reason-reason": " "}).status_code == 422
    assert office.as_(office.lena).post(cancel, {"reason-reason": "Duplicate record"}).status_code == 302
    made.refresh_from_db()
    assert made.status == "cancelled"
    page = office.as_(office.lena).post(cancel, {"reason-reason": "Duplicate record"})
    assert page.status_code == 409
    assert "cannot be cancelled" in page.content.decode()
    assert office.as_(office.sanna).post(reopen, {"reason-reason": "Not a duplicate"}).status_code == 403
    assert office.as_(office.lena).post(reopen, {"reason-reason": "Not a duplicate"}).status_code == 302
    made.refresh_from_db()
    assert made.status == "assigned"


# ---- closing -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"outcome": ""}, "outcome", "Choose how it ended."),
        ({"outcome": "invented"}, "outcome", "Choose how it ended."),
        ({"root_cause": ""}, "root_cause", "Choose a root cause."),
        ({"root_cause": "99999999999"}, "root_cause", "Select a valid choice"),
        ({"lesson_text": "Refunds"}, "lesson_text", "Write one full sentence a colleague can act on"),
        ({"lesson": "nothing_new"}, "lesson_text", "keep one of the two"),
        ({"lesson": "99999999999999999999"}, "lesson", "no longer there"),
        ({"outcome": "not_reached"}, "outcome", "0 of 3 attempts"),
        ({"outcome": "promised"}, "promise", "what was promised"),
        ({"outcome": "not_given", "note": "She says so."}, "confirmed_by", "second person"),
        ({"ask_again_on": "2026-11-18"}, "ask_again_on", "after today"),
        ({"note": "x" * 6000}, "note", "5,000"),
        ({"note": "a\x00b"}, "note", "NUL"),
    ],
)
def test_closing_says_what_is_missing_and_keeps_what_was_typed(
    office: Office, changes: dict[str, str], field: str, words: str
) -> None:
    made = office.follow_up(5, to=office.sanna)
    page = office.as_(office.sanna).post(to("followup-close", made.pk), close_form(**changes))
    assert page.status_code == 422
    assert words in str(page.context["form"].errors[field])
    assert (changes.get("lesson_text") or SENTENCE) in page.content.decode()
    made.refresh_from_db()
    assert made.status == "assigned"
    assert not Lesson.objects.exists()


def test_an_error_is_tied_to_its_field_which_has_the_focus(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    page = office.as_(office.sanna).post(to("followup-close", made.pk), close_form(lesson_text="Refunds"))
    words = page.content.decode()
    assert 'aria-describedby="id_lesson_text_error"' in words
    assert 'id="id_lesson_text_error"' in words
    textarea = words[words.index('<textarea name="lesson_text"') :].split(">")[0]
    assert "autofocus" in textarea
    assert 'aria-invalid="true"' in textarea


def test_closing_with_a_new_lesson_opens_the_next_one(office: Office) -> None:
    made, after = office.follow_up(5, to=office.sanna, due_in=1), office.follow_up(5, to=office.sanna, due_in=2)
    answer = office.as_(office.sanna).post(to("followup-close", made.pk, query="view=mine"), close_form())
    assert answer.headers["Location"] == to("queue", query=f"view=mine&task={after.pk}")
    made.refresh_from_db()
    assert (made.status, made.outcome, made.lesson.text) == ("closed", "solved", SENTENCE)
    page = office.as_(office.sanna).get(to("followup", made.pk)).content.decode()
    assert "Solved for the customer" in page
    assert SENTENCE in page
    assert office.as_(office.sanna).get(to("followup-close", made.pk)).status_code == 302


def test_closing_with_a_known_lesson_counts_it_and_a_promise_is_followed(office: Office) -> None:
    old = office.follow_up(5, to=office.sanna)
    closing.close(
        follow_up=old,
        by=office.sanna,
        at=NOW,
        outcome="solved",
        root_cause=cause(),
        lesson_kind="new",
        lesson_text=SENTENCE,
    )
    lesson = Lesson.objects.get()
    made = office.follow_up(5, to=office.sanna)
    assert SENTENCE in office.as_(office.sanna).get(to("followup-close", made.pk)).content.decode()
    promise = {"promise": "A call on Friday", "promise_due_on": "2026-11-20", "promise_owner": office.sanna.pk}
    sent = close_form(outcome="promised", lesson=lesson.pk, lesson_text="", **promise)
    assert office.as_(office.sanna).post(to("followup-close", made.pk), sent).status_code == 302
    lesson.refresh_from_db()
    assert lesson.times_seen == 2
    kept = Promise.objects.get(follow_up=made)
    office.as_(office.sanna).post(to("followup-promise", made.pk, kept.pk), {"kept": "yes"})
    kept.refresh_from_db()
    assert kept.kept_at == NOW
    other = office.follow_up(5, to=office.sanna)
    assert office.as_(office.sanna).post(to("followup-promise", other.pk, kept.pk)).status_code == 404


def test_not_given_by_the_customer_needs_a_second_person(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    sent = close_form(outcome="not_given", note="She never opened the mail.", confirmed_by=office.sanna.pk)
    assert office.as_(office.sanna).post(to("followup-close", made.pk), sent).status_code == 422
    sent["confirmed_by"] = office.lena.pk
    assert office.as_(office.sanna).post(to("followup-close", made.pk), sent).status_code == 302


def test_a_stale_closing_page_is_stopped_with_the_text_in_it(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    seen = made.version
    reaching_out.log_attempt(follow_up=made, via="phone", result="voicemail", by=office.lena, at=NOW)
    browser = office.as_(office.sanna)
    page = browser.post(to("followup-close", made.pk), close_form(version=seen))
    assert page.status_code == 409
    assert "Lena Berg: Left a voicemail." in page.content.decode()
    assert SENTENCE in page.content.decode()
    sent = close_form(version=page.context["form"]["version"].value())
    assert browser.post(to("followup-close", made.pk), sent).status_code == 302
    assert browser.post(to("followup-close", made.pk), sent).status_code == 302, "twice is harmless"
    assert Lesson.objects.count() == 1


def test_what_somebody_else_closed_is_said_in_words(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    facts = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "nothing_new"}
    closing.close(follow_up=made, by=office.lena, at=NOW, **facts)
    page = office.as_(office.sanna).post(to("followup-snooze", made.pk), {"snooze-pick": "2026-11-19T09:00"})
    assert page.status_code == 409
    assert "A follow-up that is closed cannot be snoozed" in page.content.decode()
    typed = {"attempt-result": "voicemail", "attempt-note": "I rang her at ten.", "attempt-version": 1}
    page = office.as_(office.sanna).post(to("followup-attempt", made.pk), typed)
    assert page.status_code == 409
    assert "I rang her at ten." in page.content.decode()


# ---- bad input -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["a\x00b", "x" * 1_000_000, "   "])
def test_a_text_that_cannot_be_kept_is_refused_and_shown_again(office: Office, text: str) -> None:
    made = office.follow_up(5, to=office.sanna)
    browser = office.as_(office.sanna)
    assert browser.post(to("followup-note", made.pk), {"note-text": text}).status_code == 422
    if text.strip():
        sent = {"attempt-result": "voicemail", "attempt-note": text}
        assert browser.post(to("followup-attempt", made.pk), sent).status_code == 422
    made.refresh_from_db()
    assert made.attempts_made == 0


def test_a_text_is_shown_harmlessly(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna, comment="<script>alert(1)</script>")
    browser = office.as_(office.sanna)
    browser.post(to("followup-note", made.pk), {"note-text": "<img src=x onerror=alert(1)>"})
    page = browser.get(to("followup", made.pk)).content.decode()
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page


# ---- lessons and customers -----------------------------------------------------------------------------------
@pytest.fixture
def lesson(office: Office) -> Lesson:
    made = office.follow_up(5, to=office.sanna)
    facts = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "new", "lesson_text": SENTENCE}
    closing.close(follow_up=made, by=office.sanna, at=NOW, **facts)
    return Lesson.objects.get()


def test_lessons_are_found_by_cause_team_and_status(office: Office, lesson: Lesson) -> None:
    browser = office.as_(office.sanna)
    for query, found in (
        ("", 1),
        ("status=new", 1),
        ("status=in_place", 0),
        (f"cause={cause().pk}", 1),
        (f"cause={cause('Tone').pk}", 0),
        (f"team={office.billing.pk}", 1),
        (f"team={office.network.pk}", 0),
        ("team=%00&cause=x&status=y&page=z", 1),
    ):
        page = browser.get(to("lessons", query=query))
        assert page.context["page"].paginator.count == found, query


def test_only_leads_and_managers_move_a_lesson_along(office: Office, lesson: Lesson) -> None:
    address = to("lesson", lesson.pk)
    assert "Ingrid Solheim" in office.as_(office.sanna).get(address).content.decode()
    assert office.as_(office.sanna).post(address, {"status": "accepted"}).status_code == 403
    assert office.as_(office.otto).post(address, {"status": "accepted"}).status_code == 403
    assert office.as_(office.lena).post(address, {"status": "in_place"}).status_code == 409
    assert office.as_(office.lena).post(address, {"status": "nonsense"}).status_code == 422
    assert office.as_(office.lena).post(address, {"status": "accepted"}).status_code == 302
    assert office.as_(office.lena).post(address, {"status": "accepted"}).status_code == 302, "twice is harmless"
    lesson.refresh_from_db()
    assert lesson.status == "accepted"


def test_a_customers_page_shows_what_the_reader_may_see(office: Office) -> None:
    made = office.follow_up(4, to=office.sanna, comment="Nobody rang me.")
    address = to("customer", made.customer_id)
    page = office.as_(office.sanna).get(address).content.decode()
    assert "Nobody rang me." in page
    assert to("followup", made.pk) in page
    assert to("followup", made.pk) not in office.as_(office.tomas).get(address).content.decode()
    assert office.as_(office.karl).get(address).status_code == 404
    found = office.as_(office.sanna).get(to("customers", query="q=solheim")).context["rows"]
    assert [one.pk for one in found] == [made.customer_id]
    assert office.as_(office.karl).get(to("customers")).context["rows"] == []
