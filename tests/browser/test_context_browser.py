"""The customer's story, the second person, the account and the figures of a person in a real browser."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from followups.models import Confirmation, FollowUp, Lesson
from followups.services import attributing, closing, learning, measuring, reaching_out
from nps.survey.models import Response
from tests import factories
from tests.browser.test_staff_browser import look_at, sign_in
from tests.followups.planted_effects import PLACED, lesson_in_place, noon, resolved
from tests.staff import SENTENCE, Office, cause

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

NOT_ME = "She says that a colleague pressed it on her phone."


@pytest.fixture
def office() -> Office:
    """One account with everything there is to see: scores, a kept promise, one for today, a question that waits."""
    office, now = Office.open(), timezone.now()
    customer = factories.customer("Ingrid Solheim", account=factories.account("Fjordvik Freight", is_key=True))
    for number, score in enumerate((9, 10, 6)):
        office.answer(
            score, customer=customer, at=now - timedelta(days=40 - number), subject=f"Parcel {number} is stuck"
        )
    for number in range(2):
        made = office.follow_up(4, customer=customer, to=office.sanna, comment="The parcel is stuck again.")
        promise = closing.PromiseMade(
            f"Write every morning, part {number}", now.date() + timedelta(days=1), office.sanna
        )
        facts = {"outcome": "promised", "root_cause": cause("Product defect"), "lesson_kind": "nothing_new"}
        closed = closing.close(follow_up=made, by=office.sanna, at=now, promise=promise, **facts)
    closing.settle_promise(promise=closed.promises.get(), is_kept=True, by=office.sanna, at=now)
    learning.learn(text="Send the position of a stuck parcel every morning.", root_cause=cause("Tone"), at=now)
    said = office.follow_up(3, customer=customer, to=office.sanna, comment="My parcel is stuck.")
    attributing.say_about(follow_up=said, about="price", by=office.sanna, at=now)
    asked = office.follow_up(2, customer=customer, to=office.sanna, comment="Was not me.")
    facts = {"root_cause": cause(), "lesson_kind": "new", "lesson_text": SENTENCE, "note": NOT_ME}
    closing.close(follow_up=asked, by=office.sanna, at=now, outcome="not_given", **facts)
    return office


@pytest.mark.slow
@pytest.mark.once
def test_every_page_is_accessible_and_fits(browser: Any, live_server: Any, office: Office) -> None:
    asked = Confirmation.objects.select_related("follow_up").get().follow_up
    said = FollowUp.objects.get(about="price")
    pages = {
        "a question that waits": reverse("followup", args=[asked.pk]),
        "said to be about the price": reverse("followup", args=[said.pk]),
        "to confirm": reverse("confirmations"),
        "account": reverse("account", args=[asked.account_id]),
        "figures of a person": reverse("person", args=[office.mara.pk]),
        "promises of every state": reverse("promises"),
        "promises that were kept": reverse("promises") + "?state=kept",
        "lessons on the board": reverse("lessons") + "?view=board",
        "ticket with lessons": reverse("ticket", args=[said.response.resolution.ticket_id]),
    }
    problems = look_at(browser, live_server.url, pages, as_="lena")
    assert not problems, json.dumps(problems, indent=1)


def test_one_asks_and_another_confirms_without_a_script(browser: Any, live_server: Any, office: Office) -> None:
    made = office.follow_up(1, to=office.sanna, name="Pavel Horák")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server.url, "sanna")
    page.goto(live_server.url + reverse("followup-close", args=[made.pk]))
    page.check("#id_outcome_not_given", force=True)
    page.select_option("[name=root_cause]", label="No call back – agent")
    page.check("[name=lesson][value=nothing_new]", force=True)
    page.click(".sf button")
    expect(page.locator(":focus").first, "the reason is missing, and has the focus").to_have_attribute("name", "note")
    page.fill("[name=note]", NOT_ME)
    page.click(".sf button")
    expect(page.locator(".toast").first).to_contain_text("Not closed yet", use_inner_text=True)
    expect(page.locator(".second").first).to_contain_text(NOT_ME, use_inner_text=True)
    context.clear_cookies()
    sign_in(page, live_server.url, "lena")
    page.click("text='To confirm'")
    expect(page.locator(".ask")).to_have_count(2)
    page.click(f"#ask-{made.pk} button.primary")
    expect(page.locator(".toast").first).to_contain_text("Confirmed and closed", use_inner_text=True)
    made.refresh_from_db()
    assert (made.status, made.confirmed_by) == ("closed", office.lena)
    context.close()


def test_what_is_needed_for_the_call_is_seen_without_a_click_at_1280(
    page: Any, live_server: Any, office: Office
) -> None:
    said = FollowUp.objects.get(about="price")
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in(page, live_server.url, "sanna")
    page.goto(live_server.url + reverse("followup", args=[said.pk]))
    expect(page.locator(".side a.call").first).to_have_attribute("href", "tel:+4790004120")
    side = page.inner_text(".side")
    for words in ("there", "Speaks", "Prefers", "Consent", "Last tickets", "Fjordvik Freight", "Promises", "Kept",
                  "Earlier follow-ups", "Promise made", "Lessons from similar cases", "said too: parcel"):  # fmt: skip
        assert words in side, words
    assert page.locator(".side svg.scores").get_attribute("aria-label").startswith("Last 6 scores")
    Response.objects.filter(pk=said.response_id).update(contact_choice="no")
    page.reload()
    expect(page.locator("a[href^='tel:']:visible")).to_have_count(0)


def test_what_was_measured_is_whole_on_a_small_desktop(page: Any, live_server: Any, office: Office) -> None:
    lesson = lesson_in_place(cause(), team=office.billing, owner=office.lena)
    sides = ((office.billing, office.mara, 1), (office.network, office.karl, 15))
    for team, by, since in sides:
        whose: dict[str, Any] = {"team": team, "by": by, "cause": cause()}
        resolved(120, carried=30, content=30, first=PLACED - timedelta(days=91), days=91, **whose)
        resolved(100, carried=since, content=10, first=PLACED, days=90, **whose)
    assert measuring.measure_due(at=noon(PLACED + timedelta(days=120))) == 1
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, live_server.url, "lena")
    page.goto(live_server.url + reverse("lesson", args=[lesson.pk]))
    measured = page.locator(".measured .scroll")
    expect(measured).to_contain_text("Outside its scope, since")
    assert measured.evaluate("one => one.scrollWidth - one.clientWidth") == 0


@pytest.mark.slow
def test_what_people_write_runs_nowhere(page: Any, live_server: Any, office: Office, shared_data: Path) -> None:
    strings = [s for s in json.loads((shared_data / "naughty" / "blns.json").read_text()) if "\x00" not in s]

    said = FollowUp.objects.get(about="price")
    said.refresh_from_db()
    now = timezone.now()
    for number in range(0, len(strings), 40):
        text = "\n".join(strings[number : number + 40])[:1_900]
        reaching_out.add_note(follow_up=said, text=text or "-", by=office.sanna, at=now)
        lesson = learning.learn(text=f"Parcel stuck. {text}", root_cause=cause(), at=now)
        promise = closing.PromiseMade(text or "-", now.date() + timedelta(days=1), office.sanna)
        one = office.follow_up(5, customer=said.customer, to=office.sanna, comment=text)
        facts = {"outcome": "promised", "root_cause": cause(), "lesson_kind": "known", "lesson": lesson, "note": text}
        closing.close(follow_up=one, by=office.sanna, at=now, promise=promise, **facts)
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda sent: None if sent.url.startswith(live_server.url) else ran.append(sent.url))
    sign_in(page, live_server.url, "lena")
    for name, args in (
        ("followup", [said.pk]),
        ("followup", [one.pk]),
        ("followup-close", [said.pk]),
        ("account", [said.account_id]),
        ("customer", [said.customer_id]),
        ("lesson", [lesson.pk]),
        ("lessons", []),
        ("ticket", [said.response.resolution.ticket_id]),
    ):
        assert page.goto(live_server.url + reverse(name, args=args)).status == 200, name
        assert (
            page.evaluate("document.querySelectorAll('main script, main iframe, main [onerror], main img').length") == 0
        )
    assert ran == []
    assert Lesson.objects.count() > 10
