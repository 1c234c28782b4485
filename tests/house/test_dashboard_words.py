"""What the figures page says in words is so: of changes, of imported history, of what nothing is known of."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from followups.models import Lesson, RootCause
from followups.services import learning
from nps.desk.importers.tickets import UNKNOWN_CONTACTS
from nps.desk.models import Resolution
from nps.desk.services import resolving
from nps.survey.models import Invitation, Response, SurveyDecision
from nps.survey.services import deciding
from tests import factories
from tests.factories import AT
from tests.house.test_dashboard import PAGE, scored, text_of
from tests.managed import NOW, House

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]


def in_place(days_ago: int, *, times_seen: int = 1, **scope: Any) -> str:
    text = f"Changed {days_ago} days ago, from then on."
    lesson = learning.learn(text=text, root_cause=RootCause.objects.get(name="Tone"), at=AT)
    day = AT.date() - timedelta(days=days_ago)
    Lesson.objects.filter(pk=lesson.pk).update(status="in_place", in_place_on=day, times_seen=times_seen, **scope)
    return text


def test_of_many_changes_the_most_often_seen_are_drawn_and_the_rest_is_told(house: House, manager: Client) -> None:
    scored(house, [9, 6])
    few = [in_place(9), in_place(8)]
    page = manager.get(PAGE)
    assert "more change" not in text_of(page)
    assert page.content.decode().count(f">{few[0]}<title>") == 1, "in words on the wide drawing"

    rest = [in_place(days, times_seen=2 if days < 8 else 1) for days in (2, 3, 4, 5, 6, 7, 14, 15)]
    page = manager.get(PAGE)
    words, drawn = text_of(page), [event.words for event in page.context["events"]]
    assert drawn == [rest[7], rest[6], *(rest[place] for place in (5, 4, 3, 2, 1, 0))], "in the order of time"
    assert page.content.decode().count(">3<title>") == 2, "by its number on both drawings"
    assert "and 2 more changes in this time: all lessons in place" in words
    assert '<a href="/lessons/?status=in_place">' in page.content.decode()
    assert manager.get("/lessons/?status=in_place").context["page"].paginator.count == 10
    lines = b"".join(manager.get(f"{PAGE}csv/").streaming_content).decode().splitlines()
    assert len([line for line in lines if line.startswith("put in place,")]) == 10


def test_changes_of_another_product_are_not_drawn(house: House, manager: Client) -> None:
    ours, theirs = factories.product("App"), factories.product("Router")
    scored(house, [9, 6], product=ours)
    seen, unseen = in_place(3, product=ours), in_place(4, product=theirs)
    words = text_of(manager.get(PAGE, {"product": ours.pk}))
    assert seen in words
    assert unseen not in words
    assert unseen in text_of(manager.get(PAGE))


# ---- imported history ---------------------------------------------------------------------------------------------
def imported(house: House, number: int, **fields: Any) -> None:
    """Resolutions of tickets as an import leaves them."""
    for one in range(number):
        ticket = factories.ticket(factories.customer(f"Of old {one}"), house.billing, assignee=house.mara)
        resolution = resolving.resolve(ticket=ticket, by=house.mara, at=AT)
        Invitation.objects.filter(resolution=resolution).delete()
        SurveyDecision.objects.filter(resolution=resolution).delete()
        deciding.decide(resolution=resolution, at=AT, is_history=True)
        Resolution.objects.filter(pk=resolution.pk).update(**fields)


def test_imported_resolutions_alone_are_not_called_none(house: House, manager: Client) -> None:
    old = {"first": (AT - timedelta(days=400)).date(), "last": (AT - timedelta(days=300)).date()}
    scored(house, [9])
    assert "No answers and no resolved tickets match." in text_of(manager.get(PAGE, old))
    imported(house, 3, first_contact_exception=UNKNOWN_CONTACTS, resolved_at=AT - timedelta(days=350))
    words = text_of(manager.get(PAGE, old))
    assert "no resolved tickets match" not in words
    assert "No answers match. 3 imported resolutions, in none of these figures." in words


def test_imported_resolutions_whose_contacts_are_known_show_their_figures(house: House, manager: Client) -> None:
    scored(house, [9])
    imported(house, 2, resolved_at=AT - timedelta(days=350))
    old = {"first": (AT - timedelta(days=400)).date(), "last": (AT - timedelta(days=300)).date()}
    words = text_of(manager.get(PAGE, old))
    assert "match." not in words
    assert "of 2 assisted tickets" in words


def test_imported_without_their_contacts_are_told_in_the_open(house: House, manager: Client) -> None:
    scored(house, [9])
    assert "imported without their contacts" not in text_of(manager.get(PAGE))
    imported(house, 2, first_contact_exception=UNKNOWN_CONTACTS)
    assert "of 1 assisted ticket, 2 imported without their contacts apart" in text_of(manager.get(PAGE))
    Resolution.objects.filter(first_contact_exception="").update(is_first_contact=False, number=2)
    words = text_of(manager.get(PAGE))
    assert (
        "No assisted ticket was first resolved in this time. 2 imported without their contacts, in neither rate."
        in words
    )


def test_what_was_opened_and_what_was_given_are_told_apart(house: House, manager: Client) -> None:
    scored(house, [9, 8, 3])
    words = text_of(manager.get(PAGE))
    assert "Follow-up loop 2 follow-ups opened" in words
    assert "Ever 8 or below" not in words
    assert "were given in this time" not in words
    low = Response.objects.get(score=3)
    for score in (8, 9):
        asked = Invitation.objects.get(pk=low.invitation_id)
        asked.pk, asked.resolution, asked._state.adding = None, None, True
        asked.save()
        Response.objects.create(
            invitation=asked, customer=low.customer, survey=low.survey, team=low.team, score=score, answered_at=AT,
            editable_until=AT, origin=Response.Origin.IMPORTED, is_history=True,
        )  # fmt: skip
    page = manager.get(PAGE)
    words = text_of(page)
    assert "Follow-up loop 2 follow-ups opened" in words
    assert "3 answers of 8 or below were given in this time; imported ones open none by themselves." in words
    (href,) = re.findall(r'<a href="(/admin/[^"]+)">3</a> answers of 8', page.content.decode())
    assert manager.get(html.unescape(href)).context["cl"].result_count == 3
