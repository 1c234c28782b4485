"""Invariants live in the database: each is tried to be broken past every verb, with plain UPDATEs."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F, IntegerField, QuerySet, Value

from followups.models import (
    Attempt,
    Briefing,
    Digest,
    FollowUp,
    Lesson,
    LessonEntry,
    NoticeChoice,
    Policy,
    Promise,
    RootCause,
)
from followups.services import closing, learning, reaching_out
from nps.desk.models import Absence, Customer, Resolution, Shift, Ticket, WorkingHours
from nps.desk.services import resolving
from nps.outbox.models import Delivery
from nps.remembered import Remembered
from nps.survey.models import Click, Invitation, Response, ResponseRevision, Survey, SurveyDecision
from nps.survey.services import answering, clicking, opting_out
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> FollowUp:
    """One of everything, closed with a promise and a lesson."""
    billing = factories.team()
    mara, sanna = factories.agent("mara", billing), factories.agent("sanna", billing)
    ticket = factories.ticket(factories.customer(external_id="c-1"), billing, assignee=mara, external_id="t-1")
    resolving.resolve(ticket=ticket, by=mara, at=AT)
    invitation = Invitation.objects.select_related("resolution__account").get()
    clicking.note_click(invitation=invitation, at=AT, score=3)
    response, _ = answering.record_answer(invitation=invitation, score=9, at=AT, comment="Fine.")
    answering.change_score(response=response, score=3, at=AT, nonce="n")
    opting_out.opt_out(address="a@example.org", at=AT)
    follow_up = FollowUp.objects.get()
    reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=sanna, at=AT)
    closing.close(
        follow_up=follow_up,
        by=sanna,
        at=AT,
        outcome="promised",
        root_cause=RootCause.objects.filter(parent__isnull=False)[0],
        lesson_kind="new",
        lesson_text="Ring back the same day, always.",
        promise=closing.PromiseMade("A new invoice", AT.date(), sanna),
    )
    Absence.objects.create(user=sanna, starts_at=AT, ends_at=AT + timedelta(days=1))
    NoticeChoice.objects.create(user=sanna, kind="overdue", way="off")
    Digest.objects.create(user=sanna, shift_starts_at=AT, shift_ends_at=AT + timedelta(hours=8), made_at=AT)
    Briefing.objects.create(user=sanna, rhythm="daily", day=AT.date(), made_at=AT)
    learning.put(lesson=Lesson.objects.get(), status="accepted", at=AT)
    return FollowUp.objects.get()


BREAKS = [
    (Response, {"score": 11}),
    (Response, {"score": -1}),
    (ResponseRevision, {"new_score": 11}),
    (Click, {"score": 11}),
    (Survey, {"sample_percent": 101}),
    (Survey, {"link_days": 0}),
    (Survey, {"link_days": 3651}),
    (Survey, {"delay_minutes": 525_601}),
    (Survey, {"reminder_days": 366}),
    (Survey, {"quiet_days": 3651}),
    (SurveyDecision, {"reason": "opted_out"}),
    (SurveyDecision, {"outcome": "skipped"}),
    (Ticket, {"resolved_at": None}),
    (Ticket, {"status": "open"}),
    (Resolution, {"acceptance": "accepted"}),
    (Delivery, {"status": "sending", "settled_at": None}),
    (Delivery, {"status": "sent", "settled_at": None}),
    (FollowUp, {"status": "open"}),
    (FollowUp, {"status": "assigned", "assignee": None}),
    (FollowUp, {"assignee": None}),
    (FollowUp, {"outcome": ""}),
    (FollowUp, {"root_cause": None}),
    (FollowUp, {"closed_at": None}),
    (FollowUp, {"lesson": None}),
    (FollowUp, {"lesson_kind": "nothing_new"}),
    (FollowUp, {"outcome": "not_given"}),
    (FollowUp, {"second_asked_at": AT}),
    (FollowUp, {"score": 11}),
    (FollowUp, {"status": "in_progress"}),
    (FollowUp, {"outcome": "fine"}),
    (Response, {"origin": "guessed"}),
    (Delivery, {"status": "lost"}),
    (Attempt, {"result": "voicemail", "via": "email"}),
    (RootCause, {"parent": F("id")}),
    (Attempt, {"result": "emailed"}),
    (Lesson, {"status": "in_place"}),
    (Lesson, {"text": ""}),
    (Promise, {"kept_at": AT, "broken_at": AT}),
    (Promise, {"text": ""}),
    (Policy, {"min_score": 9, "max_score": 8}),
    (Policy, {"close_days": 0}),
    (Policy, {"close_days": 366}),
    (Policy, {"attempts_needed": 51}),
    (Policy, {"attempt_days_needed": 51}),
    (Policy, {"channels_needed": 5}),
    (Policy, {"first_contact_hours": 0}),
    (Policy, {"next_try_hours": 0}),
    (Policy, {"second_clock_hours": -1}),
    (Policy, {"most_hand_overs": 51}),
    (NoticeChoice, {"way": "never"}),
    (Digest, {"shift_ends_at": AT - timedelta(days=1)}),
    (Briefing, {"rhythm": "hourly"}),
    (Absence, {"ends_at": AT - timedelta(days=1)}),
    (Shift, {"valid_from": AT.date(), "valid_to": AT.date() - timedelta(days=1)}),
    (WorkingHours, {"weekday": 7}),
    (LessonEntry, {"verb": "rumour"}),
]


@pytest.mark.parametrize(("model", "changes"), BREAKS, ids=lambda v: v.__name__ if isinstance(v, type) else str(v)[:40])
def test_a_row_that_cannot_be_true_is_refused(world, model, changes) -> None:
    assert model.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        QuerySet(model).update(**changes)  # past what a manager refuses


@pytest.mark.parametrize("name", ["first_contact_hours", "next_try_hours", "second_clock_hours"])
def test_hours_without_end_are_refused(world, name) -> None:
    """By the CHECK on SQLite, which has no width of a decimal, and by the column itself on PostgreSQL."""
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Policy.objects.update(**{name: Value(1001, output_field=IntegerField())})


TYPOS = [
    (Policy, "first_contact_hours", 0, "More than 0 hours."),
    (Policy, "close_days", 2_147_483_647, "At most 365 days."),
    (Policy, "close_days", 0, "At least 1 day."),
    (Policy, "attempts_needed", 51, "At most 50 attempts."),
    (Policy, "attempt_days_needed", 51, "At most 50 days."),
    (Policy, "channels_needed", 5, "At most 4 channels."),
    (Policy, "next_try_hours", 0, "More than 0 hours."),
    (Policy, "second_clock_hours", 1001, "At most 1000 hours."),
    (Survey, "link_days", 40_000, "At most 3650 days."),
    (Survey, "link_days", 0, "At least 1 day."),
    (Survey, "delay_minutes", 10**9, "At most 525600 minutes, which is a year."),
    (Survey, "reminder_days", 366, "At most 365 days."),
    (Survey, "quiet_days", 3651, "At most 3650 days."),
    (Survey, "sample_percent", 101, "At most 100 percent."),
]


@pytest.mark.parametrize(("model", "name", "value", "sentence"), TYPOS)
def test_a_typo_is_told_in_a_sentence_at_its_field(world, model, name, value, sentence) -> None:
    row = model.objects.order_by("pk").first()
    setattr(row, name, value)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert set(refused.value.message_dict) == {name}
    assert sentence in refused.value.message_dict[name]


def test_the_widest_bounds_still_open_a_follow_up(world) -> None:
    Policy.objects.update(first_contact_hours="999.99", close_days=365, next_try_hours="999.99")
    Survey.objects.update(delay_minutes=525_600, link_days=3650, quiet_days=0)
    Remembered.forget_all()
    ticket = factories.ticket(factories.customer(), factories.team("Elsewhere"), external_id="t-2")
    resolving.resolve(ticket=ticket, by=factories.agent("noor", ticket.team), at=AT)
    invitation = Invitation.objects.select_related("resolution__account").get(resolution__ticket=ticket)
    response, _ = answering.record_answer(invitation=invitation, score=3, at=AT)
    assert FollowUp.objects.get(response=response).close_due_at > AT + timedelta(days=365)


def test_closer_and_confirmer_are_two_people(world) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FollowUp.objects.update(outcome="not_given", confirmed_by=world.closed_by)


@pytest.mark.parametrize(
    "model", [Response, FollowUp, SurveyDecision, Invitation, Resolution, Ticket, Customer, Delivery]
)
def test_what_may_exist_once_exists_once(world, model) -> None:
    row = model.objects.order_by("pk").first()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    assert connection.is_usable()
