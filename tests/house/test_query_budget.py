"""How many statements each staff page makes: the same for 3 rows and for 30, and under a stated number."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups.models import FollowUp, Lesson, Promise
from followups.services import closing, measuring, reaching_out
from followups.services.writing import Written
from nps.desk.services import replying
from nps.survey.services import clicking
from tests.staff import NOW, Office, cause

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]

#: page -> the most statements it may make, sign-in, roles and the rail among them
BUDGETS = {
    "tickets": 12,
    "ticket": 17,
    "ticket-new": 12,
    "queue": 29,
    "queue-empty": 13,
    "followup": 23,
    "pulse": 8,
    "queue-search": 28,
    "queue-search-nothing": 14,
    "followup-close": 16,
    "followup-email": 17,
    "lessons": 13,
    "lesson": 13,  # one of them its history
    "lesson-tell": 12,
    "lesson-board": 12,
    "promises": 13,
    "customers": 9,
    "customer": 13,
    "shifts": 12,
    "profile": 9,
    "account": 15,
    "confirmations": 11,
    "person": 15,
    "notices": 12,
    "decisions": 14,
    "roster": 17,
    "team-hours": 14,
    "person-shifts": 16,
}


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
        asked = office.follow_up(6, to=office.sanna, name=f"Customer {one}")
        unsure = {"outcome": "not_given", "note": "It was not me.", "root_cause": cause(), "lesson_kind": "nothing_new"}
        closing.close(follow_up=asked, by=office.sanna, at=NOW, **unsure)
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
    Lesson.objects.filter(pk=lesson).update(owner=office.lena)  # who tells its customers
    _measure_and_promise(closed, number)
    return {
        "tickets": reverse("tickets") + "?status=all",
        "ticket": reverse("ticket", args=[first.response.resolution.ticket_id]),
        "ticket-new": reverse("ticket-new") + "?find=customer",
        "queue": reverse("queue") + f"?task={first.pk}",
        "queue-empty": reverse("queue") + "?view=snoozed",
        "pulse": reverse("followup-pulse") + f"?view=team&task={first.pk}&version={first.version}&counts=1",
        "queue-search": reverse("queue") + f"?view=team&q=slow&task={first.pk}",
        "queue-search-nothing": reverse("queue") + "?view=team&q=nowhere",
        "followup": reverse("followup", args=[first.pk]),
        "followup-close": reverse("followup-close", args=[first.pk]),
        "followup-email": reverse("followup-email", args=[first.pk]),
        "lessons": reverse("lessons"),
        "lesson": reverse("lesson", args=[lesson]),
        "lesson-tell": reverse("lesson-tell", args=[lesson]),
        "lesson-board": reverse("lessons") + "?view=board",
        "promises": reverse("promises"),
        "customers": reverse("customers"),
        "customer": reverse("customer", args=[customer.pk]),
        "shifts": reverse("shifts"),
        "profile": reverse("profile"),
        "account": reverse("account", args=[customer.account_id]),
        "confirmations": reverse("confirmations"),
        "person": reverse("person", args=[office.mara.pk]),
        "notices": reverse("notices"),
        "decisions": reverse("decisions"),
        "roster": reverse("roster"),
        "team-hours": reverse("team-hours", args=[office.billing.pk]),
        "person-shifts": reverse("person-shifts", args=[office.sanna.pk]),
    }


def _measure_and_promise(closed: FollowUp, number: int) -> None:
    """Each lesson in place and measured on as many days; as many promises."""
    Lesson.objects.update(status="in_place", in_place_on=NOW.date() - timedelta(days=40))
    for one in range(min(number, 5)):
        for lesson in Lesson.objects.filter(effect="too_early") if one else Lesson.objects.all():
            measuring.measure(lesson=lesson, at=NOW + timedelta(days=one))
    Promise.objects.bulk_create(
        Promise(follow_up=closed, text=f"Promise {one}", due_on=NOW.date(), owner=closed.closed_by, made_at=NOW)
        for one in range(number)
    )


def _enrich(office: Office, follow_up: FollowUp, number: int) -> None:
    ticket = follow_up.response.resolution.ticket
    for one in range(number):
        replying.reply(ticket=ticket, by=office.mara, kind="note", body=f"Note {one}", at=NOW)
        reaching_out.add_note(follow_up=follow_up, text=f"Note {one}", by=office.sanna, at=NOW)
        mail = Written(f"Mail {one}", "Hello")
        reaching_out.log_attempt(follow_up=follow_up, via="email", result="emailed", by=office.sanna, at=NOW, mail=mail)
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


def test_statements_do_not_grow_with_the_rows(remembering: None) -> None:
    office = Office.open()
    few = {name: statements(office, address) for name, address in fill(office, 3).items()}
    many = {name: statements(office, address) for name, address in fill(office, 30).items()}
    assert many == few
    over = {name: number for name, number in many.items() if number > BUDGETS[name]}
    assert not over, f"over budget: {over}"
