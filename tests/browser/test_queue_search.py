"""Search in the queue in a real browser: by key, in the URL, out of it again; and without a script."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browsing import heading, open_queue, queue_of, wait_for_heading, window
from tests.staff import Office, to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sanna(browser: Any, site: str, office: Office) -> Iterator[Any]:
    queue_of(office, -60, -30, comment="The refund is missing.")
    queue_of(office, -50, 20, comment="Slow.")
    with window(browser, site, office.sanna) as page:
        open_queue(page, site)
        yield page


def asked(page: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_a_slash_searches_and_escape_leaves_it(sanna: Any) -> None:
    sanna.keyboard.press("/")
    assert sanna.evaluate("document.activeElement.id") == "search"
    assert sanna.input_value("#search") == "", "the key itself is not typed"
    sanna.keyboard.type("refund")
    sanna.keyboard.press("Enter")
    sanna.wait_for_url("**q=refund**")
    sanna.wait_for_selector("body.has-keys")
    assert asked(sanna) == {"view": ["mine"], "q": ["refund"]}
    assert sanna.locator(".row").count() == 2
    assert "2 found" in sanna.inner_text("#view")
    assert heading(sanna).startswith("Customer 1")
    sanna.keyboard.press("1")
    wait_for_heading(sanna, "Customer 2")
    assert asked(sanna)["q"] == ["refund"], "the next one is one that was found"
    assert sanna.input_value("#search") == "refund"
    sanna.reload()
    wait_for_heading(sanna, "Customer 2")
    sanna.wait_for_selector("body.has-keys")
    sanna.keyboard.press("Escape")
    sanna.wait_for_function("() => document.querySelectorAll('.row').length === 4")
    assert asked(sanna) == {"view": ["mine"]}


def test_nothing_found_shows_a_way_out(sanna: Any) -> None:
    sanna.keyboard.press("/")
    sanna.keyboard.type("nowhere")
    sanna.keyboard.press("Enter")
    sanna.wait_for_selector("text='Nothing found'")
    assert "holds “nowhere”" in sanna.inner_text(".endpane")
    sanna.click("text='Search in everything open'")
    sanna.wait_for_url("**view=any**")
    assert "Everything open" in sanna.inner_text("#view")
    sanna.click("text='Clear the search'")
    sanna.wait_for_function("() => document.querySelectorAll('.row').length === 4")


def test_the_list_of_keys_and_the_foot_name_it(sanna: Any) -> None:
    assert "/ search" in sanna.inner_text(".list > footer").replace("\n", " ")
    sanna.keyboard.press("?")
    assert "Search in this view" in sanna.inner_text("#keys")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_without_a_script(browser: Any, site: str, sanna: Any, office: Office, width: int, height: int) -> None:
    with window(browser, site, office.sanna, width=width, height=height, java_script_enabled=False) as page:
        page.goto(f"{site}{to('queue', query='view=mine&tab=overdue')}")
        page.fill("#search", "refund")
        page.press("#search", "Enter")
        assert asked(page) == {"view": ["mine"], "tab": ["overdue"], "q": ["refund"]}
        assert page.locator(".row").count() == 2
        page.fill("#search", "nowhere")
        page.press("#search", "Enter")
        assert page.is_visible("text='Nothing found'")
        page.click("text='Clear the search'")
        assert page.locator(".row").count() == 4
