"""The pages of lessons and of customers."""

import pytest

from followups.models import Lesson
from followups.services import closing
from tests.staff import NOW, SENTENCE, Office, cause, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def lesson(office: Office) -> Lesson:
    made = office.follow_up(5, to=office.sanna)
    facts = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "new", "lesson_text": SENTENCE}
    closing.close(follow_up=made, by=office.sanna, at=NOW, **facts)
    return Lesson.objects.get()


def test_lessons_are_found_by_cause_team_and_status(office: Office, lesson: Lesson) -> None:
    browser = office.as_(office.sanna)
    for query, found in (
        ("", 1),
        ("status=new", 1),
        ("status=in_place", 0),
        (f"cause={cause().pk}", 1),
        (f"cause={cause('Tone').pk}", 0),
        (f"team={office.billing.pk}", 1),
        (f"team={office.network.pk}", 0),
        ("team=%00&cause=x&status=y&page=z", 1),
    ):
        page = browser.get(to("lessons", query=query))
        assert page.context["page"].paginator.count == found, query


def test_only_managers_move_a_lesson_along(office: Office, lesson: Lesson) -> None:
    address = to("lesson", lesson.pk)
    assert "Ingrid Solheim" in office.as_(office.sanna).get(address).content.decode()
    assert office.as_(office.sanna).post(address, {"status": "accepted"}).status_code == 403
    assert office.as_(office.otto).post(address, {"status": "accepted"}).status_code == 403
    assert office.as_(office.lena).post(address, {"status": "accepted"}).status_code == 403
    assert office.as_(office.mira).post(address, {"status": "in_place"}).status_code == 409
    assert office.as_(office.mira).post(address, {"status": "nonsense"}).status_code == 422
    assert office.as_(office.mira).post(address, {"status": "accepted"}).status_code == 302
    assert office.as_(office.mira).post(address, {"status": "accepted"}).status_code == 302, "twice is harmless"
    lesson.refresh_from_db()
    assert lesson.status == "accepted"


def test_a_lesson_names_no_customer_of_another_team(office: Office, lesson: Lesson) -> None:
    page = office.as_(office.karl).get(to("lesson", lesson.pk)).content.decode()
    assert "a customer of another team" in page
    assert "Solheim" not in page


def test_a_customers_page_shows_what_the_reader_may_see(office: Office) -> None:
    made = office.follow_up(4, to=office.sanna, comment="Nobody rang me.")
    address = to("customer", made.customer_id)
    page = office.as_(office.sanna).get(address).content.decode()
    assert "Nobody rang me." in page
    assert to("followup", made.pk) in page
    assert to("followup", made.pk) not in office.as_(office.tomas).get(address).content.decode()
    assert office.as_(office.karl).get(address).status_code == 404
    found = office.as_(office.sanna).get(to("customers", query="q=solheim")).context["rows"]
    assert [one.pk for one in found] == [made.customer_id]
    assert office.as_(office.karl).get(to("customers")).context["rows"] == []
