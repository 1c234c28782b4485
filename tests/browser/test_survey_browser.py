"""The customer's pages in a real browser: the checklist of the survey, at 1440, 390 and 320, light and dark."""

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from followups import tasks
from followups.models import FollowUp
from nps.survey import links, mails
from nps.survey.models import Invitation, Response
from nps.survey.rendering import render
from tests import factories
from tests.browsing import expect_value

pytestmark = pytest.mark.django_db(transaction=True)

#: every colour of the scale that would judge: data colours, late, soon, done
JUDGING = ["--d-pro", "--d-pas", "--d-det", "--bad", "--warn", "--good", "--bad-soft", "--warn-soft", "--good-soft"]
SIZES = [(1440, 900), (390, 844), (320, 640)]
LOOK = """(names) => {
  const probe = document.body.appendChild(document.createElement('i'));
  const paint = (value) => { probe.style.backgroundColor = value; return getComputedStyle(probe).backgroundColor; };
  const root = getComputedStyle(document.documentElement);
  const judging = names.map((name) => paint(root.getPropertyValue(name)));
  probe.remove();
  const cells = [...document.querySelectorAll('.cell')].map((cell) => {
    const span = cell.querySelector('span'), style = getComputedStyle(span), box = cell.getBoundingClientRect();
    return {top: box.top, width: box.width, height: span.getBoundingClientRect().height, ground: style.backgroundColor,
            ink: style.color, line: style.borderTopColor, font: style.fontSize + style.fontWeight,
            checked: cell.querySelector('input').checked};
  });
  return {cells, judging};
}"""


def checked(page: Any) -> list[str]:
    return [radio.get_attribute("value") for radio in page.locator("input[name=score]:checked").all()]


# ---- 1 to 3: looking writes nothing, the scale does not judge ---------------------------------------------------
def test_looking_ten_times_and_once_by_head_stores_nothing(page, url) -> None:
    for _ in range(10):
        page.goto(f"{url}?score=7")
    page.request.head(f"{url}?score=7")
    page.wait_for_timeout(300)  # no script sends by itself
    assert Response.objects.count() == FollowUp.objects.count() == 0
    assert page.context.cookies() == []


@pytest.mark.once
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_eleven_equal_cells_in_one_row_at_every_size(page, url, size, scheme) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{url}?score=7")
    look = page.evaluate(LOOK, JUDGING)
    cells = look["cells"]
    assert len(cells) == page.locator("input[type=radio]").count() == page.locator("[name=score]").count() == 11
    assert checked(page) == ["7"]
    assert len({cell["top"] for cell in cells}) == 1
    assert min(cell["width"] for cell in cells) >= (33 if width >= 390 else 26)
    assert min(cell["height"] for cell in cells) >= 56
    assert max(cell["width"] for cell in cells) - min(cell["width"] for cell in cells) <= 1
    others = [cell for cell in cells if not cell["checked"]]
    for fact in ("ground", "ink", "line", "font", "height"):
        assert len({cell[fact] for cell in others}) == 1, fact
    assert not {cell["ground"] for cell in cells} & set(look["judging"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not re.search(r"detractor|passive|promoter|\bNPS\b", page.content(), re.IGNORECASE)


# ---- 4: the keyboard ----------------------------------------------------------------------------------------------
def test_the_keyboard_reaches_the_group_once_and_enter_sends(page, url) -> None:
    page.goto(f"{url}?score=7")
    page.locator(".lang summary").focus()
    page.keyboard.press("Tab")
    expect_value(page, "document.activeElement.name + document.activeElement.value", "score7")
    ring = page.locator(".cell:has(input:focus-visible) span").evaluate("node => getComputedStyle(node).outlineStyle")
    assert ring == "solid"
    page.keyboard.press("ArrowRight")
    assert checked(page) == ["8"]
    page.keyboard.press("Space")
    assert checked(page) == ["8"]
    page.keyboard.press("Tab")
    expect_value(page, "document.activeElement.tagName", "BUTTON")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/why/**")
    assert Response.objects.get().score == 8


# ---- 5, 6, 8: the whole way, with and without JavaScript ---------------------------------------------------------
@pytest.mark.parametrize("visitor", ["page", "plain_page"])
def test_from_the_mail_to_the_reason(visitor, url, request) -> None:
    page = request.getfixturevalue(visitor)
    hosts: set[str] = set()
    page.on("request", lambda sent: hosts.add("/".join(sent.url.split("/")[:3])))
    page.goto(f"{url}?score=7")
    page.locator("input[name=score][value='8']").check()
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_url("**/why/**")
    response = Response.objects.get()
    assert response.score == 8, "saved before anything else is asked"
    expect(page.get_by_role("status")).to_contain_text("Thank you. Your 8 is saved.", use_inner_text=True)
    page.get_by_label("Why not a 9 or 10?").fill("Three people asked me the same.")
    page.get_by_label("I had to explain it twice").check()
    page.get_by_label("No, just pass it on").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**done=1**")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    response.refresh_from_db()
    assert (response.comment, response.contact_choice) == ("Three people asked me the same.", "no")
    assert Response.objects.count() == FollowUp.objects.count() == 1
    assert hosts == {"/".join(url.split("/")[:3])}


@pytest.mark.parametrize("visitor", ["page", "plain_page"])
def test_an_eight_is_a_follow_up_with_an_assignee_and_a_due_time(visitor, url, invitation, request) -> None:
    page = request.getfixturevalue(visitor)
    tomas = factories.agent("tomas", invitation.resolution.team)
    page.goto(f"{url}?score=8")
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_url("**/why/**")
    tasks.assign_waiting()  # what the nudge after commit has a worker do
    made = FollowUp.objects.get(response=Response.objects.get())
    assert (made.score, made.status, made.assignee) == (8, "assigned", tomas), "never the one who was rated"
    assert made.due_at > timezone.now()


@pytest.mark.parametrize("sent", ["11", "-1", "x", "", "７"])
def test_what_is_no_score_is_refused_when_it_is_sent_all_the_same(page, url, sent) -> None:
    page.goto(url)
    nonce = page.locator("#answer input[name=nonce]").get_attribute("value")
    answer = page.request.post(url, form={"nonce": nonce, "score": sent})
    assert answer.status == 422
    assert 'role="alert"' in answer.text()
    assert Response.objects.count() == FollowUp.objects.count() == 0


@pytest.mark.parametrize("visitor", ["page", "plain_page"])
def test_closing_the_tab_after_sending_keeps_the_score(visitor, url, request) -> None:
    page = request.getfixturevalue(visitor)
    page.goto(f"{url}?score=9")
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_url("**/why/**")
    page.close()
    assert Response.objects.get().score == 9
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize("visitor", ["page", "plain_page"])
def test_no_score_opens_with_nothing_checked_and_cannot_be_sent(visitor, url, request) -> None:
    page = request.getfixturevalue(visitor)
    for query in ("", "?score=11", "?score=-1", "?score=x"):
        assert page.goto(url + query).status == 200
        assert checked(page) == []
    page.get_by_role("button", name="Send my answer").click()
    expect(page.locator("input[name=score]:invalid")).to_have_count(11)
    assert Response.objects.count() == 0


def test_a_change_of_mind_is_two_steps(page, url) -> None:
    page.goto(f"{url}?score=9")
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_url("**/why/**")
    page.goto(f"{url}?score=3")
    expect(page.locator("h1")).to_contain_text("You answered 9", use_inner_text=True)
    page.get_by_role("link", name="Change my answer").click()
    page.get_by_role("button", name="Save the change").wait_for()
    assert checked(page) == ["3"]
    page.get_by_role("button", name="Save the change").click()
    page.wait_for_url("**/why/**")
    assert Response.objects.get().score == FollowUp.objects.get().score == 3


# ---- 9: language --------------------------------------------------------------------------------------------------
def test_another_language_keeps_what_is_checked(page, url) -> None:
    page.goto(f"{url}?score=7&lang=de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert checked(page) == ["7"]
    page.locator("input[name=score][value='4']").check()
    page.locator(".lang summary").click()
    page.get_by_role("link", name="Norsk").click()
    page.wait_for_selector("html[lang=nb]")
    assert checked(page) == ["4"]


def test_another_language_keeps_what_is_typed(page, url) -> None:
    page.goto(f"{url}?score=7")
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_url("**/why/**")
    page.locator("textarea").fill("Half a thought")
    page.locator(".lang summary").click()
    page.get_by_role("link", name="Polski").click()
    page.wait_for_selector("html[lang=pl]")
    expect(page.locator("textarea")).to_have_value("Half a thought")
    assert Response.objects.get().comment == ""


def test_escape_closes_the_language_menu(page, url) -> None:
    page.goto(url)
    page.locator(".lang summary").click()
    page.keyboard.press("Escape")
    expect(page.locator(".lang[open]")).to_have_count(0)
    expect_value(page, "document.activeElement.tagName", "SUMMARY")


# ---- 10: the mail as a phone shows it --------------------------------------------------------------------------
@pytest.mark.once
@pytest.mark.parametrize("language", ["en", "de", "nb", "pl"])
def test_the_mail_on_a_phone(page, invitation, language) -> None:
    Invitation.objects.update(language=language)
    mail = render(mails.load([invitation.pk])[invitation.pk], is_reminder=False)
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert links.survey_url(invitation) in mail.text
    assert len(mail.html.encode()) < 30_000
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_content(mail.html)
    boxes = [link.bounding_box() for link in page.locator("a.b").all()]
    assert len(boxes) == 11
    assert len({round(box["y"]) for box in boxes}) == 1
    assert min(box["width"] for box in boxes) >= 32
    assert min(box["height"] for box in boxes) >= 46
    assert [link.inner_text() for link in page.locator("a.b").all()] == [str(score) for score in range(11)]
    expect(page.locator("a.b")).to_have_count(page.locator("table[role=presentation] td > a.b").count())
    expect(page.locator("img, [background]"), "nothing to be loaded before one can answer").to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("a[href$='/more/']")).not_to_be_visible()
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
