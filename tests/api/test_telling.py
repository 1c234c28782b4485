"""“You told us, we changed” over REST: who would be told, and telling them."""

import pytest

from nps.outbox.models import Delivery
from tests import factories
from tests.api.conftest import World
from tests.api.doors import Scene, heard

pytestmark = pytest.mark.django_db
TEXTS = {"en": "We look twice at every number."}


def test_a_program_sees_who_would_be_told_and_tells_them_once(world: World) -> None:
    lesson = Scene(world).heard_lesson()
    seen = world.key.get(f"/api/v1/lessons/{lesson.pk}/audience/").data
    assert (seen["languages"], len(seen["told"]), seen["not_told"]) == ({"en": 1}, 1, [])
    other = world.key.post(f"/api/v1/lessons/{lesson.pk}/tell/", {"texts": TEXTS, "shown": "0" * 16})
    assert (other.status_code, other.data["code"]) == (409, "audience_changed")
    told = world.key.post(f"/api/v1/lessons/{lesson.pk}/tell/", {"texts": TEXTS, "shown": seen["mark"]})
    assert (told.status_code, told.data["queued"], told.data["texts"]) == (201, 1, TEXTS)
    assert Delivery.objects.filter(purpose="followups.report_back").count() == 1
    again = world.key.post(f"/api/v1/lessons/{lesson.pk}/tell/", {"texts": TEXTS})
    assert (again.status_code, again.data["code"]) == (409, "nobody")
    (left,) = world.key.get(f"/api/v1/lessons/{lesson.pk}/audience/").data["not_told"]
    assert left["why_not"] == "Was told already."


def test_whoever_saw_everybody_may_leave_a_language_out(world: World) -> None:
    scene = Scene(world)
    lesson = scene.heard_lesson()
    world.customer = factories.customer("Jürgen Krämer", language="de", email="jk@example.org")
    heard(lesson, scene.held_follow_up(), at=scene.at)
    seen = world.key.get(f"/api/v1/lessons/{lesson.pk}/audience/").data
    assert seen["languages"] == {"en": 1, "de": 1}
    told = world.key.post(f"/api/v1/lessons/{lesson.pk}/tell/", {"texts": TEXTS, "shown": seen["mark"]})
    assert (told.status_code, told.data["queued"]) == (201, 1)


@pytest.mark.parametrize(
    ("texts", "pointer"), [({}, "/texts"), ({"en": "  "}, "/texts/en"), ({"xx": "Hello."}, "/texts/xx")]
)
def test_words_that_cannot_be_sent_are_refused_where_they_are(world: World, texts: object, pointer: str) -> None:
    lesson = Scene(world).heard_lesson()
    refused = world.key.post(f"/api/v1/lessons/{lesson.pk}/tell/", {"texts": texts})
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, pointer)
    assert not Delivery.objects.filter(purpose="followups.report_back").exists()
