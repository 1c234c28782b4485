"""Reaching out, snoozing, closing, escalating: by their verbs, with real commits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from followups.models import FollowUp, HistoryEntry, Lesson, Promise
from followups.rules import IllegalTransition
from followups.services import assigning, closing, escalating, learning, reaching_out, snoozing
from followups.services.moving import ChangedMeanwhile
from nps.append_only import IsAppendOnly
from nps.desk.services import replying
from nps.errors import Conflict, InvalidInput, NotAllowed
from nps.outbox.models import Delivery
from nps.remembered import Remembered
from nps.survey.models import Response
from tests import factories
from tests.factories import AT
from tests.outreach import cause, close, opened

pytestmark = pytest.mark.django_db(transaction=True)


# ---- reaching out ---------------------------------------------------------------------------------------------
def test_an_attempt_sets_the_next_try_and_only_reached_is_a_first_contact(billing, mara, sanna) -> None:
    follow_up = opened(billing, mara, 5)
    reaching_out.log_attempt(follow_up=follow_up, via="email", result="emailed", by=sanna, at=AT)
    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.assignee, follow_up.reached_at) == ("in_progress", sanna, None)
    assert follow_up.due_at == AT + timedelta(hours=4)
    later = AT + timedelta(hours=1)
    attempt = reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=sanna, at=later)
    follow_up.refresh_from_db()
    assert (follow_up.reached_at, follow_up.due_at, follow_up.attempts_made) == (later, follow_up.close_due_at, 2)
    reaching_out.undo_attempt(attempt=attempt, by=sanna, at=later)
    follow_up.refresh_from_db()
    assert (follow_up.reached_at, follow_up.due_at, follow_up.attempts_made) == (None, AT + timedelta(hours=4), 1)


def test_a_stale_act_is_stopped_and_says_what_changed(billing, mara, sanna) -> None:
    follow_up = opened(billing, mara)
    seen = follow_up.version
    tomas = factories.agent("tomas", billing)
    assigning.claim(follow_up=FollowUp.objects.get(pk=follow_up.pk), by=tomas, at=AT)
    now = FollowUp.objects.get(pk=follow_up.pk)
    with pytest.raises(ChangedMeanwhile, match="Tomas Berg: Took it"):
        reaching_out.log_attempt(follow_up=now, via="phone", result="voicemail", by=sanna, at=AT, expected_version=seen)
    assert not now.attempts.exists()


def test_snoozing_hides_but_moves_no_deadline_and_a_reply_wakes(billing, mara, sanna) -> None:
    follow_up = opened(billing, mara)
    due_at = follow_up.first_contact_due_at
    snoozing.snooze(follow_up=follow_up, until=AT + timedelta(days=1), by=sanna, at=AT)
    assert list(FollowUp.objects.snoozed(AT)) == [follow_up]
    assert follow_up.first_contact_due_at == due_at
    ticket = follow_up.response.resolution.ticket
    replying.customer_reply(ticket=ticket, body="I am back now.", at=AT + timedelta(hours=1))
    assert not FollowUp.objects.snoozed(AT + timedelta(hours=1)).exists()
    for until in (AT - timedelta(minutes=1), AT + timedelta(days=61)):
        with pytest.raises(InvalidInput):
            snoozing.snooze(follow_up=follow_up, until=until, by=sanna, at=AT)


def test_an_undo_after_something_else_was_done_is_refused(billing, mara, sanna) -> None:
    follow_up = opened(billing, mara, 5)
    attempt = reaching_out.log_attempt(follow_up=follow_up, via="phone", result="voicemail", by=sanna, at=AT)
    assigning.release(follow_up=follow_up, by=sanna, at=AT)
    with pytest.raises(Conflict, match="Something else was done"):
        reaching_out.undo_attempt(attempt=attempt, by=sanna, at=AT)
    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.assignee) == ("open", None)


def test_a_reached_that_was_undone_lets_the_customer_change_the_answer_again(billing, mara, sanna) -> None:
    follow_up = opened(billing, mara, 5)
    attempt = reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=sanna, at=AT)
    assert not Response.objects.get().is_editable(AT)
    reaching_out.undo_attempt(attempt=attempt, by=sanna, at=AT)
    assert Response.objects.get().is_editable(AT + timedelta(hours=71))


def test_whoever_was_rated_does_nothing_with_it_but_pass_it_on(billing, sanna) -> None:
    rated = factories.agent("petra", billing, role="Leads", is_lead=True)
    follow_up = opened(billing, rated, 3)
    assigning.hand_over(follow_up=follow_up, to=sanna, at=AT, by=rated)
    acts = [
        lambda: assigning.release(follow_up=follow_up, by=rated, at=AT),
        lambda: reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=rated, at=AT),
        lambda: snoozing.snooze(follow_up=follow_up, until=AT + timedelta(days=1), by=rated, at=AT),
        lambda: close(follow_up, rated),
        lambda: closing.cancel(follow_up=follow_up, by=rated, at=AT, reason="No matter."),
    ]
    for act in acts:
        with pytest.raises(NotAllowed, match="somebody else has to call"):
            act()
    close(follow_up, sanna)
    with pytest.raises(NotAllowed):
        closing.reopen(follow_up=follow_up, by=rated, at=AT)
    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.closed_by) == ("closed", sanna)
    assert Response.objects.get().is_editable(AT), "the refused “reached” froze nothing"


# ---- closing --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"outcome": ""}, "outcome"),
        ({"root_cause": None}, "root_cause"),
        ({"lesson_kind": ""}, "lesson"),
        ({"lesson_kind": "new", "lesson_text": "Too short"}, "lesson"),
        ({"lesson_kind": "known"}, "lesson"),
        ({"outcome": "not_reached"}, "outcome"),
        ({"outcome": "promised"}, "promise"),
        ({"outcome": "not_given"}, "note"),
        ({"outcome": "not_given", "note": "A colleague pressed it"}, "outcome"),  # nobody could confirm it
        ({"ask_again_on": AT.date()}, "ask_again_on"),
    ],
)
def test_an_incomplete_close_names_the_field_and_writes_nothing(billing, mara, sanna, fields, field) -> None:
    follow_up = opened(billing, mara)
    with pytest.raises(InvalidInput) as caught:
        close(follow_up, sanna, **fields)
    assert caught.value.field == field
    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.version) == ("open", 1)
    assert not Lesson.objects.exists()


def test_could_not_reach_only_after_the_policys_attempts(billing, mara, sanna) -> None:
    follow_up = opened(billing, mara, 5)
    for hours, via, result in ((0, "phone", "no_answer"), (2, "phone", "voicemail"), (24, "email", "emailed")):
        with pytest.raises(InvalidInput, match="not allowed yet"):
            close(follow_up, sanna, outcome="not_reached")
        follow_up.refresh_from_db()
        at = AT + timedelta(hours=hours)
        reaching_out.log_attempt(follow_up=follow_up, via=via, result=result, by=sanna, at=at)
    assert close(follow_up, sanna, outcome="not_reached").status == "closed"


def test_attempts_are_counted_by_the_days_of_the_owning_team(mara, sanna) -> None:
    chicago = factories.team("Connect", zone="America/Chicago")
    follow_up = opened(chicago, mara, 5)
    one_afternoon = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)  # 17:30 in Chicago, and midnight UTC is near
    for hours, via in ((0, "phone"), (0.2, "phone"), (1, "email")):
        result = "emailed" if via == "email" else "no_answer"
        at = one_afternoon + timedelta(hours=hours)
        reaching_out.log_attempt(follow_up=follow_up, via=via, result=result, by=sanna, at=at)
    with pytest.raises(InvalidInput, match="1 of 2 days"):
        close(follow_up, sanna, outcome="not_reached", at=one_afternoon + timedelta(hours=2))


def test_a_promise_and_a_known_lesson_are_kept(billing, mara, sanna) -> None:
    lesson = learning.learn(text="Ring back the same day, always.", root_cause=cause(), at=AT)
    due_on = AT.date() + timedelta(days=3)
    promise = closing.PromiseMade("A new invoice", due_on, sanna)
    follow_up = close(
        opened(billing, mara), sanna, outcome="promised", lesson_kind="known", lesson=lesson, promise=promise
    )
    lesson.refresh_from_db()
    assert lesson.times_seen == 1
    made = Promise.objects.get(follow_up=follow_up)
    assert closing.settle_promise(promise=made, is_kept=True, by=sanna, at=AT)
    assert not closing.settle_promise(promise=made, is_kept=False, by=sanna, at=AT)


def test_closing_twice_is_a_conflict_and_reopening_keeps_the_history(billing, mara, sanna) -> None:
    follow_up = close(opened(billing, mara), sanna)
    with pytest.raises(IllegalTransition, match="cannot be closed"):
        close(follow_up, sanna)
    closing.reopen(follow_up=follow_up, by=sanna, at=AT, reason="It came back")
    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.outcome, follow_up.root_cause) == ("assigned", "", None)
    closing.cancel(follow_up=follow_up, by=sanna, at=AT, reason="Entered twice")
    assert [entry.verb for entry in follow_up.history.order_by("pk")] == ["open", "claim", "close", "reopen", "cancel"]


def test_history_cannot_be_changed_or_deleted(billing, mara) -> None:
    entry = opened(billing, mara).history.get()
    entry.sentence = "It never happened."
    for act in (entry.save, entry.delete, HistoryEntry.objects.all().delete):
        with pytest.raises(IsAppendOnly):
            act()
    with pytest.raises(IsAppendOnly):
        HistoryEntry.objects.update(sentence="x")


# ---- escalating -----------------------------------------------------------------------------------------------
def test_the_ladder_takes_each_step_once(billing, mara, sanna) -> None:
    lead = factories.agent("lena", billing, starts=None, is_lead=True, role="Leads")
    manager = factories.agent("mona", starts=None, role="Managers")
    follow_up = opened(billing, mara, 5)
    assigning.hand_over(follow_up=follow_up, to=sanna, at=AT)
    Delivery.objects.all().delete()
    due = follow_up.first_contact_due_at
    steps = [(due - timedelta(minutes=59), sanna), (due, lead), (due + timedelta(days=1, hours=1), manager)]
    assert escalating.escalate_overdue(at=due - timedelta(minutes=61)) == 0
    for at, told in steps:
        assert escalating.escalate_overdue(at=at) == 1
        assert escalating.escalate_overdue(at=at) == 0
        assert Delivery.objects.order_by("-pk").first().recipient == told.email
    assert follow_up.history.filter(verb="escalate").count() == 3


def promised() -> dict[str, Any]:
    """What a lesson needs to be in place."""
    return {"owner": factories.agent("petra", starts=None), "change": "A list of promised calls."}


def test_lessons_move_step_by_step(billing) -> None:
    lesson = learning.learn(text="Ring back the same day, always.", root_cause=cause(), at=AT, **promised())
    with pytest.raises(learning.Conflict, match="can become accepted, rejected"):
        learning.put(lesson=lesson, status="in_place", at=AT)
    learning.put(lesson=lesson, status="accepted", at=AT)
    assert learning.put(lesson=lesson, status="in_place", at=AT).in_place_on == AT.date()


def test_only_a_lesson_in_place_has_a_day_since_when(billing) -> None:
    text, written = "Ring back the same day, always.", AT - timedelta(days=5)
    lesson = learning.learn(text=text, root_cause=cause(), at=written, **promised())
    with pytest.raises(learning.InvalidInput, match="Only a lesson that is in place") as refusal:
        learning.put(lesson=lesson, status="accepted", at=AT, in_place_on=AT.date())
    assert refusal.value.field == "in_place_on"
    lesson.refresh_from_db()
    assert (lesson.status, lesson.in_place_on) == ("new", None)
    learning.put(lesson=lesson, status="accepted", at=AT)
    earlier = AT.date() - timedelta(days=3)
    assert learning.put(lesson=lesson, status="in_place", at=AT, in_place_on=earlier).in_place_on == earlier


def test_a_voicemail_is_left_by_phone(billing, mara, sanna) -> None:
    given = opened(billing, mara, 5)
    for via in ("email", "chat", "meeting"):
        with pytest.raises(InvalidInput):
            reaching_out.log_attempt(follow_up=given, via=via, result="voicemail", by=sanna, at=AT)
    assert not given.attempts.exists()


def test_a_change_is_not_in_place_before_its_day() -> None:
    lesson = learning.learn(text="Say when the refund comes.", root_cause=cause(), at=AT, **promised())
    learning.put(lesson=lesson, status="accepted", at=AT)
    with pytest.raises(InvalidInput) as refused:
        learning.put(lesson=lesson, status="in_place", at=AT, in_place_on=AT.date() + timedelta(days=2))
    assert refused.value.field == "in_place_on"
    assert Lesson.objects.get(pk=lesson.pk).status == "accepted"


def test_a_team_without_hours_has_deadlines_all_the_same(billing, mara) -> None:
    billing.hours.all().delete()
    type(billing).objects.filter(pk=billing.pk).update(follows_sun=False)
    Remembered.forget_all()
    assert opened(billing, mara, 2).first_contact_due_at > AT
