"""What somebody typed, pressed twice or passed over in the queue, in a real browser."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from followups.services import reaching_out
from tests.browsing import expect_heading, open_queue, queue_of, wait_for_heading
from tests.staff import Office

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
DIALOG = "dialog[open]"


def test_what_was_sent_and_refused_is_not_thrown_away_without_asking(sanna: Any, site: str, office: Office) -> None:
    queue_of(office, -60)
    open_queue(sanna, site)
    sanna.keyboard.press("c")
    note = sanna.locator(f"{DIALOG} [name=note]")
    note.fill("A note that took five minutes to write.")
    sanna.keyboard.press("Control+Enter")
    expect(sanna.locator(f"{DIALOG} .errline").first).to_be_visible()
    expect(note).to_have_value("A note that took five minutes to write.")
    sanna.keyboard.press("Escape")
    expect(sanna.locator(f"{DIALOG} .banner.ask")).to_be_visible()
    expect(note).to_have_value("A note that took five minutes to write.")
    sanna.keyboard.press("Escape")
    expect(sanna.locator(DIALOG)).to_have_count(0)


def test_a_note_of_a_colleague_is_read_before_anything_is_logged(sanna: Any, site: str, office: Office) -> None:
    made, _ = queue_of(office, -60, 6000)
    open_queue(sanna, site)
    reaching_out.add_note(follow_up=made, text="Do not call before noon.", by=office.lena, at=timezone.now())
    sanna.keyboard.press("2")
    banner = sanna.locator(".banner[role=alert]").first
    expect(banner).to_contain_text("Lena Berg: Do not call before noon.", use_inner_text=True)
    assert made.attempts.count() == 0
    sanna.keyboard.press("2")
    wait_for_heading(sanna, "Customer 2")
    assert made.attempts.count() == 1


def test_a_close_that_is_sent_twice_is_one_and_hides_nothing(sanna: Any, site: str, office: Office) -> None:
    first, second, third = queue_of(office, -60, -30, -10)
    open_queue(sanna, site)
    sanna.keyboard.press("c")
    sanna.locator(f"{DIALOG} [name=outcome][value=solved]").check()
    sanna.locator(f"{DIALOG} [name=root_cause]").select_option(index=3)
    sanna.locator(f"{DIALOG} [name=lesson][value=nothing_new]").check()
    sanna.evaluate(
        "const form = document.querySelector('dialog[open] form'); form.requestSubmit(); form.requestSubmit()"
    )
    wait_for_heading(sanna, "Customer 2")
    for left in (second, third):
        expect(sanna.locator(f"#row-{left.pk} .row")).to_be_visible()
    expect(sanna.locator(f"#row-{first.pk}")).to_have_count(0)


def test_a_time_to_snooze_until_that_has_passed_is_refused_where_it_was_typed(
    sanna: Any, site: str, office: Office
) -> None:
    queue_of(office, -60, -30)
    open_queue(sanna, site)
    sanna.keyboard.press("h")
    pick = sanna.locator(".menu[open] input[type=datetime-local]")
    pick.fill("2020-01-01T10:00")
    pick.press("Enter")
    expect(sanna.locator(".menu[open] .errline")).to_contain_text("in the past", use_inner_text=True)
    expect_heading(sanna, "Customer 1")


def test_who_passes_one_over_for_the_third_time_says_why(sanna: Any, site: str, office: Office) -> None:
    first, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    for _ in range(2):
        sanna.keyboard.press("j")
        wait_for_heading(sanna, "Customer 2")
        sanna.keyboard.press("k")
        wait_for_heading(sanna, "Customer 1")
    sanna.keyboard.press("j")
    expect(sanna.locator(".toast[role=alert]")).to_contain_text("for the third time", use_inner_text=True)
    note = sanna.locator(".pane:not([hidden]) [name=note-text]")
    expect(note).to_be_focused()
    expect_heading(sanna, "Customer 1")
    note.fill("His line is dead until Monday.")
    sanna.locator(".pane:not([hidden]) form.note button").click()
    expect(sanna.locator(".pane .tl")).to_contain_text("His line is dead until Monday.", use_inner_text=True)
    sanna.keyboard.press("Escape")
    sanna.keyboard.press("j")
    wait_for_heading(sanna, "Customer 2")
    assert first.history.filter(verb="note").count() == 1


def test_past_the_end_the_last_one_is_a_key_away(sanna: Any, site: str, office: Office) -> None:
    queue_of(office, -60, -30)
    open_queue(sanna, site)
    for heading in ("Customer 2", "That was the last one"):
        sanna.keyboard.press("j")
        wait_for_heading(sanna, heading)
    sanna.keyboard.press("k")
    wait_for_heading(sanna, "Customer 2")


def test_the_undo_stands_above_the_bar_of_what_is_selected(sanna: Any, site: str, office: Office) -> None:
    queue_of(office, -60, -30, -10)
    open_queue(sanna, site)
    sanna.keyboard.press("1")
    wait_for_heading(sanna, "Customer 2")
    sanna.keyboard.press("x")
    expect(sanna.locator(".bulk")).to_be_visible()
    toast, bar = sanna.locator(".toasts").bounding_box(), sanna.locator(".bulk").bounding_box()
    assert toast["y"] + toast["height"] <= bar["y"]
