"""Selecting rows of the queue by key and by checkbox, and what is done with them, in a real browser."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from followups.models import FollowUp
from followups.services import reaching_out
from tests.browsing import expect_heading, expect_value, open_queue, queue_of, wait_for_heading, window
from tests.staff import Office, to

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
PICKED = "[...document.querySelectorAll('.pick :checked')].map(box => +box.dataset.pick)"


@pytest.fixture
def rows(office: Office) -> list[int]:
    return [row.pk for row in queue_of(office, -50, -40, -30, -20, -10)]


@pytest.fixture
def sanna(browser: Any, site: str, office: Office, rows: list[int]) -> Iterator[Any]:
    with window(browser, site, office.sanna) as page:
        open_queue(page, site)
        yield page


def test_x_selects_and_shift_with_j_and_k_extends(sanna: Any, rows: list[int]) -> None:
    expect(sanna.locator("#bulk").first).not_to_be_visible()
    sanna.keyboard.press("x")
    expect_value(sanna, PICKED, rows[:1], "the one that is open")
    expect(sanna.locator("#picked").first).to_have_text("1 selected", use_inner_text=True)
    expect(sanna.locator("#bulk").first).to_be_visible()
    sanna.keyboard.press("Shift+J")
    sanna.keyboard.press("Shift+J")
    expect_value(sanna, PICKED, rows[:3])
    expect_value(sanna, "document.activeElement.dataset.pick", str(rows[2]), "and it is seen how far")
    sanna.keyboard.press("Shift+K")
    expect_value(sanna, PICKED, rows[:2], "back towards where it began lets go")
    expect(sanna.locator("#picked").first).to_have_text("2 selected", use_inner_text=True)
    expect_heading(sanna, "Customer 1", "nothing else is opened meanwhile")
    sanna.keyboard.press("Escape")
    expect_value(sanna, PICKED, [])
    expect(sanna.locator("#bulk").first).not_to_be_visible()
    sanna.wait_for_selector(".pane .t:focus")


def test_shift_alone_begins_with_the_open_one_and_plain_j_still_moves(sanna: Any, rows: list[int]) -> None:
    sanna.keyboard.press("Shift+J")
    expect_value(sanna, PICKED, rows[:2])
    sanna.keyboard.press("j")
    wait_for_heading(sanna, "Customer 2")
    expect_value(sanna, PICKED, rows[:2], "what is selected stays so")
    sanna.keyboard.press("j")
    wait_for_heading(sanna, "Customer 3")
    sanna.keyboard.press("x")
    expect_value(sanna, PICKED, rows[:3])
    sanna.keyboard.press("x")
    expect_value(sanna, PICKED, rows[:2])
    sanna.keyboard.press("1")
    wait_for_heading(sanna, "Customer 4")
    expect_value(sanna, PICKED, rows[:2], "a log of one leaves the selection alone")
    assert FollowUp.objects.filter(attempts_made=1).count() == 1


def test_h_and_a_are_about_the_selected_ones_and_say_what_was_not_done(
    sanna: Any, office: Office, rows: list[int]
) -> None:
    sanna.keyboard.press("x")
    sanna.keyboard.press("Shift+J")
    changed = FollowUp.objects.get(pk=rows[1])
    reaching_out.log_attempt(follow_up=changed, via="phone", result="no_answer", by=office.lena, at=timezone.now())
    sanna.keyboard.press("h")
    expect(sanna.locator("#bulk .menu[open] [data-key='2']").first).to_contain_text("09:00", use_inner_text=True)
    sanna.keyboard.press("2")
    wait_for_heading(sanna, "Customer 3")
    expect(sanna.locator(".toast[role=status]").first).to_contain_text("1 follow-up sleeps until", use_inner_text=True)
    told = sanna.inner_text(".toast[role=alert]")
    assert "1 follow-up not done. Customer 2:" in told
    assert "Lena Berg: Logged no answer by phone." in told
    expect_value(sanna, PICKED, [rows[1]], "it is selected still, as it is now")
    assert FollowUp.objects.filter(snoozed_until__isnull=False).values_list("pk", flat=True)[0] == rows[0]
    sanna.keyboard.press("a")
    sanna.select_option("#bulk-to", label="Tomas Berg")
    sanna.click("text='Give them to this person'")
    sanna.wait_for_selector(".toast:has-text('Tomas Berg has 1 follow-up more now.')")
    expect(sanna.locator("#bulk").first).not_to_be_visible()
    assert FollowUp.objects.get(pk=rows[1]).assignee == office.tomas
    sanna.keyboard.press("h")
    expect(
        sanna.locator(".bar .menu[open]").first, "with nothing selected the keys are about the open one again"
    ).to_be_visible()


def test_i_takes_the_selected_ones(browser: Any, site: str, office: Office) -> None:
    for number in (1, 2, 3):
        office.answer(5, name=f"Customer {number}", at=timezone.now())
    with window(browser, site, office.sanna) as page:
        page.goto(f"{site}{to('queue', query='view=nobody')}")
        page.wait_for_selector("body.has-keys")
        page.hover(".rows li >> nth=1")
        page.check(".pick input >> nth=1")
        page.check(".pick input >> nth=2")
        page.keyboard.press("i")
        page.wait_for_selector(".toast:has-text('2 follow-ups taken: they are yours.')")
        expect(page.locator(".row")).to_have_count(1)
    assert FollowUp.objects.filter(assignee=office.sanna).count() == 2


@pytest.mark.parametrize("font", ["Liberation Sans", "DejaVu Sans"])
def test_what_to_do_with_them_is_one_line_from_1280_up(
    browser: Any, site: str, office: Office, rows: list[int], font: str
) -> None:
    """Below it and how many there are; the list is no wider on a wider screen."""
    with window(browser, site, office.sanna, width=1280, bypass_csp=True) as page:
        open_queue(page, site)
        page.add_style_tag(content=f":root{{--font:'{font}';--mono:'{font} Mono'}}")
        page.keyboard.press("x")
        tops = page.evaluate("[...document.querySelectorAll('#bulk .acts .btn')].map(e => e.offsetParent && "
                             "Math.round(e.getBoundingClientRect().top)).filter(Number.isFinite)")  # fmt: skip
        assert len(tops) >= 4
        assert len(set(tops)) == 1
        assert page.locator("#bulk").bounding_box()["height"] < 92


def test_enter_in_the_time_snoozes_and_never_presses_another_button(sanna: Any, rows: list[int]) -> None:
    sanna.keyboard.press("x")
    sanna.keyboard.press("h")
    sanna.focus("#bulk-time")
    sanna.keyboard.press("Enter")
    sanna.wait_for_selector(".toast[role=alert]:has-text('Say until when')")
    expect_value(sanna, PICKED, rows[:1])
    assert {row.version for row in FollowUp.objects.filter(pk__in=rows)} == {2}
    assert "/selected/" not in sanna.url, "the address stays that of the queue"
    until = timezone.localtime() + timedelta(days=3)
    sanna.fill("#bulk-time", f"{until:%Y-%m-%dT09:00}")
    sanna.press("#bulk-time", "Enter")
    wait_for_heading(sanna, "Customer 2")
    assert FollowUp.objects.get(snoozed_until__isnull=False).pk == rows[0]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_without_a_script_it_is_a_form_with_checkboxes(
    browser: Any, site: str, office: Office, rows: list[int], width: int, height: int
) -> None:
    with window(browser, site, office.sanna, width=width, height=height, java_script_enabled=False) as page:
        page.goto(f"{site}{to('queue', query='view=mine')}")
        expect(page.locator("#bulk").first).to_be_visible()
        page.check(".pick input >> nth=0")
        page.check(".pick input >> nth=4")
        page.click("#bulk summary:has-text('Snooze')")
        page.click("#bulk >> text='Tomorrow'")
        expect(page.locator(".toast").first).to_contain_text("2 follow-ups sleep until", use_inner_text=True)
        expect(page.locator(".row")).to_have_count(3)
        page.click("#bulk >> text='Give back'")
        expect(page.locator(".toast[role=alert]").first).to_contain_text(
            "Select follow-ups first.", use_inner_text=True
        )
        page.check(".pick input >> nth=1")
        page.click("#bulk >> text='Give back'")
        expect(page.locator(".toast").first).to_contain_text("1 follow-up given back", use_inner_text=True)
