"""Closing a follow-up through its page: what is missing is said, what was typed stays, the next one opens."""

import pytest

from followups.evidence import CAUSE_OF_TOPIC
from followups.models import FollowUp, Lesson, Promise, RootCause
from followups.services import closing, confirming, reaching_out
from nps.survey.models import Topic
from tests.staff import NOW, SENTENCE, Office, cause, close_form, to

pytestmark = pytest.mark.django_db


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
        ({"outcome": "promised"}, "promise", "Say what was promised"),
        ({"outcome": "not_given"}, "note", "Say why you think the customer did not give this answer."),
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


# ---- a cause that is evident before anybody chooses --------------------------------------------------------------
def chosen(office: Office, made: FollowUp) -> tuple[str, str]:
    """The cause that stands in the form when it is opened, and what is said beside it."""
    field = office.as_(office.sanna).get(to("followup-close", made.pk)).context["form"]["root_cause"]
    cause_chosen = RootCause.objects.filter(pk=field.value()).first() if field.value() else None
    return (cause_chosen.name if cause_chosen else "", str(field.help_text))


@pytest.mark.parametrize(
    ("ticked", "name"),
    [
        ([], ""),
        (["came-back"], "Problem came back"),
        (["price"], "Policy or price"),
        (["too-long"], ""),
        (["other"], ""),
        (["came-back", "unclear"], ""),
        (["came-back", "other"], ""),
    ],
)
def test_one_ticked_topic_that_says_it_chooses_the_cause(office: Office, ticked: list[str], name: str) -> None:
    made = office.follow_up(5, to=office.sanna)
    made.response.topics.set(Topic.objects.filter(slug__in=ticked))
    cause_chosen, words = chosen(office, made)
    assert cause_chosen == name
    assert ("The customer ticked" in words) == bool(name)


def test_every_topic_that_chooses_is_there_and_so_is_its_cause(office: Office) -> None:
    assert set(CAUSE_OF_TOPIC) <= set(Topic.objects.values_list("slug", flat=True))
    assert set(CAUSE_OF_TOPIC.values()) <= set(RootCause.objects.values_list("slug", flat=True))


def test_a_retired_cause_is_not_offered(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    made.response.topics.set(Topic.objects.filter(slug="came-back"))
    RootCause.objects.filter(name="Problem came back").update(is_active=False)
    assert chosen(office, made)[0] == ""


def test_what_it_was_closed_with_comes_before_what_was_ticked(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    made.response.topics.set(Topic.objects.filter(slug="came-back"))
    facts = {"root_cause": cause("Tone"), "lesson_kind": "nothing_new"}
    closing.close(follow_up=made, by=office.sanna, at=NOW, outcome="solved", **facts)
    closing.reopen(follow_up=made, by=office.sanna, at=NOW)
    name, words = chosen(office, made)
    assert name == "Tone"
    assert "As it was closed before." in words


def test_what_a_second_person_was_asked_to_confirm_is_offered_again(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    facts = {"root_cause": cause("Tone"), "lesson_kind": "nothing_new", "note": "Somebody else pressed it."}
    closing.close(follow_up=made, by=office.sanna, at=NOW, outcome="not_given", **facts)
    confirming.decline(confirmation=made.confirmations.get(), by=office.lena, at=NOW, answer="They did.")
    name, words = chosen(office, made)
    assert name == "Tone"
    assert "As a second person was asked to confirm it." in words
