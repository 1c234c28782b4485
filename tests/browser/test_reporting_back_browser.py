"""Telling customers what was changed, in a real browser: without a script, on three widths, in light and dark."""

from typing import Any

import pytest
from playwright.sync_api import expect

from followups.models import Lesson, ReportBackMail
from followups.services import closing, learning
from nps.desk.models import Customer
from tests.browsing import window
from tests.looking import RULES, violations
from tests.staff import NOW, SENTENCE, Office, cause, to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lesson(office: Office) -> Lesson:
    """In place; of four customers one is German and one wants no more e-mail."""
    scope = {"owner": office.sanna, "team": office.billing, "change": "A field for the owner."}
    made = learning.learn(text=SENTENCE, root_cause=cause(), at=NOW, **scope)
    for status in ("accepted", "in_place"):
        learning.put(lesson=made, status=status, at=NOW, by=office.mira)
    for name in ("Ingrid Solheim", "Hanna Vogt", "Pavel Horák", "A Customer With A Long Name-Hyphenated-Many-Times"):
        row = office.follow_up(5, to=office.sanna, name=name)
        facts = {"lesson_kind": "known", "lesson": made, "root_cause": cause()}
        closing.close(follow_up=row, by=office.sanna, at=NOW, outcome="solved", **facts)
    Customer.objects.filter(name="Hanna Vogt").update(language="de")
    Customer.objects.filter(name="Pavel Horák").update(email="")
    return made


def looked_at(page: Any, site: str, lesson: Lesson) -> None:
    page.goto(f"{site}{to('lesson-tell', lesson.pk)}")
    page.fill("[name=en]", "Every refund has one owner now.")
    page.fill("[name=de]", "Jede Erstattung hat jetzt eine Ansprechperson.")
    page.click("button[value=preview]")
    page.wait_for_selector("button[value=send]")


def test_without_a_script(browser: Any, live_server: Any, office: Office, lesson: Lesson) -> None:
    with window(browser, live_server.url, office.sanna, java_script_enabled=False) as page:
        looked_at(page, live_server.url, lesson)
        expect(page.locator("main").first).to_contain_text("Danke, dass Sie es uns gesagt haben.", use_inner_text=True)
        expect(page.locator("main").first).to_contain_text("The customer has no e-mail address.", use_inner_text=True)
        page.click("button[value=edit]")
        expect(page.locator("[name=en]").first).to_have_value("Every refund has one owner now.")
        page.click("button[value=preview]")
        page.click("button[value=send]")
        expect(page.locator("body").first).to_contain_text(
            "3 customers are told what was changed.", use_inner_text=True
        )
        expect(page.locator("#told li")).to_have_count(1)
    assert ReportBackMail.objects.count() == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_for_everybody(browser: Any, live_server: Any, office: Office, lesson: Lesson, scheme: str, width: int) -> None:
    site = live_server.url
    with window(browser, site, office.sanna, width=width, color_scheme=scheme) as page:
        page.goto(f"{site}{to('lesson-tell', lesson.pk)}")
        _fits(page)
        looked_at(page, site, lesson)
        _fits(page)
        page.click("button[value=send]")
        page.wait_for_selector("#told li .tt")
        _fits(page)


def _fits(page: Any) -> None:
    assert violations(page, rules=RULES) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
