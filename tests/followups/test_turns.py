"""The queue's answers to htmx: the next follow-up, and out of band what else changed; refusals that change nothing."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse

from followups import presence
from followups.models import FollowUp
from followups.services import reaching_out
from nps.desk.models import User
from tests.staff import NOW, Office, close_form, to

pytestmark = pytest.mark.django_db
ASKS = {"HX-Request": "true", "HX-Target": "detail"}


def post(
    office: Office, who: User, name: str, follow_up: FollowUp, data: dict, *, target: str = "detail", query="view=mine"
):
    address = to(f"followup-{name}", follow_up.pk, query=query)
    return office.as_(who).post(address, data, headers={**ASKS, "HX-Target": target})


def shown(page: HttpResponse) -> str:
    return page.content.decode()


def test_an_attempt_answers_with_the_next_one_and_all_that_changed(office: Office) -> None:
    first, second = office.follow_up(5, to=office.sanna, due_in=-60), office.follow_up(6, to=office.sanna, due_in=30)
    page = post(
        office, office.sanna, "attempt", first, {"attempt-result": "voicemail", "attempt-version": first.version}
    )
    assert page.status_code == 200
    assert page.headers["HX-Push-Url"] == to("queue", query=f"view=mine&task={second.pk}")
    assert (page.headers["X-Part"], page.headers["Cache-Control"]) == ("1", "no-store")
    assert "HX-Request" in page.headers["Vary"]
    words = shown(page)
    assert f'data-task="{second.pk}"' in words
    assert '<div id="rows" hx-swap-oob="innerHTML">' in words
    assert '<span class="c" id="count-waiting" hx-swap-oob="true">1</span>' in words
    assert '<span class="c" id="count-overdue" hx-swap-oob="true"></span>' in words, "none is overdue any more"
    assert 'role="status"' in words
    assert "Voicemail logged for Ingrid Solheim. Next try" in words
    assert "<html" not in words
    undo = to("followup-undo", first.pk, first.attempts.get().pk, query="view=mine")
    page = office.as_(office.sanna).post(undo, headers=ASKS)
    assert page.headers["HX-Push-Url"] == to("queue", query=f"view=mine&task={first.pk}")


def test_the_end_of_the_view_is_shown_in_place(office: Office) -> None:
    only = office.follow_up(5, to=office.sanna, due_in=-60)
    page = post(office, office.sanna, "attempt", only, {"attempt-result": "no_answer"}, query="view=mine&tab=overdue")
    assert page.headers["HX-Push-Url"] == to("queue", query="view=mine&tab=overdue&task=end")
    assert "Nothing due right now" in shown(page)


def test_who_stays_on_a_task_stays(office: Office) -> None:
    first = office.follow_up(5, to=office.sanna, due_in=-60)
    office.follow_up(6, to=office.sanna, due_in=30)
    User.objects.filter(pk=office.sanna.pk).update(stays_on_task=True)
    page = post(office, office.sanna, "attempt", first, {"attempt-result": "no_answer"})
    assert page.headers["HX-Push-Url"].endswith(f"task={first.pk}")


def test_reached_stays_and_asks_for_the_closing_dialog(office: Office) -> None:
    made, after = office.follow_up(5, to=office.sanna, due_in=1), office.follow_up(5, to=office.sanna, due_in=2)
    page = post(office, office.sanna, "attempt", made, {"attempt-result": "reached"})
    address = json.loads(page.headers["HX-Trigger-After-Settle"])["nines:sheet"]["url"]
    made.refresh_from_db()
    assert made.reached_at == NOW, "the first contact counts from now on, whatever comes of the dialog"
    dialog = office.as_(office.sanna).get(address, headers={**ASKS, "HX-Target": "dialog"})
    assert dialog.headers["HX-Retarget"] == "#dialog"
    assert "<html" not in shown(dialog)
    wrong = office.as_(office.sanna).post(dialog.context["address"], close_form(lesson_text="Too"), headers=ASKS)
    assert (wrong.status_code, wrong.headers["HX-Retarget"]) == (422, "#dialog")
    closed = office.as_(office.sanna).post(dialog.context["address"], close_form(), headers=ASKS)
    assert closed.headers["HX-Push-Url"] == to("queue", query=f"view=mine&task={after.pk}"), "its place was kept"


def test_a_stale_attempt_shows_the_change_in_place(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    seen = made.version
    reaching_out.log_attempt(follow_up=made, via="phone", result="no_answer", by=office.lena, at=NOW)
    page = post(office, office.sanna, "attempt", made, {"attempt-result": "voicemail", "attempt-version": seen})
    assert page.status_code == 409
    assert "Lena Berg: Logged no answer by phone." in shown(page)
    assert f'data-task="{made.pk}" data-version="{made.version}"' in shown(page)
    assert '<div id="rows"' in shown(page), "the row comes back"


def test_the_second_to_claim_is_told_and_led_on(office: Office) -> None:
    made, after = office.follow_up(5, due_in=5), office.follow_up(5, due_in=9)
    post(office, office.sanna, "claim", made, {}, query="view=nobody")
    page = post(office, office.tomas, "claim", made, {}, query="view=nobody")
    assert page.status_code == 409
    assert "Sanna Berg took this just now." in shown(page)
    assert 'role="alert"' in shown(page)
    assert f'data-task="{after.pk}"' in shown(page)
    page = post(office, office.lena, "claim", made, {}, query="view=team")
    assert page.status_code == 409, "who still sees it stays and sees the name"
    assert "Sanna Berg took this just now." in shown(page)
    assert FollowUp.objects.get(pk=made.pk).assignee == office.sanna


def test_a_refusal_that_no_view_translates_is_said_and_changes_nothing(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    post(office, office.lena, "cancel", made, {"reason-reason": "Duplicate record"}, query="view=team")
    page = post(office, office.lena, "cancel", made, {"reason-reason": "Duplicate record"}, query="view=team")
    assert (page.status_code, page.headers["HX-Reswap"]) == (409, "none")
    assert 'role="alert"' in shown(page)
    assert "cannot be cancelled" in shown(page)
    page = post(office, office.sanna, "cancel", made, {"reason-reason": "x"})
    assert page.status_code in (403, 409)
    page = post(office, office.karl, "note", office.follow_up(5, to=office.tomas), {"note-text": "x"})
    assert (page.status_code, page.headers["HX-Reswap"]) == (404, "none")


def test_on_its_own_page_the_page_goes_on(office: Office) -> None:
    first, second = office.follow_up(5, to=office.sanna, due_in=-60), office.follow_up(6, to=office.sanna, due_in=30)
    page = post(office, office.sanna, "attempt", first, {"attempt-result": "no_answer"}, target="main")
    assert page.headers["HX-Push-Url"] == to("followup", second.pk, query="view=mine")
    assert '<h1 class="t"' in shown(page)
    page = post(office, office.sanna, "note", second, {"note-text": "Rings back."}, target="main", query="")
    assert page.headers["HX-Push-Url"] == to("followup", second.pk)
    page = post(office, office.sanna, "snooze", second, {"snooze-pick": ""}, target="main")
    assert page.status_code == 422
    last = {"attempt-result": "no_answer"}
    page = post(office, office.sanna, "attempt", second, last, target="main", query="view=mine&tab=near")
    assert page.headers["HX-Redirect"] == to("queue", query="view=mine&tab=near&task=end")


# ---- others ---------------------------------------------------------------------------------------------------
def test_the_next_one_is_none_that_somebody_else_has_open(office: Office) -> None:
    first, second, third = (office.follow_up(5, due_in=minutes) for minutes in (1, 2, 3))
    office.as_(office.tomas).get(to("followup", second.pk))
    page = post(office, office.sanna, "snooze", first, {"snooze-pick": "2026-11-19T09:00"}, query="view=nobody")
    assert page.headers["HX-Push-Url"] == to("queue", query=f"view=nobody&task={third.pk}")
    assert "Tomas is viewing" in shown(page), "in his row"
    page = office.as_(office.sanna).get(to("queue", query=f"view=nobody&task={second.pk}"))
    assert "Tomas is viewing" in page.content.decode()


def test_a_look_ahead_and_an_auditor_keep_nobody_from_anything(office: Office) -> None:
    made = office.follow_up(5, due_in=1)
    office.as_(office.tomas).get(to("queue", query=f"task={made.pk}"), headers={**ASKS, "X-Prefetch": "1"})
    assert presence.others(office.sanna) == {}
    office.as_(office.otto).get(to("followup", made.pk))
    assert [here.words for here in presence.others(office.sanna)[made.pk]] == ["Otto is viewing"]
    assert presence.taken(presence.others(office.sanna)) == frozenset()


def test_who_says_nothing_for_45_seconds_is_gone(office: Office) -> None:
    made = office.follow_up(5, due_in=1)
    presence.note(office.tomas, made.pk, is_writing=True)
    assert presence.others(office.sanna)[made.pk][0].words == "Tomas is writing"
    with time_machine.travel(NOW + timedelta(seconds=46), tick=False):
        assert presence.others(office.sanna) == {}
