"""Staff in a real browser: signed in without the sign-in page, looking at follow-ups that are due around now."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from followups.models import FollowUp
from followups.services import assigning
from nps.desk.models import User
from tests.staff import Office

# Seconds. As long as a step may take on a machine that is busy with other things.
PATIENCE = 15
expect.set_options(timeout=1000 * PATIENCE)


def sign_in(context: Any, site: str, user: User) -> None:
    """Every page of this browser context is `user`'s from now on."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])


@contextmanager
def window(
    browser: Any, site: str, user: User, *, width: int = 1440, height: int = 900, **options: Any
) -> Iterator[Any]:
    """A browser window of `user`'s own; what it refuses or trips over fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", **options)
    context.set_default_timeout(1000 * PATIENCE)
    sign_in(context, site, user)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if _is_problem(said) else None)
    yield page
    context.close()
    assert not problems, problems


def _is_problem(said: Any) -> bool:
    return any(words in said.text for words in ("Content Security Policy", "htmx:oob", "htmx:target", "htmx:swap"))


def queue_of(office: Office, *minutes: int, to: User | None = None, score: int = 5, **given: Any) -> list[FollowUp]:
    """One follow-up for each, due that many minutes from now, “Customer 1” first; assigned to Sanna unless said."""
    at, holder = timezone.now(), to or office.sanna
    made = []
    for number, due_in in enumerate(minutes, start=1):
        one = FollowUp.objects.get(response=office.answer(score, name=f"Customer {number}", at=at, **given))
        assigning.hand_over(follow_up=one, to=holder, by=holder, at=at)
        FollowUp.objects.filter(pk=one.pk).update(due_at=at + timedelta(minutes=due_in))
        made.append(FollowUp.objects.get(pk=one.pk))
    return made


def open_queue(page: Any, site: str, query: str = "view=mine") -> None:
    """The queue, once its scripts have begun and something is open in it."""
    page.goto(f"{site}{reverse('queue')}?{query}")
    page.wait_for_function("() => document.body.matches('.has-keys, .no-keys') && document.querySelector('.pane')")


def expect_heading(page: Any, words: str, why: str | None = None) -> None:
    """The open follow-up is that one, now or in a moment."""
    expect(page.locator(".pane:not([hidden]) .t").first, why).to_contain_text(words, use_inner_text=True)


def expect_value(page: Any, expression: str, wanted: Any, why: str = "") -> None:
    """What the page says of itself, now or in a moment (a script that runs after the key that was pressed)."""
    deadline = time.monotonic() + PATIENCE
    while (found := page.evaluate(expression)) != wanted and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert found == wanted, why


def expect_in_url(page: Any, part: str) -> None:
    """The address has that in it, now or in a moment: a click that leaves the page returns before it has left."""
    page.wait_for_url(lambda url: part in url)


def wait_for_heading(page: Any, words: str) -> None:
    """Until the open follow-up is that one, and the server has said so."""
    page.wait_for_function(
        """words => document.querySelector('.pane:not([hidden]) .t')?.innerText.startsWith(words)
             && document.querySelectorAll('.pane').length === 1 && !document.querySelector('.pane[aria-busy]')""",
        arg=words,
    )


def escape(page: Any, *, back_to: str) -> None:
    """Leave the open dialog by Escape. A moment after it is gone the focus is on the control with this key."""
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    page.wait_for_selector(f"[data-key={back_to}]:focus")
