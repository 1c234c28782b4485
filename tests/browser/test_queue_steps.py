"""Closing by key, what is seen without a click, a bar of one line, and how many keys or clicks each job of the day
takes, in a real browser."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from followups.models import FollowUp
from nps.desk.services import resolving
from nps.survey.models import Topic
from nps.survey.services import answering
from tests import factories
from tests.browsing import escape, expect_heading, expect_value, open_queue, queue_of, wait_for_heading, window
from tests.staff import SENTENCE, Office, cause, to

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
FOCUS = "document.activeElement.name || document.activeElement.id || document.activeElement.dataset.key || ''"


@pytest.fixture
def rows(office: Office) -> list[FollowUp]:
    return queue_of(office, -60, -30, 20)


@pytest.fixture
def sanna(browser: Any, site: str, office: Office, rows: list[FollowUp]) -> Iterator[Any]:
    with window(browser, site, office.sanna) as page:
        open_queue(page, site)
        yield page


# ---- closing --------------------------------------------------------------------------------------------------
def test_a_wrong_number_is_put_right_by_another(sanna: Any) -> None:
    sanna.keyboard.press("c")
    sanna.wait_for_function("() => document.activeElement.name === 'outcome'")
    sanna.keyboard.press("2")
    sanna.keyboard.press("1")
    assert sanna.is_checked("#id_outcome_solved")
    sanna.keyboard.press("4")
    expect_value(sanna, FOCUS, "promise", "a promise is asked for first")
    sanna.keyboard.type("Call by 9")
    expect(sanna.locator("[name=promise]").first, "a digit is a digit again").to_have_value("Call by 9")


def test_15_reached_opens_the_dialog_and_ctrl_enter_closes_what_is_whole(sanna: Any, rows: list[FollowUp]) -> None:
    sanna.keyboard.press("4")
    sanna.wait_for_selector("dialog[open] .sheet")
    sanna.wait_for_function("() => document.activeElement.name === 'outcome'")
    expect_value(sanna, "document.activeElement.type", "radio")
    sanna.fill("[name=lesson_text]", "Too short")
    sanna.keyboard.press("Control+Enter")
    sanna.wait_for_selector("dialog[open] [aria-invalid=true]")
    sanna.wait_for_function("() => document.activeElement.name === 'outcome'")
    expect(sanna.locator(":focus").first, "the first wrong field").to_have_attribute("aria-invalid", "true")
    assert "id_outcome_error" in sanna.get_attribute("dialog fieldset >> nth=0", "aria-describedby")
    expect(sanna.locator("[name=lesson_text]").first).to_have_value("Too short")
    sanna.keyboard.press("1")
    assert sanna.is_checked("#id_outcome_solved")
    sanna.keyboard.press("Control+Enter")
    sanna.wait_for_function(
        "() => !document.getElementById('id_outcome_error') && document.activeElement.name === 'root_cause'"
    )
    sanna.select_option("dialog [name=root_cause]", label="No call back – agent")
    sanna.fill("[name=lesson_text]", SENTENCE)
    sanna.keyboard.press("Control+Enter")
    wait_for_heading(sanna, "Customer 2")
    expect(sanna.locator("dialog[open]")).to_have_count(0)
    sanna.wait_for_selector(".pane .t:focus")  # the opener is gone, so the next one's heading
    closed = FollowUp.objects.select_related("lesson").get(pk=rows[0].pk)
    assert (closed.status, closed.outcome, closed.lesson.text) == ("closed", "solved", SENTENCE)
    assert closed.reached_at is not None


@pytest.mark.parametrize("left_out", ["outcome", "root_cause", "lesson_text"])
def test_16_nothing_is_closed_without_outcome_cause_and_lesson(
    office: Office, rows: list[FollowUp], left_out: str
) -> None:
    given = {"outcome": "solved", "root_cause": cause().pk, "lesson": "new", "lesson_text": SENTENCE}
    given.pop(left_out)
    for headers in ({}, {"HX-Request": "true", "HX-Target": "dialog"}):
        answer = office.as_(office.sanna).post(to("followup-close", rows[0].pk), given, headers=headers)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()
    assert FollowUp.objects.get(pk=rows[0].pk).status == "assigned"


def test_22_tab_stays_in_the_dialog_and_escape_returns_to_close(sanna: Any) -> None:
    sanna.keyboard.press("c")
    sanna.wait_for_function("() => document.activeElement.name === 'outcome'")
    seen = set()
    for key in ["Tab"] * 30 + ["Shift+Tab"] * 30:
        sanna.keyboard.press(key)
        # From the last control the browser's own are reached, which is the body for the page.
        assert sanna.evaluate("document.activeElement.matches('body, dialog, dialog *')")
        seen.add(sanna.evaluate(FOCUS))
    assert {"root_cause", "lesson_text", "note", "ask_again_on"} <= seen
    escape(sanna, back_to="c")
    expect_heading(sanna, "Customer 1")


def test_22_what_was_filled_in_is_asked_about_once(sanna: Any) -> None:
    sanna.keyboard.press("c")
    sanna.wait_for_function("() => document.activeElement.name === 'outcome'")
    sanna.keyboard.press("1")
    sanna.keyboard.press("Escape")
    expect(sanna.locator("dialog .ask[role=alert]").first).to_contain_text("not saved", use_inner_text=True)
    expect(sanna.locator("dialog[open]").first).to_be_visible()
    escape(sanna, back_to="c")


# ---- seen without a click -------------------------------------------------------------------------------------
def test_23_contact_scores_and_tickets_stand_beside_it_at_1280(
    browser: Any, site: str, office: Office, rows: list[FollowUp]
) -> None:
    customer = rows[0].customer
    for days, score in ((20, 9), (9, 6)):
        at = timezone.now() - timedelta(days=days)
        ticket = factories.ticket(customer, office.billing, assignee=office.mara, at=at, subject=f"Refund {score}")
        invitation = resolving.resolve(ticket=ticket, by=office.mara, at=at).invitation
        answering.record_answer(invitation=invitation, score=score, at=at)
    with window(browser, site, office.sanna, width=1280, height=900) as page:
        open_queue(page, site, f"view=mine&task={rows[0].pk}")
        for place in (
            ".side a[href^='tel:']",
            ".side svg[role=img][aria-label='Last 3 scores, oldest first: 9, 6, 5']",
            ".side .tix >> text='Refund 9'",
            ".side .tix >> text='Refund 6'",
        ):
            box = page.locator(place).bounding_box()
            assert box, place
            assert box["y"] + box["height"] <= 900, f"{place} is below the fold"
            assert box["x"] + box["width"] <= 1280, place


@pytest.mark.parametrize("width", [1280, 1366, 1440])
@pytest.mark.parametrize("font", ["Liberation Sans", "DejaVu Sans"])
def test_the_bar_is_one_line_from_1280_up(
    browser: Any, site: str, office: Office, rows: list[FollowUp], font: str, width: int
) -> None:
    """DejaVu is about the widest font that a system falls back to."""
    office.answer(5, name="Ingrid Solheim", at=timezone.now())
    pages = {
        "mine": to("queue", query="view=mine"),
        "one to take": to("queue", query="view=nobody"),
        "its own page": to("followup", rows[0].pk, query="view=mine"),
    }
    with window(browser, site, office.sanna, width=width, bypass_csp=True) as page:
        for name, address in pages.items():
            page.goto(site + address)
            page.wait_for_selector("body.has-keys")
            page.add_style_tag(content=f":root{{--font:'{font}';--mono:'{font} Mono'}}")
            tops = page.evaluate(
                "[...document.querySelectorAll('.bar > *')].filter(e => e.getClientRects().length && e.offsetWidth)"
                ".map(e => Math.round(e.getBoundingClientRect().top))"
            )
            assert len(tops) > 4
            assert max(tops) - min(tops) <= 4, f"{name} wraps: {tops}"
            assert page.locator(".bar").bounding_box()["height"] < 56, f"{name} has words on two lines"


# ---- how much it takes ----------------------------------------------------------------------------------------
class Hand:
    """Counts what a person does with one hand: keys, or clicks. A sentence that is typed counts nothing."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.steps = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.steps += 1

    def click(self, *places: str) -> None:
        for place in places:
            self.page.click(place)
            self.steps += 1


def test_the_right_one_is_open_at_once_and_by_one_click(sanna: Any, site: str) -> None:
    expect_heading(sanna, "Customer 1", "no key: the queue opens on it")
    sanna.goto(f"{site}{to('tickets')}")
    hand = Hand(sanna)
    hand.click("[data-go=q]")
    wait_for_heading(sanna, "Customer 1")
    assert hand.steps == 1


def test_a_log_is_one_step_and_so_is_taking_it_back(sanna: Any) -> None:
    for log, back in ((("press", "1"), ("press", "z")), (("click", "text='No answer'"), ("click", ".toast button"))):
        hand = Hand(sanna)
        getattr(hand, log[0])(log[1])
        wait_for_heading(sanna, "Customer 2")
        assert hand.steps == 1
        getattr(hand, back[0])(back[1])
        wait_for_heading(sanna, "Customer 1")
        assert hand.steps == 2


def test_a_snooze_until_tomorrow_is_two_steps(sanna: Any) -> None:
    hand = Hand(sanna)
    hand.press("h", "2")
    wait_for_heading(sanna, "Customer 2")
    hand.click(".bar summary:has-text('Snooze')", ".bar .menu[open] >> text='Tomorrow'")
    wait_for_heading(sanna, "Customer 3")
    assert hand.steps == 2 + 2
    assert FollowUp.objects.filter(snoozed_until__isnull=False).count() == 2


@pytest.mark.parametrize("way", ["key", "click"])
def test_taking_one_is_one_step(browser: Any, site: str, office: Office, way: str) -> None:
    office.answer(5, name="Ingrid Solheim", at=timezone.now())
    with window(browser, site, office.sanna) as page:
        open_queue(page, site, "view=nobody")
        hand = Hand(page)
        hand.press("i") if way == "key" else hand.click(".bar >> text='Take it'")
        page.wait_for_selector(".toast:has-text('Ingrid Solheim is yours.')")
        assert hand.steps == 1


def test_where_the_cause_is_evident_a_closing_is_three_keys_and_one_sentence(
    browser: Any, site: str, office: Office, rows: list[FollowUp]
) -> None:
    """Close, the outcome's number, the sentence, and close; a click fewer without keys."""
    for row in rows[:2]:
        row.response.topics.set([Topic.objects.get(slug="explain-twice")])
    with window(browser, site, office.sanna) as page:
        open_queue(page, site)
        hand = Hand(page)
        hand.press("c")
        page.wait_for_function("() => document.activeElement.name === 'outcome'")
        expect(page.locator("[name=root_cause] option:checked")).to_have_text(
            "Had to explain it twice – hand-over", use_inner_text=True
        )
        expect(page.locator("#id_root_cause_helptext").first).to_contain_text(
            "The customer ticked “I had to explain it twice”.", use_inner_text=True
        )
        hand.press("1")
        expect_value(page, FOCUS, "lesson_text")
        page.keyboard.type(SENTENCE)
        hand.press("Control+Enter")
        wait_for_heading(page, "Customer 2")
        assert hand.steps == 3
        hand = Hand(page)
        hand.click(".bar [data-key=c]")
        page.wait_for_selector("dialog[open] .sheet")
        hand.click("label:has(#id_outcome_solved)", "dialog [name=lesson_text]")
        page.keyboard.type(SENTENCE)
        hand.click("dialog >> text='Close and open next'")
        wait_for_heading(page, "Customer 3")
        assert hand.steps == 4
        page.keyboard.press("c")
        page.wait_for_function("() => document.activeElement.name === 'outcome'")
        expect(page.locator("[name=root_cause]").first, "nothing is evident here, so it is asked for").to_have_value("")
    closed = FollowUp.objects.filter(status="closed", root_cause__name="Had to explain it twice")
    assert closed.count() == 2


def test_a_closing_is_five_keys_and_one_sentence_or_five_clicks(sanna: Any, rows: list[FollowUp]) -> None:
    """Close, the outcome's number, the cause's first letter, on to the lesson, and close."""
    hand = Hand(sanna)
    hand.press("c")
    sanna.wait_for_function("() => document.activeElement.name === 'outcome'")
    hand.press("1")
    expect_value(sanna, FOCUS, "root_cause")
    hand.press("n", "Enter")
    expect_value(sanna, FOCUS, "lesson_text")
    sanna.keyboard.type(SENTENCE)
    hand.press("Control+Enter")
    wait_for_heading(sanna, "Customer 2")
    assert hand.steps == 5
    assert FollowUp.objects.get(pk=rows[0].pk).root_cause.name.startswith("N")
    hand = Hand(sanna)
    hand.click(".bar [data-key=c]")
    sanna.wait_for_selector("dialog[open] .sheet")
    hand.click("label:has(#id_outcome_solved)")
    sanna.select_option("dialog [name=root_cause]", label="No call back – agent")
    hand.steps += 1
    hand.click("dialog [name=lesson_text]")
    sanna.keyboard.type(SENTENCE)
    hand.click("dialog >> text='Close and open next'")
    wait_for_heading(sanna, "Customer 3")
    assert hand.steps == 5
    assert FollowUp.objects.filter(status="closed", outcome="solved").count() == 2
