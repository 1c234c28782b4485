"""The board of lessons, what was measured on a lesson's page, over REST and in admin; promises kept and broken."""

import csv
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from followups.models import FollowUp, Lesson, Measurement, Promise
from followups.services import closing, learning, measuring
from nps.desk.models import User
from tests.followups.planted_effects import PLACED, lesson_in_place, noon, resolved
from tests.staff import NOW, Office, cause, to

pytestmark = pytest.mark.django_db
LATER = noon(PLACED + timedelta(days=120))


@pytest.fixture
def proven(office: Office) -> Lesson:
    """Two verdicts: too early, then proven."""
    lesson = lesson_in_place(cause(), team=office.billing, owner=office.lena)
    here: dict[str, Any] = {"team": office.billing, "by": office.mara, "cause": cause()}
    there: dict[str, Any] = {"team": office.network, "by": office.karl, "cause": cause()}
    before, since = {"first": PLACED - timedelta(days=91), "days": 91}, {"first": PLACED, "days": 90}
    resolved(60, carried=30, content=30, **before, **here)
    resolved(50, carried=1, content=40, **since, **here)
    resolved(60, carried=18, **before, **there)
    resolved(50, carried=15, **since, **there)
    for at in (LATER - timedelta(days=110), LATER, LATER + timedelta(days=1)):
        assert measuring.measure_due(at=at) == 1
    lesson.refresh_from_db()
    assert lesson.effect == "proven"
    return lesson


def test_the_board_has_a_column_for_each_status_and_says_what_was_measured(office: Office, proven: Lesson) -> None:
    learning.learn(text="Check the number before the first invoice.", root_cause=cause("Tone"), at=NOW)
    page = office.as_(office.sanna).get(to("lessons", query="view=board"))
    columns = {column["label"]: column for column in page.context["columns"]}
    assert list(columns) == [label for _, label in Lesson.Status.choices]
    assert {label: column["count"] for label, column in columns.items() if column["count"]} == {"New": 1, "In place": 1}
    said = page.content.decode()
    assert "1 of 50 resolutions against 30 of 60 before, more than chance" in said
    assert "in place since 1 Jun 2026" in said
    assert "Lena Berg" in said
    narrowed = office.as_(office.sanna).get(to("lessons", query=f"view=board&cause={cause('Tone').pk}"))
    assert narrowed.context["count"] == 1
    one_status = office.as_(office.sanna).get(to("lessons", query="view=board&status=in_place")).context["columns"]
    assert [column["value"] for column in one_status] == ["in_place"]


def test_a_column_is_cut_and_says_how_many_more(office: Office) -> None:
    for number in range(23):
        learning.learn(text=f"Lesson number {number} for a colleague.", root_cause=cause(), at=NOW)
    page = office.as_(office.sanna).get(to("lessons", query="view=board"))
    new = page.context["columns"][0]
    assert (len(new["cards"]), new["count"], new["more"]) == (20, 23, 3)
    assert "3 more in the list" in page.content.decode()


def test_an_empty_board_says_what_comes_first(office: Office) -> None:
    said = office.as_(office.sanna).get(to("lessons", query="view=board")).content.decode()
    assert "The first one comes with the first follow-up that is closed." in said
    assert "No promises here" in office.as_(office.mira).get(to("promises")).content.decode()


def test_a_lessons_page_shows_both_denominators_and_every_verdict(office: Office, proven: Lesson) -> None:
    page = office.as_(office.sanna).get(to("lesson", proven.pk))
    effect = page.context["effect"]
    assert [(line.label, line.before.resolved, line.after.resolved) for line in effect.lines] == [
        ("In its scope", 60, 50),
        ("Outside its scope", 60, 50),
    ]
    assert (effect.before[1].isoformat(), effect.after[0].isoformat()) == ("2026-05-31", "2026-06-01")
    said = page.content.decode()
    assert re.search(r"<dd>−[\d.]+ per 100 resolutions, 99.5 % interval −[\d.]+ to −[\d.]+</dd>", said)
    assert not re.search(r"[>( ]-\d", said), "a minus is no hyphen"
    assert "<td>0 <small>(−" in said
    assert "<td>+95 <small>(+" in said
    assert [run.last.label for run in page.context["verdicts"]] == ["Proven", "Too early to tell"]
    assert page.context["verdicts"][0].first_on == LATER.date(), "two days of one verdict are one run"
    assert "1 of 50" in page.content.decode()
    learning.put(lesson=proven, status="in_progress", at=LATER)
    put_back = office.as_(office.sanna).get(to("lesson", proven.pk))
    assert put_back.context["effect"] is None
    assert "It is not in place now" in put_back.content.decode()
    assert len(put_back.context["verdicts"]) == 2


def test_what_is_said_of_comparing_is_one_thing(office: Office, proven: Lesson) -> None:
    said = office.as_(office.sanna).get(to("lesson", proven.pk)).content.decode()
    assert "more than outside its scope (15 of 50 against 18 of 60)" in said
    assert "Its scope is compared with the rest of the house" in said
    assert "and with nothing else" not in said
    assert "Resolutions" in said
    assert "resolved tickets" not in said
    alone = lesson_in_place(cause("Tone"))
    measuring.measure(lesson=alone, at=LATER)
    said = office.as_(office.sanna).get(to("lesson", alone.pk)).content.decode()
    assert "rest of the house" not in said
    assert "Before and since are compared, and with nothing else" in said


def test_a_side_under_thirty_answers_is_given_no_points(office: Office) -> None:
    """30 with 4 before, 29 with 10 since; also where an earlier day had kept the points in its words."""
    lesson = lesson_in_place(cause(), team=office.billing)
    here: dict[str, Any] = {"team": office.billing, "by": office.mara, "cause": cause()}
    resolved(60, carried=30, first=PLACED - timedelta(days=91), days=91, **here)
    resolved(50, content=29, first=PLACED, days=90, **here)
    measuring.measure(lesson=lesson, at=LATER)
    kept = lesson.measurements.get()
    assert kept.figures["nps"] == "not told in points: under 30 answers since"
    QuerySet(Measurement).filter(pk=kept.pk).update(figures=kept.figures | {"nps": "up 200, a clear change"})
    said = office.as_(office.sanna).get(to("lesson", lesson.pk)).content.decode()
    assert "not told in points: under 30 answers since (29 against 30 answers)" in said
    assert "up 200" not in said


def test_rest_carries_the_effect_in_as_many_statements_for_many(office: Office, proven: Lesson) -> None:
    client = Client()
    client.force_login(office.mira)
    (found,) = client.get("/api/v1/lessons/", {"effect": "proven"}).json()["results"]
    last = proven.measurements.order_by("-pk")[0]
    assert found["measured"]["sentence"] == last.sentence
    assert found["measured"]["after_resolved"] == 50
    new = learning.learn(text="Check the number before the first invoice.", root_cause=cause(), at=NOW)
    assert client.get(f"/api/v1/lessons/{new.pk}/").json()["measured"] is None


def test_admin_filters_by_verdict_and_lists_every_day(office: Office, proven: Lesson) -> None:
    User.objects.filter(pk=office.mira.pk).update(is_staff=True)
    client = office.as_(User.objects.get(pk=office.mira.pk))
    lessons = client.get(reverse("admin:followups_lesson_changelist"), {"effect__exact": "proven"})
    assert list(lessons.context["cl"].queryset) == [proven]
    days = client.get(reverse("admin:followups_measurement_changelist"), {"lesson__id__exact": proven.pk})
    assert days.context["cl"].result_count == Measurement.objects.count() == 3


# ---- promises --------------------------------------------------------------------------------------------------------
@pytest.fixture
def promises(office: Office) -> dict[str, Promise]:
    """Sanna's: one late, one due today, one kept; Karl's in Network: one broken."""
    made = {}
    plan = {"late": -1, "due": 0, "kept": 5, "broken": -3}
    for name, days in plan.items():
        team, owner = (office.network, office.karl) if name == "broken" else (office.billing, office.sanna)
        follow_up = office.follow_up(5, to=owner, team=team, agent=office.mara, name=f"Customer {name}")
        day = NOW.date() + timedelta(days=days)
        made[name] = Promise.objects.create(
            follow_up=follow_up, text=f"The {name} one", due_on=day, owner=owner, made_at=NOW
        )
    for name in ("kept", "broken"):
        closing.settle_promise(promise=made[name], is_kept=name == "kept", by=made[name].owner, at=NOW)
    return made


def test_promises_by_team_and_owner_add_up(office: Office, promises: dict[str, Promise]) -> None:
    page = office.as_(office.mira).get(to("promises"))
    total = page.context["total"]
    assert (total.late, total.open, total.kept, total.broken) == (1, 1, 1, 1)
    for _, _, rows in page.context["groups"]:
        told = {row.name: (row.figures.late, row.figures.open, row.figures.kept, row.settled) for row in rows}
        assert list(told.values()) == (
            [(1, 1, 1, 1), (0, 0, 0, 1)] if "Billing" in told else [(0, 0, 0, 1), (1, 1, 1, 1)]
        )
    for state, key in (("late", "late"), ("open", "due"), ("kept", "kept"), ("broken", "broken")):
        shown = office.as_(office.mira).get(to("promises", query=f"state={state}")).context["rows"]
        assert [one for one, _, _ in shown] == [promises[key]], state
    narrowed = office.as_(office.mira).get(to("promises", query=f"owner={office.karl.pk}&team=x&state=z"))
    assert narrowed.context["total"].total == 1


def test_everybody_sees_the_promises_that_concern_them(office: Office, promises: dict[str, Promise]) -> None:
    for who, count in ((office.sanna, 3), (office.lena, 3), (office.karl, 1), (office.tomas, 0), (office.otto, 4)):
        page = office.as_(who).get(to("promises"))
        assert page.context["total"].total == count, who
        assert bool(page.context["groups"]) == (who in (office.lena, office.otto)), "no agent reads another's figures"


def test_promises_come_out_as_csv(office: Office, promises: dict[str, Promise]) -> None:
    Promise.objects.filter(pk=promises["late"].pk).update(text="=cmd()")
    answer = office.as_(office.lena).get(to("promises", query="state=late&format=csv"))
    (row,) = csv.DictReader(answer.getvalue().decode().splitlines(keepends=True))
    assert (row["promise"], row["owner"], row["team"]) == ("'=cmd()", "Sanna Berg", "Billing")
    assert int(row["follow-up"]) == FollowUp.objects.get(customer__name="Customer late").pk
