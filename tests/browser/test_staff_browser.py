"""The staff pages in a real browser: without a script, on three widths, in light and dark, and by axe."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from followups.models import FollowUp, Lesson
from followups.services import closing, reaching_out
from nps.desk.models import Shift, Ticket
from tests import looking
from tests.browsing import expect_in_url
from tests.staff import SENTENCE, Office, cause

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ((1440, 900), (390, 844), (320, 720))
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
        "search that finds nothing": f"{reverse('queue')}?view=any&q=nowhere",
        "follow-up": reverse("followup", args=[open_one.pk]),
        "closed follow-up": reverse("followup", args=[closed.pk]),
        "closing": reverse("followup-close", args=[open_one.pk]),
        "tickets": reverse("tickets") + "?status=all",
        "ticket": reverse("ticket", args=[Ticket.objects.order_by("pk")[0].pk]),
        "new ticket": reverse("ticket-new") + "?find=ingrid",
        "shifts": reverse("shifts"),
        "roster": reverse("roster"),
        "roster of a week of 25 hours": reverse("roster") + "?week=2026-W43",
        "a person’s shifts": reverse("person-shifts", args=[Shift.objects.get(user__username="sanna").user_id]),
        "working hours": reverse("hours"),
        "decisions": reverse("decisions"),
        "a shift changed": reverse("shift-change", args=[Shift.objects.get(user__username="sanna").pk]),
        "a shift ended": reverse("shift-end", args=[Shift.objects.get(user__username="sanna").pk]),
        "what is mailed": reverse("notices"),
        "lessons": reverse("lessons"),
        "lessons on the board": f"{reverse('lessons')}?view=board",
        "promises": reverse("promises"),
        "lesson": reverse("lesson", args=[Lesson.objects.get().pk]),
        "customers": reverse("customers"),
        "customer": reverse("customer", args=[open_one.customer_id]),
        "profile": reverse("profile"),
        "password": reverse("password-change"),
        "nothing here": "/tickets/999999/",
    }


@pytest.mark.slow
@pytest.mark.once
def test_every_page_is_accessible_and_fits(browser: Any, site: str, office: Office) -> None:
    problems = look_at(browser, site, {"sign-in": reverse("login")}) | look_at(browser, site, addresses(), as_="lena")
    assert not problems, json.dumps(problems, indent=1)


def look_at(browser: Any, site: str, pages: dict[str, str], *, as_: str = "") -> dict[str, list[str]]:
    """What is wrong with these pages, for `as_` if somebody is signed in: by axe, by width, by what the browser refused
    and by what it asked of another host."""
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda m: refused.append(m.text) if "Content Security Policy" in m.text else None)
    page.on("request", lambda sent: None if sent.url.startswith(f"{site}/") else refused.append(sent.url))
    if as_:
        sign_in(page, site, as_)
    problems: dict[str, list[str]] = {}
    for name, address in pages.items():
        problems |= _looked_at(page, name, site + address)
    context.close()
    return problems | ({"refused, or from elsewhere": refused} if refused else {})


def _looked_at(page: Any, name: str, address: str) -> dict[str, list[str]]:
    """What is wrong with one page, by theme and width. Its menus are looked at open."""
    wrong: dict[str, list[str]] = {}
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.removeAttribute('name'); d.open = true; })")
    for theme in ("light", "dark"):
        # Without reduced motion, axe may meet colours on their way from one theme to the other.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            found = looking.violations(page, rules=looking.RULES)
            here = [
                f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0].get('failureSummary', '')}" for v in found
            ]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                here.append("scrolls sideways")
            here += [f"too small: {one}" for one in page.evaluate(SMALL)]
            if here:
                wrong[f"{name} at {width}, {theme}"] = here
    return wrong


def test_an_agents_round_without_a_script(plain: Any, site: str, office: Office) -> None:
    rows = [row.pk for row in FollowUp.objects.filter(assignee=office.sanna).unclosed().in_queue_order()]
    plain.goto(site + "/")
    expect(plain.locator(".row")).to_have_count(4)
    plain.click("text='Voicemail'")
    expect(plain.locator(".toast").first).to_contain_text("Voicemail logged for Ingrid 0.", use_inner_text=True)
    expect_in_url(plain, f"task={rows[1]}")  # the next one is open
    plain.click(".bar summary span:text-is('Snooze')")
    plain.click(".bar >> text='Tomorrow'")
    expect(plain.locator(".toast").first).to_contain_text("sleeps until", use_inner_text=True)
    plain.click(".bar summary span:text-is('Assign')")
    plain.select_option("[name=assign-to]", label="Tomas Berg")
    plain.click("text='Give it to them'")
    expect(plain.locator(".toast").first).to_contain_text("Tomas Berg has Ingrid 2 now", use_inner_text=True)
    plain.click("text='Reached…'")
    expect(plain.locator("h1").first).to_have_text("Close follow-up with Ingrid 3", use_inner_text=True)
    plain.click("text='Close and open next'")
    expect(plain.locator(":focus").first).to_have_attribute("name", "outcome")
    plain.check("#id_outcome_solved", force=True)
    plain.select_option("[name=root_cause]", label="No call back – agent")
    plain.fill("[name=lesson_text]", "Ring back the same day, whoever is on shift.")
    plain.click("text='Close and open next'")
    expect(plain.locator(".toast").first).to_contain_text("Closed: solved for the customer.", use_inner_text=True)
    expect_in_url(plain, f"task={rows[0]}")  # its next try is due after this one was
    assert Lesson.objects.count() == 2
    states = dict(FollowUp.objects.filter(pk__in=rows).values_list("pk", "status"))
    assert states == {rows[0]: "in_progress", rows[1]: "assigned", rows[2]: "assigned", rows[3]: "closed"}


def test_a_wrong_log_is_taken_back_by_the_toast(plain: Any, site: str, office: Office) -> None:
    plain.goto(site + reverse("queue"))
    first = FollowUp.objects.filter(assignee=office.sanna).unclosed().in_queue_order()[0]
    plain.click("text='No answer'")
    plain.click(".toast button")
    expect_in_url(plain, f"task={first.pk}")
    assert FollowUp.objects.get(pk=first.pk).due_at == first.due_at


def test_a_ticket_is_answered_and_resolved_without_a_script(plain: Any, site: str, office: Office) -> None:
    plain.goto(site + reverse("tickets"))
    plain.click("text='New ticket'")
    plain.fill("[name=name]", "Noor Haddad")
    plain.fill("[name=email]", "noor@cedar.example")
    plain.fill("[name=subject]", "No phone number on the page")
    plain.click("text='Open the ticket'")
    expect(plain.locator("h1").first).to_have_text("No phone number on the page", use_inner_text=True)
    plain.fill("[name=reply-body]", "It is at the foot of every page now.")
    plain.click("text='Save and resolve'")
    expect(plain.locator(".toast").first).to_contain_text(
        "Answered and resolved. Noor gets the survey by e-mail now.", use_inner_text=True
    )
    expect(plain.locator(".side").first).to_contain_text("Invited", use_inner_text=True)
    plain.click("summary:text-is('Reopen…')")
    plain.fill("[name=reopen-reason]", "Still missing on the contact page.")
    plain.click("text='Open it again'")
    expect(plain.locator("summary:text-is('Reopen…')")).to_have_count(0)
    assert Ticket.objects.get(subject="No phone number on the page").status == "open"


def test_on_a_phone_a_row_opens_the_follow_up_and_leads_back(browser: Any, site: str, office: Office) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, site)
    expect(page.locator(".detail").first).not_to_be_visible()
    page.click(".row >> nth=1")
    expect(page.locator(".dhead").first).to_be_visible()
    expect(page.locator(".rows").first).not_to_be_visible()
    page.click("text='List'")
    expect(page.locator(".rows").first).to_be_visible()
    context.close()


@pytest.mark.once
def test_every_control_shows_its_focus_and_is_not_covered(page: Any, site: str, office: Office) -> None:
    sign_in(page, site)
    page.goto(site + reverse("queue"))
    page.click("text='No answer'")
    page.wait_for_selector(".toast[role=status]")
    page.wait_for_selector(".pane:not([hidden]):not([aria-busy]) .t:focus")
    seen, lost = _tabbed_through(page)
    assert seen > 25
    assert not lost


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("size", "scheme"), [(SIZES[0], "light"), (SIZES[1], "dark"), (SIZES[2], "dark")])
def test_every_control_of_every_page_can_be_seen_when_it_has_the_focus(
    page: Any, site: str, office: Office, size: tuple[int, int], scheme: str
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    sign_in(page, site, "lena")
    wrong = {}
    for name, address in addresses().items():
        page.goto(site + address)
        seen, lost = _tabbed_through(page)
        assert seen >= 2, name
        if lost:
            wrong[name] = lost
    assert not wrong, json.dumps(wrong, indent=1)


#: Of what has the focus: whether its ring is wide enough, and whether what stands at its centre is it.
FOCUSED = """() => { const e = document.activeElement; if (!e || e === document.body) return null;
  const shown = e.matches('label.opt input') ? e.nextElementSibling : e;
  const r = shown.getClientRects()[0], s = getComputedStyle(shown);
  const at = document.elementFromPoint(r.x + r.width / 2, r.y + Math.min(r.height / 2, 400));
  return {html: e.outerHTML.slice(0, 140), ring: parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== 'none',
          free: e === at || shown.contains(at) || !!(at && at.contains(shown))}; }"""


def _tabbed_through(page: Any) -> tuple[int, list[dict[str, Any]]]:
    """How many controls Tab reaches once round, through the browser's own, and those that are not seen then."""
    seen, lost, is_round = set(), [], False
    for _ in range(150):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None:
            is_round = True
            continue
        if here["html"] in seen:
            if is_round:
                break
            continue
        seen.add(here["html"])
        if not (here["ring"] and here["free"]):
            lost.append(here)
    return len(seen), lost
