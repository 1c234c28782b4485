"""How many statements each staff page makes: the same for 3 rows and for 30, and under a stated number."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups.models import FollowUp
from followups.services import closing, reaching_out
from nps.desk.services import replying
from nps.survey.services import clicking
from tests.staff import NOW, Office, cause

pytestmark = pytest.mark.django_db

#: page -> the most statements it may make, sign-in, roles and the rail among them
BUDGETS = {
    "tickets": 12,
    "ticket": 17,
    "ticket-new": 12,
    "queue": 27,
    "queue-empty": 13,
    "followup": 22,
    "followup-close": 15,
    "lessons": 12,
    "lesson": 11,
    "customers": 9,
    "customer": 12,
    "shifts": 12,
    "profile": 9,
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def fill(office: Office, number: int) -> dict[str, str]:
    """`number` of everything, all of one customer, so that no page is spared; the address of each page."""
    first = office.follow_up(5, to=office.sanna, comment="Slow.", name="Ingrid Solheim")
    customer = first.customer
    _enrich(office, first, number)
    for one in range(number):
        more = office.follow_up(
            5, to=office.sanna, comment="Slow.", customer=customer, at=NOW - timedelta(days=one + 1)
        )
        FollowUp.objects.filter(pk=more.pk).update(due_at=NOW + timedelta(minutes=one - 2))
        closed = office.follow_up(6, to=office.sanna, name=f"Customer {one}")
        closing.close(
            follow_up=closed,
            by=office.sanna,
            at=NOW,
            outcome="solved",
            root_cause=cause(),
            lesson_kind="new",
            lesson_text=f"Lesson number {one} that a colleague can act on.",
        )
    lesson = closed.lesson_id
    FollowUp.objects.filter(status="closed").update(lesson_id=lesson)
    return {
        "tickets": reverse("tickets") + "?status=all",
        "ticket": reverse("ticket", args=[first.response.resolution.ticket_id]),
        "ticket-new": reverse("ticket-new") + "?find=customer",
        "queue": reverse("queue") + f"?task={first.pk}",
        "queue-empty": reverse("queue") + "?view=snoozed",
        "followup": reverse("followup", args=[first.pk]),
        "followup-close": reverse("followup-close", args=[first.pk]),
        "lessons": reverse("lessons"),
        "lesson": reverse("lesson", args=[lesson]),
        "customers": reverse("customers"),
        "customer": reverse("customer", args=[customer.pk]),
        "shifts": reverse("shifts"),
        "profile": reverse("profile"),
    }


def _enrich(office: Office, follow_up: FollowUp, number: int) -> None:
    ticket = follow_up.response.resolution.ticket
    for one in range(number):
        replying.reply(ticket=ticket, by=office.mara, kind="note", body=f"Note {one}", at=NOW)
        reaching_out.add_note(follow_up=follow_up, text=f"Note {one}", by=office.sanna, at=NOW)
        clicking.note_click(invitation=follow_up.response.invitation, at=NOW, score=3)


def statements(office: Office, address: str) -> int:
    browser = office.as_(office.lena)
    browser.get(address)  # what a process remembers for some seconds is not counted
    with CaptureQueriesContext(
        connection,
    ) as seen:
        page = browser.get(address)
    assert page.status_code == 200, address
    return len(seen)


def test_statements_do_not_grow_with_the_rows() -> None:
    office = Office.open()
    few = {name: statements(office, address) for name, address in fill(office, 3).items()}
    many = {name: statements(office, address) for name, address in fill(office, 30).items()}
    assert many == few
    over = {name: number for name, number in many.items() if number > BUDGETS[name]}
    assert not over, f"over budget: {over}"
