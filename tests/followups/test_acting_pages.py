"""Acts on a follow-up through its page: what each leaves behind, stale pages, double presses, bad input."""

import pytest

from followups.models import FollowUp, HistoryEntry
from followups.services import assigning, reaching_out
from tests.staff import NOW, Office, close_form, to

pytestmark = pytest.mark.django_db


# ---- acts -----------------------------------------------------------------------------------------------------
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
    assert "Sanna Berg took this just now." in page.content.decode()
    assert FollowUp.objects.get(pk=made.pk).assignee == office.sanna


def test_what_was_given_away_meanwhile_is_said_with_the_text(office: Office) -> None:
    made = office.follow_up(5, to=office.karl)
    assigning.hand_over(follow_up=made, to=office.tomas, by=office.lena, at=NOW)
    page = office.as_(office.karl).post(to("followup-note", made.pk), {"note-text": "She prefers mail."})
    assert page.status_code == 409, "it was his, though his team is another"
    assert "Tomas Berg was given this just now." in page.content.decode()
    assert "She prefers mail." in page.content.decode()
    assert office.as_(office.karl).get(to("followup", made.pk)).status_code == 404


def test_what_nobody_has_is_taken_and_not_dealt_out(office: Office) -> None:
    made = office.follow_up(5)
    browser, address = office.as_(office.sanna), to("followup-assign", made.pk)
    page = browser.get(to("followup", made.pk)).content.decode()
    assert f'value="{office.sanna.pk}"' in page
    assert f'value="{office.tomas.pk}"' not in page, "it offers what is allowed"
    assert browser.post(address, {"assign-to": office.tomas.pk}).status_code == 422
    assert FollowUp.objects.get(pk=made.pk).assignee is None
    assert office.as_(office.lena).post(address, {"assign-to": office.sanna.pk}).status_code == 302
    assert browser.post(address, {"assign-to": office.tomas.pk}).status_code == 302, "what is theirs they pass on"


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


def test_a_snooze_is_taken_back_with_all_as_before(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    browser, undo = office.as_(office.sanna), to("followup-snooze-undo", made.pk)
    assert browser.post(undo).status_code == 409, "nothing to take back"
    for day, before in (("19", None), ("23", "2026-11-19T08:00:00+00:00")):
        browser.post(to("followup-snooze", made.pk, query="view=mine"), {"snooze-pick": f"2026-11-{day}T09:00"})
        page = browser.get(to("queue", query="view=mine")).content.decode()
        assert f'action="{undo}?view=mine"' in page, "the toast takes it back"
        for _ in range(2):
            answer = browser.post(f"{undo}?view=mine")
            assert answer.headers["Location"] == to("queue", query=f"view=mine&task={made.pk}"), "it is open again"
        now = FollowUp.objects.get(pk=made.pk)
        assert now.snoozed_until is None if before is None else now.snoozed_until.isoformat() == before
        assert now.due_at == made.due_at
        browser.post(to("followup-snooze", made.pk), {"snooze-pick": "2026-11-19T09:00"})
    assert made.history.filter(sentence="Took back the snooze.").count() == 2, "twice is once"


def test_what_was_done_after_a_snooze_stays(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    browser, undo = office.as_(office.sanna), to("followup-snooze-undo", made.pk)
    browser.post(to("followup-snooze", made.pk), {"snooze-pick": "2026-11-19T09:00"})
    assert office.as_(office.lena).post(undo).status_code == 409, "only one's own"
    browser.post(to("followup-note", made.pk), {"note-text": "Back tomorrow."})
    browser.post(to("followup-wake", made.pk))
    assert browser.post(undo).status_code == 409
    browser.post(to("followup-attempt", made.pk), {"attempt-result": "no_answer"})
    assert browser.post(undo).status_code == 409
    assert FollowUp.objects.get(pk=made.pk).attempts_made == 1


def test_assigning_gives_it_away_and_the_receiver_acknowledges(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    page = office.as_(office.sanna).get(to("followup", made.pk)).content.decode()
    assert "Mara Berg</option>" not in page, "not to the person who was rated"
    address = to("followup-assign", made.pk)
    assert office.as_(office.sanna).post(address, {"assign-to": office.mara.pk}).status_code == 422
    assert office.as_(office.sanna).post(address, {"assign-to": ""}).status_code == 422
    for _ in range(2):
        sent = {"assign-to": office.tomas.pk, "assign-note": "Speaks Norwegian."}
        answer = office.as_(office.sanna).post(address, sent)
        assert answer.headers["Location"].startswith(to("queue")), "they no longer see it; twice is harmless"
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


# ---- bad input ------------------------------------------------------------------------------------------------
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
