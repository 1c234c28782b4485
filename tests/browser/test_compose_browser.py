"""Writing to a customer in a real browser: E, a few words, one press to send, one to take back; typed text stays."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from followups.models import FollowUp, Letter
from nps.desk.models import Customer
from nps.outbox.models import Delivery
from nps.outbox.services import delivering
from tests.browsing import escape, expect_heading, expect_value, open_queue, queue_of, wait_for_heading, window
from tests.looking import RULES, violations
from tests.smtp_sink import Sink
from tests.staff import Office, to

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


def open_letter(page: Any) -> None:
    page.keyboard.press("e")
    page.wait_for_selector("dialog[open] [name=body]")


def deliver_later() -> int:
    later = timezone.now() + timedelta(hours=1)
    Delivery.objects.exclude(purpose="followups.letter").delete()
    return delivering.deliver_due(clock=lambda: later).sent


def test_e_edit_send_undo_and_nothing_leaves(sanna: Any, site: str, office: Office, smtp_sink: Sink) -> None:
    first, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    open_letter(sanna)
    expect_value(sanna, "document.activeElement.name", "body")
    expect(sanna.locator("[name=body]")).to_have_value(
        re.compile("Hello Customer,\n\nthank you for your answer about your request")
    )
    sanna.fill("[name=subject]", "Your <refund>")
    sanna.fill("[name=body]", "Hello,\n\nit is on its way.")
    sanna.keyboard.press("Control+Enter")
    wait_for_heading(sanna, "Customer 2")
    toast = sanna.locator(".toast[role=status]")
    expect(toast).to_contain_text("E-mail to Customer 1 leaves in 10 seconds. Next try", use_inner_text=True)
    letter = Letter.objects.get()
    assert (letter.subject, letter.body) == ("Your <refund>", "Hello,\n\nit is on its way.")
    expect(sanna.locator(f"#row-{first.pk} .tries .on")).to_have_count(1)
    sanna.keyboard.press("z")
    wait_for_heading(sanna, "Customer 1")
    due_at = first.due_at
    first.refresh_from_db()
    assert (first.due_at, first.attempts_made) == (due_at, 0)
    assert deliver_later() == 0
    assert smtp_sink.accepted == []
    open_letter(sanna)
    expect(sanna.locator("[name=body]").first, "what was taken back can be mended").to_have_value(
        "Hello,\n\nit is on its way."
    )
    sanna.keyboard.press("Control+Enter")
    wait_for_heading(sanna, "Customer 2")
    assert deliver_later() == 1
    (sent,) = smtp_sink.accepted
    assert sent.message["Subject"] == "Your <refund>"
    sanna.goto(f"{site}{to('followup', first.pk)}")
    expect(sanna.locator("details.letter summary").first).to_contain_text("Sent", use_inner_text=True)
    sanna.locator("details.letter summary").first.click()
    expect(sanna.locator("details.letter").first).to_contain_text("it is on its way.", use_inner_text=True)


def test_what_was_typed_survives_a_reload_and_leaving_the_text_alone_is_no_question(
    sanna: Any, site: str, office: Office
) -> None:
    first, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    open_letter(sanna)
    escape(sanna, back_to="e")
    open_letter(sanna)
    sanna.fill("[name=body]", "Half a sentence, 1 2 3 z")
    sanna.reload()
    sanna.wait_for_function("() => document.body.matches('.has-keys') && document.querySelector('.pane')")
    open_letter(sanna)
    expect(sanna.locator("[name=body]").first).to_have_value("Half a sentence, 1 2 3 z")
    sanna.keyboard.press("Escape")
    sanna.wait_for_selector("dialog[open] .ask")
    sanna.keyboard.press("Escape")
    sanna.wait_for_selector("dialog[open]", state="detached")
    assert first.attempts.count() == 0
    page = f"{site}{to('followup-email', first.pk)}"
    sanna.goto(page)
    expect(sanna.locator("[name=body]"), "thrown away is thrown away").to_have_value(re.compile("Hello Customer"))
    sanna.fill("[name=body]", "On a page of its own")
    sanna.reload()
    expect(sanna.locator("[name=body]").first).to_have_value("On a page of its own")


def test_a_refusal_stays_in_the_dialog_with_the_text(sanna: Any, site: str, office: Office) -> None:
    first, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    open_letter(sanna)
    sanna.fill("[name=subject]", " ")
    sanna.fill("[name=body]", "Typed")
    sanna.keyboard.press("Control+Enter")
    sanna.wait_for_selector("dialog[open] .errline")
    expect_value(sanna, "document.activeElement.name", "subject")
    expect(sanna.locator("[name=body]").first).to_have_value("Typed")
    FollowUp.objects.filter(pk=first.pk).update(version=99)
    sanna.fill("[name=subject]", "Refund")
    sanna.keyboard.press("Control+Enter")
    sanna.wait_for_selector("dialog[open] .banner[role=alert]")
    expect(sanna.locator("[name=body]").first).to_have_value("Typed")
    sanna.keyboard.press("Control+Enter")
    wait_for_heading(sanna, "Customer 2")
    assert Letter.objects.get().subject == "Refund"


def test_where_nobody_may_write_the_button_is_off_and_says_why(sanna: Any, site: str, office: Office) -> None:
    first, _ = queue_of(office, -60, -30)
    Customer.objects.filter(pk=first.customer_id).update(email="")
    open_queue(sanna, site)
    assert sanna.is_disabled(".bar button[aria-describedby=no-mail]")
    expect(sanna.locator("#no-mail").first).to_contain_text("Customer has no e-mail address.", use_inner_text=True)
    sanna.keyboard.press("e")
    sanna.wait_for_timeout(200)
    expect(sanna.locator("dialog[open]")).to_have_count(0)
    expect_heading(sanna, "Customer 1")


def test_without_a_script_it_is_a_page_and_is_taken_back_by_a_button(browser: Any, site: str, office: Office) -> None:
    first, _ = queue_of(office, -60, -30)
    with window(browser, site, office.sanna, java_script_enabled=False) as page:
        page.goto(f"{site}{to('queue', query=f'view=mine&task={first.pk}')}")
        page.click(".bar a:has-text('E-mail')")
        page.fill("[name=body]", "By hand")
        page.click("button:has-text('Send and open next')")
        expect_heading(page, "Customer 2")
        assert Letter.objects.get().body == "By hand"
        page.click(".toast button")
        expect_heading(page, "Customer 1")
    assert Letter.objects.get().state == "taken_back"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_the_letter_can_be_read_and_reached(browser: Any, site: str, office: Office, width: int, scheme: str) -> None:
    first, _ = queue_of(office, -60, -30)
    with window(browser, site, office.sanna, width=width, color_scheme=scheme) as page:
        page.goto(f"{site}{to('followup', first.pk)}")
        page.wait_for_function("() => document.body.matches('.has-keys')")
        open_letter(page)
        for _ in range(2):
            assert violations(page, rules=RULES) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.goto(f"{site}{to('followup-email', first.pk)}")
