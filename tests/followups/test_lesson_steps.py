"""Every step of a lesson is written down, by whatever door; and what a lesson in place must have."""

import json
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from followups.models import FollowUp, Lesson, LessonEntry
from followups.services import closing, learning, measuring
from nps import organisation
from nps.append_only import IsAppendOnly
from nps.desk.models import ApiKey, User
from nps.errors import Conflict, InvalidInput
from nps.survey.models import Response
from nps.survey.services import answering
from tests.followups.planted_effects import PLACED, lesson_in_place, noon, resolved
from tests.house.test_admin_acts import act
from tests.staff import NOW, SENTENCE, Office, cause, to

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]
CHANGE = "Refunds have an owner in the first reply."


@pytest.fixture
def lesson(office: Office) -> Lesson:
    return learning.learn(text=SENTENCE, root_cause=cause(), at=NOW, by=office.mira)


def steps(lesson: Lesson) -> list[tuple[str, str, str, str]]:
    """Who, from, to, why; oldest first, without the line of its writing."""
    rows = lesson.history.exclude(verb="write").order_by("at", "pk")
    return [(row.who, row.from_status, row.to_status, row.note) for row in rows]


def rest(lesson: Lesson, client: Client, **body: Any) -> Any:
    return client.patch(f"/api/v1/lessons/{lesson.pk}/", json.dumps(body), content_type="application/json")


@pytest.fixture
def program(office: Office) -> Client:
    _, secret = ApiKey.issue(name="Sync", scopes=["read", "followups:write"], at=NOW)
    return Client(headers={"Authorization": f"Bearer {secret}"})


# ---- the history -----------------------------------------------------------------------------------------------
def test_every_door_leaves_who_when_from_what_to_what_and_why(office: Office, lesson: Lesson, program: Client) -> None:
    mira = office.as_(office.mira)
    assert mira.post(to("lesson", lesson.pk), {"status": "accepted", "note": "Petra asks too."}).status_code == 302
    assert rest(lesson, program, status="in_progress", note="From the tracker.").status_code == 200
    body = {"status": "in_place", "change": CHANGE, "owner": office.sanna.pk, "by": office.mira.pk}
    assert rest(lesson, program, **body).status_code == 200
    User.objects.filter(pk=office.mira.pk).update(is_staff=True)
    act(mira, lesson, "start")
    assert steps(lesson) == [
        ("Mira Berg", "new", "accepted", "Petra asks too."),
        ("The key Sync", "accepted", "in_progress", "From the tracker."),
        ("Mira Berg, by the key Sync", "", "", ""),
        ("Mira Berg, by the key Sync", "in_progress", "in_place", ""),
        ("Mira Berg", "in_place", "in_progress", ""),
    ]
    assert {row.at for row in lesson.history.all()} == {NOW}
    written = lesson.history.get(verb="revise")
    assert "Owner: nothing → Sanna Berg." in written.sentence
    assert written.detail == {"change": ["", CHANGE], "owner": [None, office.sanna.pk]}
    said = mira.get(to("lesson", lesson.pk)).content.decode()
    for words in (
        "Petra asks too.",
        "The key Sync",
        "From accepted to in progress.",
        f"since {NOW:%-d %b %Y}.",
        CHANGE,
    ):
        assert words in said, words


def test_measuring_writes_what_became_of_it_once(office: Office) -> None:
    lesson = lesson_in_place(cause(), team=office.billing, owner=office.lena)
    here: dict[str, Any] = {"team": office.billing, "by": office.mara, "cause": cause()}
    resolved(60, carried=30, content=30, first=PLACED - timedelta(days=91), days=91, **here)
    resolved(50, carried=1, content=40, first=PLACED, days=90, **here)
    for day in (10, 11, 120, 121):
        assert measuring.measure_due(at=noon(PLACED + timedelta(days=day))) == 1
    said = [row.sentence for row in lesson.history.filter(verb="measure").order_by("pk")]
    assert [one.split(". ")[0] for one in said] == [
        "Measured effect: not measured → too early to tell",
        "Measured effect: too early to tell → fewer since, not compared",
    ]
    assert {row.who for row in lesson.history.filter(verb="measure")} == {"Nines"}


def test_a_lesson_is_written_anew_on_its_page_over_rest_and_in_admin(
    office: Office, lesson: Lesson, program: Client
) -> None:
    mira = office.as_(office.mira)
    form = {"change": CHANGE, "owner": office.lena.pk, "team": office.billing.pk, "product": "", "status": ""}
    assert mira.post(to("lesson", lesson.pk), form).status_code == 302
    lesson.refresh_from_db()
    assert (lesson.change, lesson.owner, lesson.team, lesson.status) == (CHANGE, office.lena, office.billing, "new")
    assert mira.post(to("lesson", lesson.pk), form).status_code == 302
    assert lesson.history.filter(verb="revise").count() == 1, "nothing was changed the second time"
    assert rest(lesson, program, team=None, note="Everywhere.").status_code == 200
    User.objects.filter(pk=office.mira.pk).update(is_staff=True)
    sent = {"text": SENTENCE + " Always.", "root_cause": cause().pk, "change": CHANGE, "owner": office.lena.pk}
    empty = {f"{name}-{key}": "0" for name in ("history", "followups") for key in ("TOTAL_FORMS", "INITIAL_FORMS")}
    saved = mira.post(f"/admin/followups/lesson/{lesson.pk}/change/", {**sent, **empty, "_save": "1"})
    assert saved.status_code == 302, saved.content.decode()
    assert [(row.who, row.note) for row in lesson.history.filter(verb="revise").order_by("pk")] == [
        ("Mira Berg", ""),
        ("The key Sync", "Everywhere."),
        ("Mira Berg", ""),
    ]
    assert lesson.history.latest("pk").detail == {"text": [SENTENCE, SENTENCE + " Always."]}


def test_one_lesson_over_rest_has_its_history_and_a_list_has_not(
    office: Office, lesson: Lesson, program: Client
) -> None:
    rest(lesson, program, status="accepted", note="Right.")
    shown = program.get(f"/api/v1/lessons/{lesson.pk}/").json()
    told = [(row["verb"], row["key"], row["actor"], row["to_status"], row["note"]) for row in shown["history"]]
    assert told == [("write", None, office.mira.pk, "new", ""), ("step", "Sync", None, "accepted", "Right.")]
    assert "history" not in program.get("/api/v1/lessons/").json()["results"][0]
    for nothing in ({}, {"note": "Only words."}, {"in_place_on": "2026-11-16"}):
        assert rest(lesson, program, **nothing).status_code == 422, nothing


def test_the_history_of_a_lesson_is_never_rewritten(lesson: Lesson) -> None:
    entry = lesson.history.get()
    for change in (lesson.history.all().delete, lambda: LessonEntry.objects.update(note=""), entry.delete, entry.save):
        with pytest.raises(IsAppendOnly):
            change()


# ---- what a step needs -----------------------------------------------------------------------------------------
def test_in_place_needs_a_change_in_words_and_an_owner_at_every_door(
    office: Office, lesson: Lesson, program: Client
) -> None:
    learning.put(lesson=lesson, status="accepted", at=NOW)
    User.objects.filter(pk=office.mira.pk).update(is_staff=True)
    mira = office.as_(office.mira)
    for field, words in (("change", "Write what was changed"), ("owner", "Choose its owner")):
        page = mira.post(to("lesson", lesson.pk), {"status": "in_place"})
        assert page.status_code == 422
        assert words in str(page.context["form"].errors[field])
        refused = rest(lesson, program, status="in_place")
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert (error["pointer"], words in error["detail"]) == (f"/{field}", True)
        (said,) = act(mira, lesson, "put_in_place", in_place_on=str(NOW.date()))
        assert words in said
        assert lesson.status == "accepted"
        learning.revise(lesson=lesson, facts={"change": CHANGE}, at=NOW)
    assert rest(lesson, program, status="in_place", owner=office.sanna.pk).status_code == 200
    for facts, field in (({"owner": None}, "owner"), ({"change": " "}, "change")):
        with pytest.raises(InvalidInput) as refusal:
            learning.revise(lesson=lesson, facts=facts, at=NOW)
        assert refusal.value.field == field, "nor does it lose them while it is in place"


@pytest.mark.parametrize(
    ("effect", "words"),
    [("", "has not been measured yet"), ("too_early", "too early to tell"), ("proven", "fewer cases were measured")],
)
def test_no_effect_is_said_only_where_that_was_measured(
    office: Office, program: Client, effect: str, words: str
) -> None:
    lesson = lesson_in_place(cause(), owner=office.lena)
    Lesson.objects.filter(pk=lesson.pk).update(effect=effect)
    lesson.refresh_from_db()
    with pytest.raises(Conflict, match=words) as refusal:
        learning.put(lesson=lesson, status="no_effect", at=NOW)
    assert refusal.value.code == "not_measured"
    assert rest(lesson, program, status="no_effect").status_code == 409
    page = office.as_(office.mira).post(to("lesson", lesson.pk), {"status": "no_effect"})
    assert page.status_code == 409
    assert "no_effect" not in [value for value, _ in page.context["steps"]]
    assert words in page.content.decode()
    User.objects.filter(pk=office.mira.pk).update(is_staff=True)
    (said,) = act(office.as_(office.mira), lesson, "no_effect")
    assert words in said
    Lesson.objects.filter(pk=lesson.pk).update(effect="none_seen")
    lesson.refresh_from_db()
    assert learning.put(lesson=lesson, status="no_effect", at=NOW).status == "no_effect"


# ---- how often it was seen -------------------------------------------------------------------------------------
def closed(office: Office, lesson: Lesson | None, name: str) -> FollowUp:
    made = office.follow_up(5, to=office.sanna, name=name)
    facts = {"lesson_kind": "known", "lesson": lesson} if lesson else {"lesson_kind": "new", "lesson_text": SENTENCE}
    return closing.close(follow_up=made, by=office.sanna, at=NOW, outcome="solved", root_cause=cause(), **facts)


def rows_and_count(office: Office, lesson: Lesson) -> tuple[int, int]:
    lesson.refresh_from_db()
    page = office.as_(office.mira).get(to("lesson", lesson.pk))
    return page.context["page"].paginator.count, lesson.times_seen


def test_how_often_a_lesson_was_seen_is_the_rows_its_page_lists(office: Office, lesson: Lesson) -> None:
    assert rows_and_count(office, lesson) == (0, 0), "written without a follow-up"
    first = closed(office, None, "Ada Lund")
    taught = first.lesson
    assert taught is not None
    assert rows_and_count(office, taught) == (1, 1)
    second = closed(office, taught, "Bo Lund")
    assert rows_and_count(office, taught) == (2, 2)
    closing.reopen(follow_up=first, by=office.sanna, at=NOW)
    assert rows_and_count(office, taught) == (1, 1), "one that is open again carries nothing"
    answering.change_score(response=Response.objects.get(pk=second.response_id), score=2, at=NOW)
    assert FollowUp.objects.get(pk=second.pk).status != "closed"
    assert rows_and_count(office, taught) == (0, 0)


def test_the_rows_beyond_one_page_are_behind_the_next(office: Office, lesson: Lesson) -> None:
    for number in range(31):
        closed(office, lesson, f"Customer {number}")
    pages = [office.as_(office.mira).get(to("lesson", lesson.pk, query=f"page={page}")) for page in (1, 2)]
    assert [len(page.context["came_from"]) for page in pages] == [30, 1]
    assert 'href="?page=2#came-from"' in pages[0].content.decode()


def test_the_migration_counts_again(office: Office, lesson: Lesson) -> None:
    closed(office, lesson, "Ada Lund")
    idle = learning.learn(text=SENTENCE, root_cause=cause(), at=NOW)
    Lesson.objects.update(times_seen=7)
    import_module("followups.migrations.0006_lesson_history").count_again(apps, None)
    assert [Lesson.objects.get(pk=one.pk).times_seen for one in (lesson, idle)] == [1, 0]


# ---- since when ------------------------------------------------------------------------------------------------
def test_a_lesson_is_not_in_place_before_it_was_written(office: Office, lesson: Lesson, program: Client) -> None:
    facts = {"change": CHANGE, "owner": office.sanna}
    learning.put(lesson=lesson, status="accepted", at=NOW, facts=facts)
    User.objects.filter(pk=office.mira.pk).update(is_staff=True)
    mira, written = office.as_(office.mira), organisation.day_of(lesson.created_at)
    for day in ("2020-01-01", str(written - timedelta(days=1))):
        words = f"it was written on {written:%-d %b %Y}; choose that day or a later one."
        page = mira.post(to("lesson", lesson.pk), {"status": "in_place", "in_place_on": day})
        assert page.status_code == 422
        assert words in str(page.context["form"].errors["in_place_on"])
        refused = rest(lesson, program, status="in_place", in_place_on=day)
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert (error["pointer"], words in error["detail"]) == ("/in_place_on", True)
        (said,) = act(mira, lesson, "put_in_place", in_place_on=day)
        assert words in said
        assert lesson.status == "accepted"
    assert rest(lesson, program, status="in_place", in_place_on=str(written)).status_code == 200


def test_the_day_of_writing_is_the_organisations(office: Office, settings: Any) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    late = datetime(2026, 9, 14, 20, tzinfo=UTC)  # the 15th in Auckland
    facts = {"change": CHANGE, "owner": office.sanna}
    lesson = learning.learn(text=SENTENCE, root_cause=cause(), at=late, **facts)
    learning.put(lesson=lesson, status="accepted", at=NOW)
    with pytest.raises(InvalidInput, match="written on 15 Sep 2026"):
        learning.put(lesson=lesson, status="in_place", in_place_on=date(2026, 9, 14), at=NOW)


def test_what_is_in_place_already_says_since_when(office: Office, program: Client) -> None:
    lesson = lesson_in_place(cause(), owner=office.lena)
    lines = lesson.history.count()
    since = f"in place since {PLACED:%-d %b %Y} already; nothing was changed"
    refused = rest(lesson, program, status="in_place", in_place_on="2026-07-01")
    assert (refused.status_code, refused.json()["code"]) == (409, "already")
    assert since in refused.json()["detail"]
    mira = office.as_(office.mira)
    for sent in ({"in_place_on": "2026-07-01"}, {"note": "Since July in fact."}, {"change": "Something else."}):
        page = mira.post(to("lesson", lesson.pk), {"status": "in_place", **sent})
        assert page.status_code == 409, sent
        assert since in page.content.decode()
    twice = mira.post(to("lesson", lesson.pk), {"status": "in_place", "in_place_on": str(PLACED)}, follow=True)
    assert twice.redirect_chain
    assert since in twice.content.decode()
    lesson.refresh_from_db()
    assert (lesson.in_place_on, lesson.history.count()) == (PLACED, lines)
