"""Planted tickets, the sweep, and the verdict that is right."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups import tasks
from followups.models import FollowUp, Lesson, Measurement
from followups.services import learning, measuring
from nps.append_only import IsAppendOnly
from nps.survey.models import SurveyDecision
from tests.followups.planted_effects import PLACED, lesson_in_place, noon, resolved
from tests.staff import Office, cause

BEFORE = {"first": PLACED - timedelta(days=91), "days": 91}
SINCE = {"first": PLACED, "days": 90}
LATER = noon(PLACED + timedelta(days=120))


@pytest.fixture
def here(office: Office) -> dict[str, Any]:
    return {"team": office.billing, "by": office.mara, "cause": cause()}


@pytest.fixture
def there(office: Office) -> dict[str, Any]:
    return {"team": office.network, "by": office.karl, "cause": cause()}


def measured(lesson: Lesson, at: datetime = LATER) -> Measurement:
    measuring.measure_due(at=at)
    lesson.refresh_from_db()
    row = lesson.measurements.order_by("-pk")[0]
    assert lesson.effect == row.verdict
    return row


def test_a_fall_in_its_scope_alone_is_proven(office: Office, here, there) -> None:
    lesson = lesson_in_place(cause(), team=office.billing)
    resolved(120, carried=36, content=60, **BEFORE, **here)
    resolved(110, carried=4, content=80, **SINCE, **here)
    resolved(100, carried=30, content=40, **BEFORE, **there)
    resolved(90, carried=26, content=40, **SINCE, **there)
    row = measured(lesson)
    assert (row.verdict, row.is_controlled, row.scope) == ("proven", True, "Billing, all products")
    assert (row.after_carried, row.after_resolved, row.before_carried, row.before_resolved) == (4, 110, 36, 120)
    assert row.figures["outside_after"]["carried"] == 26
    assert row.figures["nps"].startswith("up ")
    assert "(26 of 90 against 30 of 100)" in row.sentence
    assert row.high < 0
    assert row.label == "Proven"


def test_a_fall_everywhere_is_not_its_effect(office: Office, here, there) -> None:
    lesson = lesson_in_place(cause(), team=office.billing)
    for where in (here, there):
        resolved(120, carried=36, content=60, **BEFORE, **where)
        resolved(110, carried=4, content=80, **SINCE, **where)
    assert measured(lesson).verdict == "none_seen"


def test_without_anything_outside_it_is_said_not_to_be_compared(here, there) -> None:
    lesson = lesson_in_place(cause())
    for where in (here, there):
        resolved(120, carried=36, content=60, **BEFORE, **where)
        resolved(110, carried=4, content=80, **SINCE, **where)
    row = measured(lesson)
    assert (row.verdict, row.label) == ("proven", "Fewer since, not compared")
    assert row.figures["outside_before"] is None
    assert (row.before_resolved, row.after_resolved) == (240, 220)


def test_other_causes_other_products_history_and_what_was_not_given_do_not_count(office: Office, here) -> None:
    from tests import factories

    ledger, depot = factories.product(), factories.product("Depot")
    lesson = lesson_in_place(cause(), product=ledger)
    resolved(50, carried=10, content=20, product=ledger, **BEFORE, **here)
    resolved(40, carried=40, product=depot, **BEFORE, **here)
    resolved(30, carried=30, product=ledger, **BEFORE, **{**here, "cause": cause("Tone")})
    (taken_back,) = resolved(1, carried=1, product=ledger, **BEFORE, **here)
    FollowUp.objects.filter(pk=taken_back.pk).update(outcome="not_given", confirmed_by=office.lena)
    imported = resolved(3, carried=3, product=ledger, **BEFORE, **here)
    for one in imported:
        SurveyDecision.objects.filter(resolution=one.response.resolution_id).update(outcome="skipped", reason="history")
        type(one.response).objects.filter(pk=one.response_id).update(is_history=True)
    row = measured(lesson)
    assert (row.before_carried, row.before_resolved) == (10, 50 + 30 + 1)
    assert row.figures["outside_before"]["carried"] == 40


def test_a_cause_of_the_first_level_counts_those_below_it(here) -> None:
    parent = cause().parent
    assert parent is not None
    lesson = lesson_in_place(parent)
    resolved(50, carried=10, **BEFORE, **here)
    assert measured(lesson).before_carried == 10


def test_too_early_too_few_and_an_empty_house(here) -> None:
    lesson = lesson_in_place(cause())
    row = measured(lesson, noon(PLACED + timedelta(days=3)))
    assert (row.verdict, row.before_resolved, row.after_resolved) == ("too_early", 0, 0)
    row = measured(lesson)
    assert (row.verdict, "Too few to tell: 0 resolutions" in row.sentence) == ("too_early", True)
    resolved(40, carried=20, **BEFORE, **here)
    resolved(5, carried=0, **SINCE, **here)
    row = measured(lesson, LATER + timedelta(days=1))
    assert (row.verdict, row.after_resolved) == ("too_early", 5)


def test_each_day_once_and_the_history_stays(here) -> None:
    lesson = lesson_in_place(cause())
    resolved(120, carried=36, content=60, **BEFORE, **here)
    resolved(110, carried=4, content=80, **SINCE, **here)
    early = noon(PLACED + timedelta(days=10))
    assert [measuring.measure_due(at=early) for _ in range(2)] == [1, 0]
    assert measuring.measure(lesson=lesson, at=early) is None, "another sweep was quicker"
    assert measuring.measure_due(at=LATER) == 1
    assert list(lesson.measurements.values_list("verdict", flat=True)) == ["too_early", "proven"]
    for change in (lambda: lesson.measurements.update(verdict="proven"), lesson.measurements.all().delete):
        with pytest.raises(IsAppendOnly):
            change()
    over = noon(PLACED + timedelta(days=196))
    assert [measuring.measure_due(at=over + timedelta(days=one)) for one in range(3)] == [1, 0, 0], "it stands"


def test_put_back_it_is_measured_no_more_and_put_in_place_again_anew(office: Office, here) -> None:
    lesson = lesson_in_place(cause())
    resolved(120, carried=36, content=60, **BEFORE, **here)
    resolved(110, carried=4, content=80, **SINCE, **here)
    assert measured(lesson).verdict == "proven"
    learning.put(lesson=lesson, status="in_progress", at=LATER, by=office.mira)
    lesson.refresh_from_db()
    assert (lesson.effect, lesson.measurements.count()) == ("", 1)
    assert measuring.measure_due(at=LATER + timedelta(days=1)) == 0
    again = PLACED + timedelta(days=60)
    learning.put(lesson=lesson, status="in_place", at=LATER, by=office.mira, in_place_on=again)
    row = measured(lesson, LATER + timedelta(days=1))
    assert row.figures["before"] == ["2026-03-02", "2026-06-01"], "not the weeks in which it was in place"
    assert row.before_carried == 36
    Lesson.objects.filter(pk=lesson.pk).update(effect="none_seen")
    learning.put(lesson=lesson, status="no_effect", at=LATER, by=office.mira)
    assert Lesson.objects.get(pk=lesson.pk).effect == "none_seen", "that rests on what was measured"


def test_the_day_is_the_organisations_also_when_clocks_change(settings, here) -> None:
    settings.TIME_ZONE = "Europe/Oslo"
    placed = date(2026, 10, 25)  # the day of 25 hours
    lesson = lesson_in_place(cause(), on=placed)
    days = {"first": placed, "days": 1}
    resolved(1, at=datetime(2026, 10, 24, 21, 59, tzinfo=UTC), **days, **here)  # 23:59 the day before
    resolved(2, at=datetime(2026, 10, 24, 22, 0, tzinfo=UTC), **days, **here)  # midnight
    resolved(4, at=datetime(2026, 11, 30, 22, 59, tzinfo=UTC), **days, **here)  # the last minute of a month
    resolved(8, at=datetime(2026, 11, 30, 23, 0, tzinfo=UTC), **days, **here)
    row = measured(lesson, datetime(2026, 12, 14, 23, 30, tzinfo=UTC))  # 00:30 on the 15th
    assert (row.measured_on, row.before_resolved, row.after_resolved) == (date(2026, 12, 15), 1, 6)


def test_put_in_place_today_is_the_organisations_today(settings, office: Office) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    whose = {"owner": office.lena, "change": "A list of promised calls."}
    lesson = learning.learn(text="Ring back at the promised hour.", root_cause=cause(), at=LATER, **whose)
    lesson = learning.put(lesson=lesson, status="accepted", at=LATER)
    put = learning.put(lesson=lesson, status="in_place", at=datetime(2026, 8, 31, 13, 0, tzinfo=UTC))
    assert put.in_place_on == date(2026, 9, 1)


def test_one_lesson_costs_a_stated_number_of_statements(office: Office, here) -> None:
    counts, again = [], []
    for number in (1, 40):
        lesson = lesson_in_place(cause(), team=office.billing)
        resolved(number, carried=number, **BEFORE, **here)
        with CaptureQueriesContext(connection) as seen:
            measuring.measure(lesson=lesson, at=LATER)
        counts.append(len(seen))
        known = Lesson.objects.select_related("team", "product").get(pk=lesson.pk)
        with CaptureQueriesContext(connection) as seen:
            measuring.measure(lesson=known, at=LATER + timedelta(days=1))
        again.append(len(seen))
    assert counts == [11, 11], (
        "earlier days; causes, tickets, answers, follow-ups; the team; three writes in a savepoint"
    )
    assert again == [9, 9], "the team is known; a verdict that is still the same is no step of the lesson"


def test_one_that_cannot_be_measured_does_not_stand_before_the_others(here, monkeypatch) -> None:
    poisoned, fine = lesson_in_place(cause()), lesson_in_place(cause())
    figures_of = measuring.figures_of
    monkeypatch.setattr(
        measuring, "figures_of", lambda lesson, days: 1 / 0 if lesson == poisoned else figures_of(lesson, days)
    )
    assert measuring.measure_due(at=LATER) == 1
    assert list(Measurement.objects.values_list("lesson", flat=True)) == [fine.pk]


def test_beat_measures(here) -> None:
    from config.celery import app

    assert "followups.measure_effects" in {entry["task"] for entry in app.conf.beat_schedule.values()}
    lesson_in_place(cause())
    with time_machine.travel(LATER, tick=False):
        tasks.measure_effects()
    assert Measurement.objects.count() == 1
