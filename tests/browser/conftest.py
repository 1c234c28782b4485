"""What the browser tests of the customer's pages share: a link of today, and a browser without JavaScript."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from nps.desk.models import Team, User
from nps.desk.services import resolving
from nps.survey import links
from nps.survey.models import Invitation
from tests import factories
from tests.browsing import window
from tests.staff import Office


@pytest.fixture
def invitation(live_server: Any, settings: Any) -> Invitation:
    """Asked just now, by the real clock: the browser has no other."""
    settings.PUBLIC_URL = live_server.url
    at = timezone.now() - timedelta(hours=1)
    team = Team.objects.first() or factories.team()
    mara = User.objects.filter(username="mara").first() or factories.agent("mara", team)
    ticket = factories.ticket(factories.customer(), team, assignee=mara, at=at)
    return resolving.resolve(ticket=ticket, by=mara, at=at).invitation


@pytest.fixture
def url(invitation: Invitation) -> str:
    return links.survey_url(invitation)


@pytest.fixture
def plain_page(browser: Any) -> Iterator[Any]:
    """A browser with JavaScript switched off."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def site(live_server: Any) -> str:
    return live_server.url


@pytest.fixture
def sanna(browser: Any, site: str, office: Office) -> Iterator[Any]:
    """A window in which Sanna is signed in."""
    with window(browser, site, office.sanna) as page:
        yield page
