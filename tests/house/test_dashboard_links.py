"""Every number of the figures page that a list can be narrowed to opens exactly its rows, at whatever stage."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from followups.models import RootCause
from followups.services import closing, reaching_out
from nps.desk.importers.tickets import UNKNOWN_CONTACTS
from nps.desk.models import Resolution
from nps.desk.services import resolving
from nps.survey.models import Invitation
from nps.survey.reports import DIMENSIONS
from tests import factories
from tests.factories import AT
from tests.house.test_dashboard import PAGE
from tests.house.test_dashboard_words import imported
from tests.managed import NOW, House

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]
LINK = re.compile(r'<a href="(/admin/[^"]+)">([\d,]+)(?: answers?)?</a>')
EARLY = AT - timedelta(days=20)


@pytest.fixture
def stages(house: House) -> House:
    """Follow-ups early and late, reached and not, closed and not; customers who moved up and down, and silent ones."""
    house.fill(2)
    causes = [RootCause.objects.get(name=name) for name in ("Tone", "Outage", "Price")]
    for number, cause in enumerate(causes):
        one = house.follow_up(number + 1, at=EARLY)
        reaching_out.log_attempt(
            follow_up=one, via="phone", result="reached", by=house.sanna, at=EARLY + timedelta(hours=1 + 40 * number)
        )
        house.close(one, cause=cause, at=EARLY + timedelta(days=1 + 5 * number))
        house.answered((1, 6, 10)[number], customer=one.customer, at=AT - timedelta(hours=2))
    for score in (3, 8):
        house.follow_up(score, at=EARLY - timedelta(days=2), is_assigned=score == 8)
    closing.cancel(follow_up=house.follow_up(5, at=EARLY), by=house.manager, reason="A test of theirs.", at=AT)
    fallen = house.answered(10, at=EARLY).customer
    house.answered(7, customer=fallen, at=AT)
    for is_delivered in (True, False):
        ticket = factories.ticket(factories.customer("Silent"), house.billing, assignee=house.mara)
        resolution = resolving.resolve(ticket=ticket, by=house.mara, at=AT)
        if is_delivered:
            Invitation.objects.filter(resolution=resolution).update(delivered_at=AT)
    early = house.answered(9)
    Invitation.objects.filter(response=early).update(delivered_at=None)
    imported(house, 3, first_contact_exception=UNKNOWN_CONTACTS)
    excepted = Resolution.objects.filter(first_contact_exception="", number=1).order_by("pk")[:2]
    Resolution.objects.filter(pk__in=excepted.values("pk")).update(first_contact_exception="Parts on order")
    return house


def opens(manager: Client, href: str, count: str) -> None:
    found = manager.get(html.unescape(href))
    assert found.status_code == 200, href
    assert found.context["cl"].result_count == int(count.replace(",", "")), href


def panel(page: Any, heading: str) -> str:
    """The part of the page under that heading."""
    (found,) = [part for part in page.content.decode().split("<section") if f">{heading}" in part]
    return found.split("</section>")[0]


def test_every_number_with_a_link_opens_exactly_its_rows(stages: House, manager: Client) -> None:
    links = set(LINK.findall(manager.get(PAGE).content.decode()))
    assert len(links) > 70
    for href, count in sorted(links):
        opens(manager, href, count)


def test_the_numbers_of_the_loop_differ_from_stage_to_stage(stages: House, manager: Client) -> None:
    """Else a link to the wrong stage would open as many."""
    loop, again = (manager.get(PAGE).context["figures"].loop, manager.get(PAGE).context["figures"].recovery)
    assert loop.created > loop.created - loop.cancelled > loop.contact_due > loop.reached > loop.reached_in_time > 0
    assert loop.close_due > loop.closed > loop.closed_in_time > 0
    assert again.closed > again.answered_again.numerator > again.went_up.numerator > again.recovered.numerator > 0


@pytest.mark.parametrize(
    ("heading", "plain"),
    [
        ("By policy band", r"\d–\d|\d+ for "),
        ("Root causes", ""),
        ("After the call", r"\d+ reached and \d+ not reached|\d+ of each"),
        ("From answer to answer", ""),
        ("Response rate", r"\d+ Nov 2026"),
    ],
)
def test_no_number_of_rows_is_left_without_its_link(stages: House, manager: Client, heading: str, plain: str) -> None:
    words = re.sub(r"<svg.*?</svg>|<a [^>]*>.*?</a>", "", panel(manager.get(PAGE), heading), flags=re.S)
    words = re.sub(plain or "$^", "", re.sub(r"<[^>]+>", " ", words))
    counts = re.findall(r"(?<![\d.,−+–%])\b[1-9]\d*\b(?![\d.,]|\s*(?:%|h\b|m\b|d\b))", words)
    assert not [count for count in counts if count != "95"], words


@pytest.mark.parametrize("by", DIMENSIONS)
def test_who_responded_is_opened_from_every_row(stages: House, manager: Client, by: str) -> None:
    page = manager.get(PAGE, {"by": by})
    for segment, _, _, _, asked in page.context["segments"]:
        if segment.is_rest:
            continue
        for step, count in (("delivered", segment.asked.delivered), ("answered", segment.asked.answered_of_delivered)):
            opens(manager, asked[step], str(count))


@pytest.mark.parametrize("asked", [{"team": 1}, {"channel": "web"}, {"shift": ""}, {"contacts": "0"}])
def test_under_a_filter_too(stages: House, manager: Client, asked: dict[str, Any]) -> None:
    wanted = {"team": stages.billing.pk} if "team" in asked else asked
    links = sorted(set(LINK.findall(manager.get(PAGE, wanted).content.decode())))
    for href, count in links[::3]:
        opens(manager, href, count)
