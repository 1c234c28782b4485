"""The mailbox page in a real browser: a score is clicked in the framed mail, and the whole window follows."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import include, path
from django.utils import timezone
from playwright.sync_api import expect

from config.urls import urlpatterns as everything
from nps.desk.services import resolving
from nps.management.commands.catch_mail import Keeper
from nps.outbox.services import delivering
from tests import factories, looking
from tests.smtp_sink import Sink

urlpatterns = [path("mailbox/", include("config.mailbox")), *everything]
pytestmark = [pytest.mark.once, pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def survey_mail(settings: Any, live_server: Any, smtp_sink: Sink, tmp_path: Path) -> None:
    """One survey mail, as the product really sends it, in the folder of caught mails."""
    settings.PUBLIC_URL, settings.MAILBOX_DIR = live_server.url, str(tmp_path / "mailbox")
    team = factories.team()
    agent = factories.agent("mara", team)
    ticket = factories.ticket(factories.customer(email="ingrid@fjordvik.example"), team, assignee=agent)
    resolving.resolve(ticket=ticket, by=agent, at=timezone.now())
    delivering.deliver_due(clock=timezone.now)
    (sent,) = smtp_sink.accepted
    Keeper(tmp_path / "mailbox").keep(sent.message.as_bytes(), [sent.recipient])


def test_a_score_is_clicked_in_the_mail(survey_mail: None, live_server: Any, page: Any) -> None:
    page.goto(f"{live_server.url}/mailbox/")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("link", name="6", exact=True)).to_be_visible()
    mail.get_by_role("link", name="6", exact=True).click()
    page.wait_for_url(f"{live_server.url}/s/**")
    assert page.locator("input[name=score][value='6']").is_checked()


@pytest.mark.once
def test_it_reads_well_on_a_phone_and_in_the_dark(survey_mail: None, live_server: Any, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700}, color_scheme="dark")
    narrow = context.new_page()
    for address in ("/mailbox/", "/mailbox/?q=nobody"):
        narrow.goto(f"{live_server.url}{address}")
        assert narrow.evaluate("document.documentElement.scrollWidth") <= 320
    narrow.goto(f"{live_server.url}/mailbox/")
    narrow.locator("tbody a").click()
    narrow.wait_for_url(re.compile(r"/mailbox/[^/?]"))
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


@pytest.mark.once
def test_axe_finds_nothing(survey_mail: None, live_server: Any, page: Any) -> None:
    page.goto(f"{live_server.url}/mailbox/")
    assert looking.violations(page) == []
    page.locator("tbody a").click()
    page.wait_for_url(re.compile(r"/mailbox/[^/?]"))
    assert looking.violations(page) == []
