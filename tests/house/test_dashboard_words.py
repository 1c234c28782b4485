"""What the figures page says in words is so: of changes, of imported history, of what nothing is known of."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from followups.models import Lesson, RootCause
from followups.services import learning
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
