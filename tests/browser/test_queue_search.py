"""Search in the queue in a real browser: by key, in the URL, out of it again; and without a script."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browsing import expect_heading, expect_value, open_queue, queue_of, wait_for_heading, window
from tests.staff import Office, to

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sanna(browser: Any, site: str, office: Office) -> Iterator[Any]:
    queue_of(office, -60, -30, comment="The refund is missing.")
    queue_of(office, -50, 20, comment="Slow.")
    with window(browser, site, office.sanna) as page:
        open_queue(page, site)
        yield page


def query(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


def test_a_slash_searches_and_escape_leaves_it(sanna: Any) -> None:
    sanna.keyboard.press("/")
    expect_value(sanna, "document.activeElement.id", "search")
    expect(sanna.locator("#search").first, "the key itself is not typed").to_have_value("")
    sanna.keyboard.type("refund")
    sanna.keyboard.press("Enter")
    sanna.wait_for_url("**q=refund**")
    sanna.wait_for_selector("body.has-keys")
    sanna.wait_for_url(lambda url: query(url) == {"view": ["mine"], "q": ["refund"]})
    expect(sanna.locator(".row")).to_have_count(2)
    expect(sanna.locator("#view").first).to_contain_text("2 found", use_inner_text=True)
    expect_heading(sanna, "Customer 1")
    sanna.keyboard.press("1")
    wait_for_heading(sanna, "Customer 2")
    assert query(sanna.url)["q"] == ["refund"], "the next one is one that was found"
    expect(sanna.locator("#search").first).to_have_value("refund")
    sanna.reload()
    wait_for_heading(sanna, "Customer 2")
    sanna.wait_for_selector("body.has-keys")
    sanna.keyboard.press("Escape")
    sanna.wait_for_function("() => document.querySelectorAll('.row').length === 4")
    sanna.wait_for_url(lambda url: query(url) == {"view": ["mine"]})


def test_nothing_found_shows_a_way_out(sanna: Any) -> None:
    sanna.keyboard.press("/")
    sanna.keyboard.type("nowhere")
    sanna.keyboard.press("Enter")
    sanna.wait_for_selector("text='Nothing found'")
    expect(sanna.locator(".endpane").first).to_contain_text("holds “nowhere”", use_inner_text=True)
    sanna.click("text='Search in everything open'")
    sanna.wait_for_url("**view=any**")
    expect(sanna.locator("#view").first).to_contain_text("Everything open", use_inner_text=True)
    sanna.click("text='Clear the search'")
    sanna.wait_for_function("() => document.querySelectorAll('.row').length === 4")


def test_the_list_of_keys_and_the_foot_name_it(sanna: Any) -> None:
    expect(sanna.locator(".list > footer")).to_contain_text("/ search", use_inner_text=True)
    sanna.keyboard.press("?")
    expect(sanna.locator("#keys").first).to_contain_text("Search in this view", use_inner_text=True)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_without_a_script(browser: Any, site: str, sanna: Any, office: Office, width: int, height: int) -> None:
    with window(browser, site, office.sanna, width=width, height=height, java_script_enabled=False) as page:
        page.goto(f"{site}{to('queue', query='view=mine&tab=overdue')}")
        page.fill("#search", "refund")
        page.press("#search", "Enter")
        page.wait_for_url(lambda url: query(url) == {"view": ["mine"], "tab": ["overdue"], "q": ["refund"]})
        expect(page.locator(".row")).to_have_count(2)
        page.fill("#search", "nowhere")
        page.press("#search", "Enter")
        expect(page.locator("text='Nothing found'").first).to_be_visible()
        page.click("text='Clear the search'")
        expect(page.locator(".row")).to_have_count(4)
