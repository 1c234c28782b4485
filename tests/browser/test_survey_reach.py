"""Every page of a customer's visit: accessible, in reach of keyboard and thumb, light, and safe with longer words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import expect

from nps.survey.models import Invitation
from tests import looking

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

#: what is smaller than the 24 px that WCAG 2.5.8 asks for
SMALL = """() => [...document.querySelectorAll('main a, main button, main input, main textarea, summary')]
  .filter((node) => node.getClientRects().length)
  .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
SIZES = [(1440, 900), (390, 844), (320, 640)]


def walk(page: Any, url: str) -> Iterator[str]:
    """Every page of a customer's visit, one after another, opened."""
    page.goto(f"{url}?score=7")
    yield "question"
    page.locator("#answer").evaluate("form => form.noValidate = true")
    page.locator("input[name=score]:checked").evaluate("radio => radio.checked = false")
    page.locator("#answer button").click()
    page.wait_for_selector("[role=alert]")
    yield "refused"
    page.locator("input[name=score][value='7']").check()
    page.locator("#answer button").click()
    page.wait_for_url("**/why/**")
    yield "why"
    page.locator("textarea").fill("W" * 300 + "\nand a second line")
    page.locator("input[name=topic]").first.check()
    page.locator("#reason button").click()
    page.wait_for_url("**done=1**")
    yield "thanks"
    for name, address in {
        "answered": f"{url}?score=3",
        "change": f"{url}?change=1",
        "why again": f"{url}why/",
        "stop": f"{url}stop/",
        "dead": f"{url[:-4]}/",
    }.items():
        page.goto(address)
        yield name
    page.goto(f"{url}stop/")
    page.locator("main button").click()
    page.wait_for_selector("[role=status]")
    yield "stopped"


@pytest.mark.slow
@pytest.mark.parametrize(("size", "language"), [(SIZES[0], "en"), (SIZES[1], "pl"), (SIZES[2], "de")])
def test_every_page_is_accessible_and_fits(page, url, invitation, size, language) -> None:
    Invitation.objects.update(language=language)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    wrong: dict[str, Any] = {}
    for name in walk(page, url):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            look = f"{name}, {scheme}"
            if found := looking.violations(page, rules=looking.RULES):
                wrong[look] = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
            expect(page.locator("h1:visible"), look).to_have_count(1)
            assert page.evaluate(SMALL) == [], look
    assert wrong == {}, json.dumps(wrong, indent=1)


def test_everything_in_tab_order_has_a_ring_and_is_not_covered(page, url) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for name in walk(page, url):
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        for _ in range(page.locator("a, button, input, textarea, summary").count()):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                """() => { const node = document.activeElement; if (node === document.body) return null;
                const shown = node.matches('label input') ? node.nextElementSibling : node;
                const box = shown.getBoundingClientRect(), style = getComputedStyle(shown);
                const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return {html: node.outerHTML.slice(0, 90), ring: style.outlineStyle,
                        free: !!top && (shown.contains(top) || top === node || top.contains(shown))}; }"""
            )
            if seen is None:
                break
            assert seen["ring"] == "solid", (name, seen)
            assert seen["free"], (name, seen)


def test_the_page_weighs_under_40_kb_and_comes_from_here(page, url) -> None:
    weights: dict[str, int] = {}

    def weigh(response: Any) -> None:
        assert response.url.startswith(settings.PUBLIC_URL)
        weights[response.url] = len(response.body())

    page.on("response", weigh)
    page.goto(f"{url}?score=7", wait_until="networkidle")
    without_scripts = sum(size for address, size in weights.items() if ".js" not in address)
    assert without_scripts < 40_000, weights
    assert sum(weights.values()) < 44_000, weights


def test_longer_words_break_nothing(page, url) -> None:
    """Text may grow by 40 % in a translation nobody has written yet."""
    page.set_viewport_size({"width": 320, "height": 640})
    stretch = """() => { const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) { const node = walker.currentNode, text = node.data;
        if (text.trim().length > 3) node.data = text + text.slice(0, Math.ceil(text.length * 0.4)); } }"""
    for name in walk(page, url):
        page.evaluate(stretch)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.btn, .chip > span, .ends > span, .lang summary, h1, p')]
              .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline'
                && !node.closest('.vh'))
              .map((node) => node.outerHTML.slice(0, 120))"""
        )
        assert cut == [], name
