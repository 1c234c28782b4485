"""An open queue in a real browser: who else is there, word of a change before one acts, counts that stay true; and
nothing asked while the page is not seen."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from followups import presence
from followups.models import FollowUp
from followups.services import assigning, reaching_out
from tests.browsing import expect_heading, expect_value, queue_of, wait_for_heading, window
from tests.staff import Office, to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sanna(browser: Any, site: str, office: Office) -> Iterator[Any]:
    """Her queue, in a window whose timers the test moves."""
    queue_of(office, -60, -30)
    with window(browser, site, office.sanna) as page:
        page.clock.install()
        page.goto(f"{site}{to('queue', query='view=mine')}")
        page.wait_for_selector("body.has-keys")
        yield page


def beat(page: Any, times: int = 1) -> dict[str, list[str]]:
    """Fifteen seconds, so many times; what was asked at last."""
    for _ in range(times):
        with page.expect_response("**/followups/pulse/**") as answered:
            page.clock.run_for(15_000)
        answered.value.finished()
    return parse_qs(urlsplit(answered.value.url).query)


def test_who_else_is_there_is_seen_in_head_and_row(sanna: Any, office: Office) -> None:
    first, second = FollowUp.objects.in_queue_order()
    presence.note(office.lena, first.pk, is_writing=True)
    presence.note(office.mira, second.pk)
    beat(sanna)
    sanna.wait_for_selector(".dhead .here:has-text('Lena is writing')")
    expect(sanna.locator(f"#with-{second.pk} .av").first).to_have_attribute("title", "Mira is viewing")
    presence.note(office.lena, second.pk)
    beat(sanna)
    sanna.wait_for_function("() => !document.querySelector('.dhead .here').textContent.trim()")
    expect(sanna.locator(f"#with-{second.pk} .av")).to_have_count(2)


def test_it_says_that_one_is_there_and_whether_one_writes(sanna: Any, office: Office) -> None:
    first = FollowUp.objects.in_queue_order()[0]
    assert "writing" not in beat(sanna)
    sanna.keyboard.press("n")
    sanna.keyboard.type("She is back")
    assert beat(sanna)["writing"] == ["1"]
    assert [one.words for one in presence.others(office.lena)[first.pk]] == ["Sanna is writing"]
    assert "writing" not in beat(sanna, 2), "who has stopped does not write any more"


def test_a_change_is_seen_before_anything_is_pressed_and_what_was_typed_stays(sanna: Any, office: Office) -> None:
    first = FollowUp.objects.in_queue_order()[0]
    sanna.fill("[name=note-text]", "She is back at three.")
    reaching_out.log_attempt(follow_up=first, via="phone", result="no_answer", by=office.lena, at=timezone.now())
    beat(sanna)
    sanna.wait_for_selector(".meanwhile[role=status]")
    expect(sanna.locator(".meanwhile").first).to_contain_text(
        "Lena Berg: Logged no answer by phone.", use_inner_text=True
    )
    expect_value(sanna, "document.activeElement.name", "note-text", "the focus stays where it was")
    beat(sanna)
    expect(sanna.locator(".meanwhile")).to_have_count(1)
    sanna.click(".meanwhile >> text='Show it'")
    sanna.wait_for_selector(".tl >> text='Lena Berg'")
    wait_for_heading(sanna, "Customer 1")
    expect(sanna.locator(".meanwhile")).to_have_count(0)
    expect(sanna.locator("[name=note-text]").first).to_have_value("She is back at three.")
    sanna.focus(".pane .t")
    sanna.keyboard.press("2")
    sanna.wait_for_selector(".toast[role=status]:has-text('Voicemail logged')")
    assert first.attempts.count() == 2, "what is shown now is what is true, so nothing stops it"


def test_whoever_takes_the_open_one_is_named(browser: Any, site: str, office: Office) -> None:
    office.answer(5, name="Ingrid Solheim", at=timezone.now())
    with window(browser, site, office.sanna) as page:
        page.clock.install()
        page.goto(f"{site}{to('queue', query='view=nobody')}")
        page.wait_for_selector("body.has-keys")
        expect_heading(page, "Ingrid Solheim")
        assigning.claim(follow_up=FollowUp.objects.get(), by=office.tomas, at=timezone.now())
        beat(page)
        page.wait_for_selector(".meanwhile:has-text('Tomas Berg took this')")


def test_counts_come_once_a_minute_and_nothing_while_the_page_is_hidden(sanna: Any, office: Office) -> None:
    queue_of(office, 10)
    assert "counts" not in beat(sanna, 3)
    expect(sanna.locator("#count-mine").first).to_have_text("2", use_inner_text=True)
    assert beat(sanna)["counts"] == ["1"]
    sanna.wait_for_function("() => document.querySelector('#count-mine').textContent === '3'")
    assert sanna.inner_text("#tab-all") == sanna.inner_text("#count-open") == "3"
    asked: list[str] = []
    sanna.on("request", lambda request: asked.append(request.url) if "/pulse/" in request.url else None)
    sanna.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    sanna.clock.run_for(120_000)
    assert asked == []
    sanna.evaluate("delete document.hidden")
    with sanna.expect_response("**/followups/pulse/**") as answered:
        sanna.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert "counts=1" in answered.value.url, "and all of it when it is seen again"


def test_a_server_that_is_away_is_asked_again_and_nobody_is_told(sanna: Any, office: Office) -> None:
    sanna.route("**/pulse/**", lambda route: route.abort())
    sanna.clock.run_for(30_000)
    expect(sanna.locator(".toast")).to_have_count(0)
    sanna.unroute_all()
    presence.note(office.lena, FollowUp.objects.in_queue_order()[0].pk)
    beat(sanna)
    sanna.wait_for_selector(".dhead .here:has-text('Lena is viewing')")
