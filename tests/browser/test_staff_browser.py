"""The staff pages in a real browser: without a script, on three widths, in light and dark, and by axe."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from followups.models import FollowUp, Lesson
from followups.services import closing, reaching_out
from nps.desk.models import Ticket
from tests.staff import SENTENCE, Office, cause

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ((1440, 900), (390, 844), (320, 720))
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
#: controls smaller than the 24 px that WCAG 2.5.8 asks for; links inside sentences and what is hidden do not count
SMALL = """() => [...document.querySelectorAll('a,button,input,select,textarea,summary')].filter(e => {
  const r = e.getBoundingClientRect(), s = getComputedStyle(e);
  if (!r.width || s.visibility === 'hidden' || e.type === 'hidden' || e.closest('.skip,.vh,dd,p,td')) return false;
  const box = e.matches('input[type=radio],input[type=checkbox]') ? e.closest('label').getBoundingClientRect() : r;
  return box.height < 24 || box.width < 24;
}).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def office() -> Office:
    office = Office.open()
    said = "Three people, three answers. In the end I gave up and paid the invoice myself."
    for number, (score, minutes) in enumerate(((3, -130), (8, -40), (6, 45), (7, 90))):
        made = office.follow_up(
            score, to=office.sanna, comment=said if number % 2 == 0 else "", name=f"Ingrid {number}"
        )
        FollowUp.objects.filter(pk=made.pk).update(due_at=timezone.now() + timedelta(minutes=minutes))
    first = FollowUp.objects.order_by("pk")[0]
    reaching_out.log_attempt(follow_up=first, via="phone", result="no_answer", by=office.sanna, at=timezone.now())
    FollowUp.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(hours=2))
    closed = office.follow_up(5, to=office.sanna, name="Pavel Horák")
    facts = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "new", "lesson_text": SENTENCE}
    closing.close(follow_up=closed, by=office.sanna, at=timezone.now(), **facts)
    return office


@pytest.fixture
def site(live_server: Any) -> str:
    return live_server.url


def sign_in(page: Any, site: str, name: str = "sanna") -> None:
    page.goto(site + reverse("login"))
    page.fill("[name=username]", name)
    page.fill("[name=password]", "correct horse")
    page.click("button.primary")


@pytest.fixture
def plain(browser: Any, site: str, office: Office) -> Iterator[Any]:
    """A page that runs no script, with Sanna signed in."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, site)
    yield page
    context.close()


def addresses() -> dict[str, str]:
    open_one, closed = FollowUp.objects.order_by("pk")[0], FollowUp.objects.get(status="closed")
    return {
        "queue": reverse("queue"),
        "queue with one chosen": f"{reverse('queue')}?view=mine&task={open_one.pk}",
        "empty queue": f"{reverse('queue')}?view=snoozed",
        "follow-up": reverse("followup", args=[open_one.pk]),
        "closed follow-up": reverse("followup", args=[closed.pk]),
        "closing": reverse("followup-close", args=[open_one.pk]),
        "tickets": reverse("tickets") + "?status=all",
        "ticket": reverse("ticket", args=[Ticket.objects.order_by("pk")[0].pk]),
        "new ticket": reverse("ticket-new") + "?find=ingrid",
        "shifts": reverse("shifts"),
        "lessons": reverse("lessons"),
        "lesson": reverse("lesson", args=[Lesson.objects.get().pk]),
        "customers": reverse("customers"),
        "customer": reverse("customer", args=[open_one.customer_id]),
        "profile": reverse("profile"),
        "password": reverse("password-change"),
        "nothing here": "/tickets/999999/",
    }


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(browser: Any, site: str, office: Office, theme: str) -> None:
    context = browser.new_context(color_scheme=theme)
    page, axe = context.new_page(), Axe()
    refused: list[str] = []
    page.on("console", lambda m: refused.append(m.text) if "Content Security Policy" in m.text else None)
    problems = _looked_at(page, axe, "sign-in", site + reverse("login"))
    sign_in(page, site, "lena")
    for name, address in addresses().items():
        problems |= _looked_at(page, axe, name, site + address)
    context.close()
    assert not problems, json.dumps(problems, indent=1)
    assert not refused


def _looked_at(page: Any, axe: Axe, name: str, address: str) -> dict[str, list[str]]:
    """What is wrong with one page, by width. Its menus are looked at open."""
    wrong: dict[str, list[str]] = {}
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.removeAttribute('name'); d.open = true; })")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found = axe.run(page, options=RULES).response["violations"]
        here = [f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0].get('failureSummary', '')}" for v in found]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            here.append("scrolls sideways")
        here += [f"too small: {one}" for one in page.evaluate(SMALL)]
        if here:
            wrong[f"{name} at {width}"] = here
    return wrong


def test_an_agents_round_without_a_script(plain: Any, site: str, office: Office) -> None:
    rows = [row.pk for row in FollowUp.objects.filter(assignee=office.sanna).unclosed().in_queue_order()]
    plain.goto(site + "/")
    assert plain.locator(".row").count() == 4
    plain.click("text='Voicemail'")
    assert "Voicemail logged for Ingrid 0." in plain.inner_text(".toast")
    assert f"task={rows[1]}" in plain.url, "the next one is open"
    plain.click(".bar summary:text-is('Snooze')")
    plain.click("text='Tomorrow'")
    assert "sleeps until" in plain.inner_text(".toast")
    plain.click(".bar summary:text-is('Assign')")
    plain.select_option("[name=assign-to]", label="Tomas Berg")
    plain.click("text='Give it to them'")
    assert "Tomas Berg has Ingrid 2 now" in plain.inner_text(".toast")
    plain.click("text='Reached…'")
    assert plain.inner_text("h1") == "Close follow-up with Ingrid 3"
    plain.click("text='Close and open next'")
    assert plain.get_attribute(":focus", "name") == "outcome"
    plain.check("#id_outcome_solved", force=True)
    plain.select_option("[name=root_cause]", label="No call back")
    plain.fill("[name=lesson_text]", "Ring back the same day, whoever is on shift.")
    plain.click("text='Close and open next'")
    assert "Closed: solved for the customer." in plain.inner_text(".toast")
    assert f"task={rows[0]}" in plain.url, "its next try is due after this one was"
    assert Lesson.objects.count() == 2
    states = dict(FollowUp.objects.filter(pk__in=rows).values_list("pk", "status"))
    assert states == {rows[0]: "in_progress", rows[1]: "assigned", rows[2]: "assigned", rows[3]: "closed"}


def test_a_wrong_log_is_taken_back_by_the_toast(plain: Any, site: str, office: Office) -> None:
    plain.goto(site + reverse("queue"))
    first = FollowUp.objects.filter(assignee=office.sanna).unclosed().in_queue_order()[0]
    plain.click("text='No answer'")
    plain.click(".toast button")
    assert f"task={first.pk}" in plain.url
    assert FollowUp.objects.get(pk=first.pk).due_at == first.due_at


def test_a_ticket_is_answered_and_resolved_without_a_script(plain: Any, site: str, office: Office) -> None:
    plain.goto(site + reverse("tickets"))
    plain.click("text='New ticket'")
    plain.fill("[name=name]", "Noor Haddad")
    plain.fill("[name=email]", "noor@cedar.example")
    plain.fill("[name=subject]", "No phone number on the page")
    plain.click("text='Open the ticket'")
    assert plain.inner_text("h1") == "No phone number on the page"
    plain.fill("[name=reply-body]", "It is at the foot of every page now.")
    plain.click("text='Save and resolve'")
    assert "Answered and resolved. Noor gets the survey by e-mail now." in plain.inner_text(".toast")
    assert "Invited" in plain.inner_text(".side")
    plain.click("summary:text-is('Reopen…')")
    plain.fill("[name=reopen-reason]", "Still missing on the contact page.")
    plain.click("text='Open it again'")
    assert Ticket.objects.get(subject="No phone number on the page").status == "open"


def test_on_a_phone_a_row_opens_the_follow_up_and_leads_back(browser: Any, site: str, office: Office) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, site)
    assert not page.is_visible(".detail")
    page.click(".row >> nth=1")
    assert page.is_visible(".dhead")
    assert not page.is_visible(".rows")
    page.click("text='List'")
    assert page.is_visible(".rows")
    context.close()


def test_every_control_shows_its_focus_and_is_not_covered(page: Any, site: str, office: Office) -> None:
    sign_in(page, site)
    page.goto(site + reverse("queue"))
    page.click("text='No answer'")
    seen, lost = set(), []
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => { const e = document.activeElement; if (!e || e === document.body) return null;
            const r = e.getBoundingClientRect(), s = getComputedStyle(e);
            const at = document.elementFromPoint(r.x + r.width / 2, r.y + Math.min(r.height / 2, 400));
            return {html: e.outerHTML.slice(0, 140), ring: parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== 'none',
                    free: e === at || e.contains(at) || !!(at && at.contains(e))}; }"""
        )
        if here is None or here["html"] in seen:
            continue
        seen.add(here["html"])
        if not (here["ring"] and here["free"]):
            lost.append(here)
    assert len(seen) > 25
    assert not lost
