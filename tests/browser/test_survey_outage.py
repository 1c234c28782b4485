"""The records are away while a customer sends: the page keeps what was typed, sends it again by itself, and says thank
you only when it is kept."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from playwright.sync_api import expect

from config.deadline import Lane
from followups.models import FollowUp
from nps.survey import reading
from nps.survey.models import Click, Response, ResponseRevision
from nps.survey.services import answering
from nps.survey.views import pages
from tests.outage import nobody_can_write

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Three people asked me the same.\nTwice."


@pytest.fixture
def deadline(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets how long a page waits for the records."""
    monkeypatch.setattr(pages, "RETRY_AFTER_SECONDS", 1)

    def set_to(seconds: float) -> None:
        settings.DATABASE_DEADLINE_SECONDS = seconds

    set_to(20)
    return set_to


def notice(page: Any) -> str:
    return page.get_by_role("alert").inner_text()


def state(page: Any) -> str:
    return page.get_by_role("status").inner_text()


def test_score_and_reason_arrive_by_themselves_once_the_records_are_back(page, url, deadline) -> None:
    page.goto(f"{url}?score=3")
    with nobody_can_write():
        deadline(0.4)
        page.get_by_role("button", name="Send my answer").click()
        page.wait_for_selector("#retry")
        assert "could not reach our records" in notice(page)
        assert state(page) == "This page keeps trying by itself. Please leave it open."
        expect(page.get_by_text("Thank you")).to_have_count(0)
        expect(page.locator(".kept b")).to_have_text("3", use_inner_text=True)
        with page.expect_response(lambda response: response.request.method == "POST") as tried:
            pass
        assert tried.value.status == 503, "it tried by itself, and was told to wait"
        deadline(20)
    page.wait_for_url("**/why/")
    assert state(page).startswith("Thank you. Your 3 is saved.")
    assert Response.objects.get().score == FollowUp.objects.get().score == 3

    page.get_by_label("Why not a 9 or 10?").fill(TEXT)
    page.get_by_label("I had to explain it twice").check()
    page.get_by_label("No, just pass it on").check()
    with nobody_can_write():
        deadline(0.4)
        page.get_by_role("button", name="Send", exact=True).click()
        page.wait_for_selector("#retry")
        expect(page.get_by_label("Your answer")).to_have_value(TEXT)
        page.get_by_label("Your answer").fill(f"{TEXT} And late.")
        page.get_by_role("button", name="Try again").click()
        deadline(20)
    page.wait_for_url("**done=1**")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    response = Response.objects.get()
    assert response.comment.splitlines() == f"{TEXT} And late.".splitlines()
    assert response.contact_choice == "no"
    assert response.topics.count() == 1
    assert Response.objects.count() == FollowUp.objects.count() == 1
    # A try that had been given up may have been written in between; it never stands in place of the last.
    assert all(revision.new_comment.endswith("late.") for revision in ResponseRevision.objects.all())
    page.go_back()
    expect(page.get_by_role("alert"), "the page of the outage is gone from the history").to_have_count(0)


def test_without_javascript_the_button_sends_the_same_again(plain_page, url, deadline) -> None:
    page = plain_page
    page.goto(f"{url}?score=3")
    with nobody_can_write():
        deadline(0.4)
        page.get_by_role("button", name="Send my answer").click()
        page.wait_for_selector("#retry")
        assert state(page) == "Please try again in a moment."
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector("#retry")
        expect(page.locator(".kept b")).to_have_text("3", use_inner_text=True)
        deadline(20)
    for _ in range(10):  # the breaker lets one try a second through
        page.wait_for_timeout(300)
        page.get_by_role("button", name="Try again").click()
        page.wait_for_load_state()
        if "/why/" in page.url:
            break
    assert state(page).startswith("Thank you. Your 3 is saved.")
    assert Response.objects.get().score == 3


def outage(page: Any, url: str, *, status: int, **headers: str) -> list[float]:
    """From here on every POST is answered with `status`, 0 for not at all. When each try came, by the page's clock."""
    tries: list[float] = []

    def answer(route: Any) -> None:
        if route.request.method != "POST" or route.request.is_navigation_request():
            return route.continue_()
        tries.append(page.evaluate("Date.now() / 1000"))
        return route.abort() if not status else route.fulfill(status=status, headers=headers, body="away")

    page.route(f"{url}**", answer)
    return tries


def fall_into(page: Any, url: str, deadline: Callable[[float], None]) -> None:
    page.goto(f"{url}?score=3")
    with nobody_can_write():
        deadline(0.4)
        page.get_by_role("button", name="Send my answer").click()
        page.wait_for_selector("#retry")
    deadline(20)


def let_pass(page, milliseconds: int) -> None:
    """On the page's clock; a try under way is waited for: the clock must not run ahead of the network."""
    page.clock.run_for(milliseconds)
    while page.evaluate("document.querySelector('#retrying').lastElementChild.textContent") == "…":
        time.sleep(0.01)


def test_it_backs_off_and_stops_after_a_quarter_of_an_hour_and_says_so(page, url, deadline) -> None:
    page.clock.install()
    fall_into(page, url, deadline)
    tries = outage(page, url, status=0)  # not even the web server answers
    for milliseconds in [250] * 120 + [5_000] * 214:
        let_pass(page, milliseconds)
    pauses = [later - before for before, later in pairwise(tries)]
    assert 12 < len(tries) < 40
    assert max(pauses[:2]) <= 10
    assert min(pauses[-5:]) >= 60
    assert tries[-1] - tries[0] <= 15 * 60
    assert "has stopped trying by itself" in state(page)
    assert "support@tidewell.example" in state(page)
    expect(page.locator(".kept b")).to_have_text("3", use_inner_text=True)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/why/")
    assert Response.objects.get().score == 3


def test_the_server_says_when_to_come_back(page, url, deadline) -> None:
    page.clock.install()
    fall_into(page, url, deadline)
    tries = outage(page, url, status=503, **{"Retry-After": "120"})
    for _ in range(60):
        let_pass(page, 10_000)
    pauses = [later - before for before, later in pairwise(tries)]
    assert pauses
    assert 120 <= min(pauses) <= max(pauses) < 200


def test_what_the_server_will_not_take_is_shown_in_its_own_words(page, url, invitation, deadline, monkeypatch) -> None:
    outage(page, url, status=503)
    page.goto(f"{url}?score=3")
    with monkeypatch.context() as patched:
        # Not even tried: a write that only hangs may be committed late, and then it is the first answer.
        patched.setattr(Lane, "run", lambda *_: None)
        page.get_by_role("button", name="Send my answer").click()
        page.wait_for_selector("#retry")
    # Meanwhile the question was answered on another device.
    answering.record_answer(invitation=reading.for_intake(invitation.pk), score=8, at=timezone.now(), nonce="other")
    page.unroute_all()
    page.wait_for_selector("text=You answered 8")
    expect(page.locator("main")).to_contain_text("nothing has been changed", use_inner_text=True)
    assert Response.objects.get().score == 8


def test_a_page_that_could_not_be_opened_opens_by_itself_and_is_one_click(page, url, monkeypatch) -> None:
    monkeypatch.setattr(pages, "RETRY_AFTER_SECONDS", 1)
    with monkeypatch.context() as patched:

        def away(*args: object) -> None:
            raise OperationalError("gone")

        patched.setattr(reading, "for_page", away)
        page.goto(f"{url}?score=3")
        page.wait_for_selector("#again")
        with page.expect_response(lambda response: response.request.method == "HEAD"):
            pass
    page.wait_for_selector("#answer")
    assert list(Click.objects.values_list("score", flat=True)) == [3]
    assert not Response.objects.exists()
