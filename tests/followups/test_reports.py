"""Figures of the loop, against the same counted by hand over rows that the verbs wrote."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups import lesson_reports, reports
from followups.models import FollowUp, Lesson, Outcome, RootCause
from followups.reports import Selection
from followups.services import closing, learning, reaching_out
from followups.services.closing import PromiseMade
from nps.survey.scoring import Rate
from tests import factories
from tests.factories import AT
from tests.managed import NOW, House

pytestmark = pytest.mark.django_db
OSLO = ZoneInfo("Europe/Oslo")
WEEK = Selection(since=AT - timedelta(days=7), until=AT + timedelta(days=7))


@pytest.fixture
def house() -> House:
    return House.open()


def reach(follow_up: FollowUp, at) -> FollowUp:
    reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=follow_up.assignee, at=at)
    return follow_up


def test_nothing_yet_is_nothing_and_no_division_by_zero() -> None:
    empty = reports.loop(WEEK, NOW)
    assert empty == reports.Loop()
    assert empty.rate_reached_in_time.share is None
    assert empty.rate_closed.share is None
    assert reports.by_cause(WEEK) == ()
    assert reports.by_outcome(WEEK) == ()
    assert reports.by_week(WEEK, OSLO) == ()
    assert lesson_reports.lessons(WEEK) == ()
    assert lesson_reports.promises(WEEK, on=NOW.date()).total == 0


def test_the_steps_of_the_loop_by_hand(house: House) -> None:
    house.follow_up(3, is_assigned=False)  # nobody's, its first contact due at AT + 4 h
    in_time = reach(house.follow_up(3), AT + timedelta(hours=1))
    late = reach(house.follow_up(3), AT + timedelta(hours=5))
    house.follow_up(8)  # 16 h to call: not due yet
    house.close(in_time)
    unasked = house.follow_up(3)
    house.close(unasked, at=AT + timedelta(hours=1), outcome=Outcome.NO_CONTACT)  # before it was due
    gone = house.follow_up(3)
    closing.cancel(follow_up=gone, by=house.manager, at=AT, reason="Twice the same.")

    found = reports.loop(WEEK, AT + timedelta(hours=6))
    assert found.created == 6
    assert found.cancelled == 1
    assert found.rate_assigned == Rate(4, 5)
    assert found.reached == 2
    # Due or reached: the one nobody has, the two that were reached; neither the 8 nor the one closed before.
    assert found.rate_reached_in_time == Rate(1, 3)
    assert found.rate_closed == Rate(2, 5)
    assert found.closed_in_time == 2
    assert found.overdue == 1
    assert late.reached_at is not None


def test_what_is_late_is_late_whenever_it_was_opened(house: House) -> None:
    house.follow_up(3, at=AT - timedelta(days=60))
    house.follow_up(3)
    assert reports.loop(WEEK, NOW).overdue == 1
    assert reports.overdue_count(WEEK, NOW) == 2
    assert reports.overdue_count(Selection(team=house.chat), NOW) == 0


def test_causes_add_up_over_both_levels(house: House) -> None:
    quality = RootCause.objects.get(name="Quality of product")
    defect, outage = RootCause.objects.get(name="Product defect"), RootCause.objects.get(name="Outage")
    tone = RootCause.objects.get(name="Tone")
    for cause in (defect, defect, outage, quality, tone):
        house.close(house.follow_up(4), cause=cause)
    house.follow_up(4)

    first, second = reports.by_cause(WEEK)
    assert (first.name, first.count, first.own, first.share) == ("Quality of product", 4, 1, Rate(4, 5))
    assert [(child.name, child.count) for child in first.children] == [("Product defect", 2), ("Outage", 1)]
    assert (second.name, second.count, second.own) == ("Professionalism", 1, 0)
    assert reports.loop(Selection(cause=quality), NOW).created == 4
    assert reports.loop(Selection(cause=outage), NOW).created == 1


def test_outcomes_statuses_teams_and_weeks_each_add_up_to_the_whole(house: House) -> None:
    house.close(house.follow_up(4))
    house.close(house.follow_up(4), outcome=Outcome.EXPLAINED)
    house.follow_up(4, team=house.chat)
    house.follow_up(4, at=AT - timedelta(days=5))
    total = reports.loop(WEEK, NOW).created
    assert total == 4
    outcomes = {part.key: part.count for part in reports.by_outcome(WEEK)}
    assert outcomes == {"solved": 1, "explained": 1, "": 2}
    assert {part.key: part.count for part in reports.by_status(WEEK)} == {"assigned": 2, "closed": 2}
    assert [(row.name, row.loop.created) for row in reports.by_team(WEEK, NOW)] == [("Billing", 3), ("Chat", 1)]
    weeks = reports.by_week(WEEK, OSLO)
    assert [(week.begins_on.isoformat(), week.created, week.closed) for week in weeks] == [
        ("2026-11-09", 1, 0),
        ("2026-11-16", 3, 2),
    ]


def test_a_selection_narrows_by_what_was_rated(house: House) -> None:
    ledger = factories.product()
    kept = house.follow_up(4, product=ledger, channel="phone")
    house.follow_up(4, team=house.chat, assignee=house.sanna, is_assigned=False)
    narrowed = [
        Selection(product=ledger),
        Selection(channel="phone"),
        Selection(team=house.billing),
        Selection(agent=house.mara),
        Selection(status="assigned"),
    ]
    for selection in narrowed:
        assert list(selection.follow_ups()) == [kept], selection
    assert Selection(until=AT).follow_ups().count() == 0
    assert Selection(since=AT, until=AT + timedelta(seconds=1)).follow_ups().count() == 2


def test_lessons_say_how_often_here_and_ever(house: House) -> None:
    cause = RootCause.objects.get(name="Tone")
    lesson = learning.learn(text="Greet people by their name first.", root_cause=cause, at=AT)
    other = learning.learn(text="Nobody carried this one yet.", root_cause=cause, at=AT)
    house.close(house.follow_up(4, at=AT - timedelta(days=60)), lesson_kind="known", lesson=lesson)
    house.close(house.follow_up(4), lesson_kind="known", lesson=lesson)
    (row,) = lesson_reports.lessons(WEEK)
    assert (row.pk, row.seen, row.times_seen, row.last_seen_at) == (lesson.pk, 1, 2, NOW)
    assert other.pk != row.pk


def test_changes_put_in_place_are_dated(house: House) -> None:
    cause = RootCause.objects.get(name="Tone")
    for text, team, days in (
        ("For all of them, from then on.", None, 3),
        ("For chat only, from then on.", house.chat, 2),
    ):
        lesson = learning.learn(text=text, root_cause=cause, team=team, at=AT)
        Lesson.objects.filter(pk=lesson.pk).update(status="in_place", in_place_on=AT.date() - timedelta(days=days))
    first, last = AT.date() - timedelta(days=7), AT.date()
    assert [one.text for one in lesson_reports.put_in_place(first=first, last=last)] == [
        "For all of them, from then on.",
        "For chat only, from then on.",
    ]
    assert len(lesson_reports.put_in_place(first=first, last=last, team=house.billing)) == 1
    assert lesson_reports.put_in_place(first=last, last=last) == ()


def test_changes_of_another_product_are_not_its(house: House) -> None:
    app, router = factories.product("App"), factories.product("Router")
    for text, product in (("For whatever it is, from then on.", None), ("For the router, from then on.", router)):
        lesson = learning.learn(text=text, root_cause=RootCause.objects.get(name="Tone"), at=AT)
        Lesson.objects.filter(pk=lesson.pk).update(status="in_place", in_place_on=AT.date(), product=product)
    days = {"first": AT.date(), "last": AT.date()}
    assert len(lesson_reports.put_in_place(**days)) == len(lesson_reports.put_in_place(**days, product=router)) == 2
    assert [one.text for one in lesson_reports.put_in_place(**days, product=app)] == [
        "For whatever it is, from then on."
    ]


def test_the_most_often_seen_changes_stay_in_the_order_of_time() -> None:
    changes = [lesson_reports.Change(AT.date(), text, seen) for text, seen in (("a", 1), ("b", 3), ("c", 1), ("d", 2))]
    assert [one.text for one in lesson_reports.most_seen(changes, 3)] == ["a", "b", "d"]
    assert len(lesson_reports.most_seen(changes, 9)) == 4


def test_promises_are_open_late_kept_or_broken(house: House) -> None:
    days = (0, 0, 5, 5)
    for number, day in enumerate(days):
        made = PromiseMade("Send it.", NOW.date() + timedelta(days=day), house.sanna)
        follow_up = house.close(house.follow_up(4), outcome=Outcome.PROMISED, promise=made)
        if number == 1:
            closing.settle_promise(promise=follow_up.promises.get(), is_kept=True, by=house.sanna, at=NOW)
        if number == 3:
            closing.settle_promise(promise=follow_up.promises.get(), is_kept=False, by=house.sanna, at=NOW)
    tomorrow = NOW.date() + timedelta(days=1)
    found = lesson_reports.promises(WEEK, on=tomorrow)
    assert (found.open, found.late, found.kept, found.broken, found.total) == (1, 1, 1, 1, 4)
    assert lesson_reports.promises(WEEK, on=NOW.date()).late == 0


def test_the_day_is_that_of_the_asked_teams(house: House) -> None:
    house.follow_up(3, is_assigned=False)
    house.follow_up(8, team=house.chat)
    day = reports.day(AT + timedelta(hours=5), OSLO)
    assert (day.overdue, day.unassigned, day.missing) == (1, 1, 0)
    chat = reports.day(AT + timedelta(hours=5), OSLO, [house.chat.pk])
    assert (chat.overdue, chat.unassigned) == (0, 0)


def test_statements_do_not_grow_with_the_rows(house: House) -> None:
    asked = {
        "loop": (lambda: reports.loop(WEEK, NOW), 1),
        "overdue": (lambda: reports.overdue_count(WEEK, NOW), 1),
        "by_team": (lambda: reports.by_team(WEEK, NOW), 1),
        "by_outcome": (lambda: reports.by_outcome(WEEK), 1),
        "by_status": (lambda: reports.by_status(WEEK), 1),
        "by_cause": (lambda: reports.by_cause(WEEK), 2),
        "by_week": (lambda: reports.by_week(WEEK, OSLO), 1),
        "lessons": (lambda: lesson_reports.lessons(WEEK), 1),
        "promises": (lambda: lesson_reports.promises(WEEK, on=NOW.date()), 1),
        "put_in_place": (lambda: lesson_reports.put_in_place(first=AT.date(), last=AT.date()), 1),
        "day": (lambda: reports.day(NOW, OSLO), 4),
    }
    for number in (1, 8):
        house.fill(number)
        for name, (ask, statements) in asked.items():
            with CaptureQueriesContext(connection) as seen:
                ask()
            assert len(seen) == statements, (name, number)
