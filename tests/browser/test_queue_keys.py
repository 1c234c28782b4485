"""The checklist of the queue in a real browser, by key: order, one key an attempt, undo, keys at rest, claims."""

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from followups.models import FollowUp
from followups.services import reaching_out
from nps.desk.hours import add_working_time
from nps.desk.models import User
from nps.desk.services import replying
from tests.browsing import expect_heading, expect_value, open_queue, queue_of, wait_for_heading, window
from tests.staff import Office

pytestmark = pytest.mark.django_db(transaction=True)
OSLO = ZoneInfo("Europe/Oslo")


def task_in_url(page: Any) -> str:
    return parse_qs(urlsplit(page.url).query)["task"][0]


def test_11_the_most_overdue_is_first_and_counts_equal_rows(sanna: Any, site: str, office: Office) -> None:
    queue_of(office, 90, -30, 3000, -300, 45)
    open_queue(sanna, site)
    names = sanna.locator(".row .who").all_inner_texts()
    assert [name.split()[1] for name in names] == ["4", "2", "5", "1", "3"]
    groups = sanna.locator(".grp").all_inner_texts()
    lists = [one.locator("li").count() for one in sanna.locator(".rows ul").all()]
    assert [int(group.split("\n")[-1]) for group in groups] == lists
    assert sum(lists) == 5 == int(sanna.inner_text("#count-mine")) == int(sanna.inner_text("#tab-all"))
    assert sanna.inner_text("#count-overdue") == sanna.inner_text("#tab-overdue") == "2"
    expect_heading(sanna, "Customer 4", "the queue opens on it")


def test_12_one_key_logs_and_opens_the_next(sanna: Any, site: str, office: Office) -> None:
    first, second = queue_of(office, -60, -30)
    open_queue(sanna, site)
    sanna.keyboard.press("2")
    wait_for_heading(sanna, "Customer 2")
    first.refresh_from_db()
    attempt = first.attempts.get()
    assert (attempt.result, attempt.by) == ("voicemail", office.sanna)
    hours = float(first.policy.next_try_hours)
    assert first.due_at == add_working_time(office.billing.calendar(), attempt.at, hours)
    assert task_in_url(sanna) == str(second.pk)
    toast = sanna.locator(".toast[role=status]")
    expect(toast).to_contain_text("Voicemail logged for Customer 1", use_inner_text=True)
    expect(toast.locator("button")).to_contain_text("Undo", use_inner_text=True)
    sanna.wait_for_selector(".pane .t:focus")  # the new heading has the focus
    expect(sanna.locator(f"#open-{second.pk}").first).to_have_attribute("aria-current", "true")
    expect(sanna.locator("#tab-overdue").first).to_have_text("1", use_inner_text=True)
    sanna.reload()
    expect_heading(sanna, "Customer 2", "the address gives the same screen")


def test_13_z_takes_it_back(sanna: Any, site: str, office: Office) -> None:
    first, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    sanna.keyboard.press("1")
    wait_for_heading(sanna, "Customer 2")
    sanna.keyboard.press("z")
    wait_for_heading(sanna, "Customer 1")
    attempt = first.attempts.get()
    assert attempt.undone_at is not None
    before = (first.due_at, first.status)
    first.refresh_from_db()
    assert (first.due_at, first.status) == before
    assert task_in_url(sanna) == str(first.pk)
    expect(sanna.locator(f"#open-{first.pk}").first).to_have_attribute("aria-current", "true")


def test_14_keys_rest_while_somebody_types_and_when_they_are_off(sanna: Any, site: str, office: Office) -> None:
    made, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    sanna.keyboard.press("n")
    expect_value(sanna, "document.activeElement.name", "note-text")
    sanna.keyboard.type("1 j h")
    expect(sanna.locator("[name=note-text]").first).to_have_value("1 j h")
    sanna.keyboard.press("Escape")
    for chord in ("Control+1", "Alt+1", "Meta+1"):
        sanna.keyboard.press(chord)
    sanna.evaluate(
        """document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', isComposing: true, bubbles: true}))"""
    )
    User.objects.filter(pk=office.sanna.pk).update(uses_keys=False)
    open_queue(sanna, site)
    expect(sanna.locator(".bar kbd").first).not_to_be_visible()
    sanna.keyboard.press("1")
    sanna.wait_for_timeout(200)
    expect_heading(sanna, "Customer 1")
    assert made.attempts.count() == 0
    expect(sanna.locator("[name=note-text]").first, "what was typed is still there after all that").to_have_value(
        "1 j h"
    )


def test_17_two_sessions_claim_the_same_one(browser: Any, site: str, office: Office) -> None:
    at = timezone.now()
    made = FollowUp.objects.get(response=office.answer(5, name="Ingrid Solheim", at=at))
    with window(browser, site, office.sanna) as one, window(browser, site, office.tomas) as two:
        for page in (one, two):
            open_queue(page, site, "view=nobody")
            expect_heading(page, "Ingrid Solheim")
        one.keyboard.press("i")
        one.wait_for_selector(".toast:has-text('Ingrid Solheim is yours.')")
        two.keyboard.press("i")
        two.wait_for_selector(".toast[role=alert]")
        expect(two.locator(".toast[role=alert]").first).to_contain_text("Sanna Berg took this", use_inner_text=True)
        expect(two.locator(f"#row-{made.pk}")).to_have_count(0)
    made.refresh_from_db()
    assert made.assignee == office.sanna


def test_18_what_changed_meanwhile_stops_a_log_and_is_shown(sanna: Any, site: str, office: Office) -> None:
    made, _ = queue_of(office, -60, 6000)
    open_queue(sanna, site)
    sanna.fill("[name=note-text]", "She is back at three.")
    sanna.keyboard.press("Escape")
    reaching_out.log_attempt(follow_up=made, via="phone", result="no_answer", by=office.lena, at=timezone.now())
    sanna.keyboard.press("1")
    sanna.wait_for_selector(".banner[role=alert]")
    expect(sanna.locator(".banner[role=alert]").first).to_contain_text(
        "Lena Berg: Logged no answer by phone.", use_inner_text=True
    )
    expect_heading(sanna, "Customer 1")
    expect(sanna.locator("[name=note-text]").first).to_have_value("She is back at three.")
    expect(sanna.locator(f"#row-{made.pk}").first).to_be_visible()
    assert made.attempts.count() == 1
    sanna.keyboard.press("1")
    wait_for_heading(sanna, "Customer 2")
    assert made.attempts.order_by("-pk")[0].note == "She is back at three.", "the note goes along with the attempt"


def test_19_snoozed_until_tomorrow_or_until_they_write(sanna: Any, site: str, office: Office) -> None:
    made, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    sanna.keyboard.press("h")
    words = sanna.inner_text(".menu[open] .opt-line[data-key='2']")
    assert "09:00" in words, "the exact time stands beside it"
    sanna.keyboard.press("2")
    wait_for_heading(sanna, "Customer 2")
    expect(sanna.locator(f"#row-{made.pk}")).to_have_count(0)
    due_at = made.due_at
    made.refresh_from_db()
    assert made.due_at == due_at
    tomorrow = timezone.localdate(timezone=OSLO) + timedelta(days=1)
    assert made.snoozed_until == datetime.combine(tomorrow, time(9), tzinfo=OSLO)
    open_queue(sanna, site, "view=snoozed")
    expect(sanna.locator(f"#row-{made.pk} .due").first).to_contain_text("until", use_inner_text=True)
    replying.customer_reply(ticket=made.response.resolution.ticket, body="Any news?", at=timezone.now())
    open_queue(sanna, site)
    expect(sanna.locator(f"#row-{made.pk}").first, "a reply wakes it").to_be_visible()
    FollowUp.objects.filter(pk=made.pk).update(snoozed_until=timezone.now() - timedelta(seconds=1))
    open_queue(sanna, site)
    expect(sanna.locator(f"#row-{made.pk}").first, "and so does the time").to_be_visible()


def test_z_takes_a_snooze_back_too(sanna: Any, site: str, office: Office) -> None:
    made, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    sanna.keyboard.press("h")
    sanna.keyboard.press("2")
    wait_for_heading(sanna, "Customer 2")
    sanna.keyboard.press("z")
    wait_for_heading(sanna, "Customer 1")
    expect(sanna.locator(f"#open-{made.pk}").first).to_have_attribute("aria-current", "true")
    now = FollowUp.objects.get(pk=made.pk)
    assert (now.snoozed_until, now.due_at) == (None, made.due_at)


@pytest.mark.parametrize("trouble", ["server", "connection"])
def test_20_a_log_that_fails_puts_the_row_back(
    sanna: Any, site: str, office: Office, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    made, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    sanna.fill("[name=note-text]", "She is back at three.")
    sanna.keyboard.press("Escape")
    log_attempt = reaching_out.log_attempt

    def broken(**facts: Any) -> None:
        raise RuntimeError("broken on purpose")

    if trouble == "server":
        monkeypatch.setattr(reaching_out, "log_attempt", broken)
    else:
        sanna.route("**/attempt/**", lambda route: route.abort())
    sanna.keyboard.press("1")
    sanna.wait_for_selector(".toast[role=alert]")
    expect(sanna.locator(".toast[role=alert]").first).to_contain_text("Not saved", use_inner_text=True)
    expect_heading(sanna, "Customer 1")
    expect(sanna.locator(f"#row-{made.pk}").first).to_be_visible()
    expect(sanna.locator(f"#open-{made.pk}").first).to_have_attribute("aria-current", "true")
    expect(sanna.locator("[name=note-text]").first).to_have_value("She is back at three.")
    assert made.attempts.count() == 0
    monkeypatch.setattr(reaching_out, "log_attempt", log_attempt)
    sanna.unroute_all()
    sanna.click(".toast >> text=Try again")
    wait_for_heading(sanna, "Customer 2")
    assert made.attempts.get().note == "She is back at three."


def test_an_expired_sign_in_in_the_middle_of_a_note(sanna: Any, site: str, office: Office) -> None:
    made, _ = queue_of(office, -60, -30)
    open_queue(sanna, site)
    sanna.fill("[name=note-text]", "She is back at three.")
    sanna.context.clear_cookies(name="sessionid")
    sanna.keyboard.press("Enter")
    sanna.wait_for_url("**/login/**")
    sanna.fill("[name=username]", "sanna")
    sanna.fill("[name=password]", "correct horse")
    sanna.click("button.primary")
    sanna.wait_for_selector("[name=note-text]")
    expect_heading(sanna, "Customer 1")
    expect(sanna.locator("[name=note-text]").first).to_have_value("She is back at three.")
    sanna.press("[name=note-text]", "Enter")
    sanna.wait_for_selector(".toast:has-text('Note saved')")
    wait_for_heading(sanna, "Customer 1")
    expect(sanna.locator("[name=note-text]").first).to_have_value("")
    expect_value(sanna, "document.activeElement.name", "note-text", "the next line can be written")
    assert made.history.get(verb="note").sentence == "She is back at three."


def test_forty_without_touching_the_mouse(sanna: Any, site: str, office: Office) -> None:
    """Every kind of act a few times, then the plain ones; each key works on the one that is open."""
    queue_of(office, *range(-400, 0, 10))
    open_queue(sanna, site)
    presses = 0
    for number in range(1, 41):
        wait_for_heading(sanna, f"Customer {number},")
        following = "12312321"[number % 8] if number % 10 else "h2"
        for key in following:
            sanna.keyboard.press(key)
            presses += 1
    sanna.wait_for_function("() => !document.querySelector('.pane[aria-busy]')")
    logged = FollowUp.objects.filter(attempts_made=1).count()
    asleep = FollowUp.objects.filter(snoozed_until__isnull=False).count()
    assert (logged, asleep) == (36, 4)
    assert presses == 36 + 2 * 4, "one key for each attempt, two for each snooze"
