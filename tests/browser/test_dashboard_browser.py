"""The figures page in a real browser: axe, three widths, light and dark, focus, filters in the address, counts that
open their rows, and all of it without a script."""

import json
import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from nps.survey.charts import signed
from nps.survey.models import Benchmark, Response
from tests import looking
from tests.browsing import expect_in_url, window
from tests.factories import AT
from tests.house.test_figures import mixed
from tests.managed import House
from tests.plainly import interval, net

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
#: The days of the house, whatever day it is for the browser.
DAYS = "?first=2026-10-19&last=2026-11-22"
SIZES = ((1440, 900), (390, 844), (320, 720))
SMALL = """() => [...document.querySelectorAll('.dash :is(a,button,input,select,summary)')].filter(e => {
  const r = e.getBoundingClientRect(), s = getComputedStyle(e);
  if (!r.width || s.visibility === 'hidden' || e.type === 'hidden' || e.closest('p,td,th,li,dd')) return false;
  return r.height < 24 || r.width < 24;
}).map(e => e.outerHTML.slice(0, 120))"""
FOCUSED = """() => { const e = document.activeElement; if (!e || e === document.body) return null;
  const s = getComputedStyle(e), r = e.getClientRects()[0];
  const at = document.elementFromPoint(r.x + r.width / 2, r.y + Math.min(r.height / 2, 400));
  return {html: e.outerHTML.slice(0, 240), ring: parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== 'none',
          free: e === at || e.contains(at) || !!(at && at.contains(e))}; }"""


@pytest.fixture
def house() -> House:
    made = House.open()
    mixed(made, 24)
    Benchmark.objects.create(figure="nps", value=20, source="A study", on=AT.date(), added_at=AT)
    return made


@pytest.fixture
def address(live_server: Any, house: House) -> str:
    return f"{live_server.url}{reverse('dashboard')}{DAYS}"


@pytest.mark.slow
@pytest.mark.once
def test_it_is_accessible_and_fits_in_light_and_dark(
    browser: Any, live_server: Any, address: str, house: House
) -> None:
    for width, height in SIZES:
        with window(browser, live_server.url, house.manager, width=width, height=height) as page:
            page.goto(address)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                where = f"{width} {scheme}"
                found = looking.violations(page, rules=looking.RULES)
                assert not found, (where, json.dumps([(one["id"], one["nodes"][0]["html"][:200]) for one in found]))
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
            assert page.evaluate(SMALL) == [], width
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found = looking.violations(page, rules=looking.RULES)
            assert not found, (width, json.dumps([(one["id"], one["nodes"][0]["html"][:200]) for one in found]))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{width}, all open"


@pytest.mark.once
def test_every_control_can_be_focused_and_is_not_covered(
    browser: Any, live_server: Any, address: str, house: House
) -> None:
    with window(browser, live_server.url, house.manager) as page:
        page.goto(address)
        seen, lost = set(), []
        for _ in range(110):
            page.keyboard.press("Tab")
            here = page.evaluate(FOCUSED)
            if here is not None and here["html"] not in seen:
                seen.add(here["html"])
                lost += [] if here["ring"] and here["free"] else [here]
        assert len(seen) > 60
        assert not lost


@pytest.mark.once
def test_only_one_of_two_drawings_shows_and_its_words_are_large_enough(
    browser: Any, live_server: Any, address: str, house: House
) -> None:
    for width, shown, hidden in ((1440, "f-wide", "f-narrow"), (390, "f-narrow", "f-wide")):
        with window(browser, live_server.url, house.manager, width=width) as page:
            page.goto(address)
            expect(page.locator(f".chart.{shown}").first).to_be_visible()
            expect(page.locator(f".chart.{hidden}").first).not_to_be_visible()
            small = """() => [...document.querySelectorAll('.chart')].filter(c => c.getBoundingClientRect().width)
                .map(c => 12 * c.getBoundingClientRect().width / c.viewBox.baseVal.width).filter(size => size < 11)"""
            assert page.evaluate(small) == [], width
            named = "[...document.querySelectorAll('svg[role=img]')].every(c => c.getAttribute('aria-label'))"
            assert page.evaluate(named)


def test_the_figures_are_read_filtered_and_opened_without_a_script(
    browser: Any, live_server: Any, address: str, house: House
) -> None:
    with window(browser, live_server.url, house.manager, java_script_enabled=False) as page:
        page.goto(address)
        scores = list(_scores())
        low, high = interval(scores)
        hero = page.inner_text(".kpi.hero")
        assert signed(net(scores)) in hero
        assert f"{signed(low)} to {signed(high)}" in hero
        assert f"{len(scores)} answers" in hero
        page.select_option("[name=team]", label="Chat")
        page.click("form.filters button")
        expect_in_url(page, f"team={house.chat.pk}")
        expect_in_url(page, "first=2026-10-19")
        count = page.inner_text(".kpi.hero .d a")
        page.reload()
        expect(page.locator(".kpi.hero .d a").first).to_have_text(count, use_inner_text=True)
        page.click(".dimtabs >> text=Product")
        expect_in_url(page, "by=product")
        expect_in_url(page, f"team={house.chat.pk}")
        page.click(".kpi.hero .d a")
        rows = page.locator("#result_list tbody tr").count()
        assert rows == int(re.sub(r"\D", "", count)) > 0
        page.go_back()
        page.click(".chosen a >> text=Chat")
        page.wait_for_url(lambda url: "team=" not in url)


def test_on_a_phone_every_filter_and_button_is_on_the_screen(
    browser: Any, live_server: Any, address: str, house: House
) -> None:
    for width, height in ((390, 844), (320, 720), (700, 900)):
        with window(browser, live_server.url, house.manager, width=width, height=height) as page:
            page.goto(address)
            filters = page.locator("form.filters")
            for one in (filters.get_by_role("button", name="Apply"), filters.get_by_role("link", name="Download CSV")):
                expect(one).to_be_in_viewport(ratio=1)
            for one in filters.locator("select:visible, input:visible").all():
                expect(one).to_be_in_viewport(ratio=1)
            assert filters.evaluate("form => form.scrollWidth <= form.clientWidth"), width
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_on_paper_charts_and_tables_are_whole(browser: Any, live_server: Any, address: str, house: House) -> None:
    """A4 with margins is some 700 px wide: the wide drawings, and no table that would have to be scrolled."""
    with window(browser, live_server.url, house.manager, width=703, height=1032) as page:
        page.goto(address)
        expect(page.locator(".chart.f-narrow").first).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator(".chart.f-narrow").first).to_be_hidden()
        expect(page.locator(".chart.f-wide").first).to_be_visible()
        beyond = """() => [...document.querySelectorAll('.dash :is(.scroll, table, .chart.f-wide text)')].filter(e => {
          const box = e.getBoundingClientRect(), page = e.closest('section').getBoundingClientRect();
          return box.width && (box.right > page.right + 1 || box.left < page.left - 1);
        }).map(e => e.outerHTML.slice(0, 120))"""
        assert page.evaluate(beyond) == []
        expect(page.locator("p.paper").first).to_be_visible()
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        expect(page.locator(".kpi.hero .v")).to_have_css("color", "rgb(27, 33, 38)")


def _scores() -> Any:
    return Response.objects.filter(answered_at__gte="2026-10-19T00:00Z").values_list("score", flat=True)


def test_in_print_there_is_neither_rail_nor_filters(browser: Any, live_server: Any, address: str, house: House) -> None:
    with window(browser, live_server.url, house.manager) as page:
        page.goto(address)
        page.emulate_media(media="print")
        expect(page.locator(".rail")).not_to_be_visible()
        expect(page.locator("form.filters")).not_to_be_visible()
        expect(page.locator(".kpis")).to_be_visible()
        expect(page.locator(".look")).to_be_visible()
