"""The account on one page, and the customer's story beside the task: who they are, what was said and promised."""

from datetime import date, timedelta

import pytest

from followups.models import FollowUp, Promise
from followups.score_chart import charts_of
from followups.services import closing
from nps.desk.models import Account, Customer
from tests import factories
from tests.staff import NOW, SENTENCE, Office, cause, to

pytestmark = pytest.mark.django_db


def promised(office: Office, customer: Customer, *, days: int = 2, text: str = "A new invoice") -> FollowUp:
    made = office.follow_up(3, customer=customer, to=office.sanna)
    promise = closing.PromiseMade(text, NOW.date() + timedelta(days=days), office.sanna)
    facts = {"outcome": "promised", "root_cause": cause(), "lesson_kind": "new", "lesson_text": SENTENCE}
    return closing.close(follow_up=made, by=office.sanna, at=NOW, promise=promise, **facts)


@pytest.fixture
def ingrid(office: Office) -> Customer:
    account = factories.account("Fjordvik Freight", is_key=True)
    Account.objects.update(plan="Business, 42 users", since_on=date(2021, 3, 1), renewal_on=date(2026, 12, 26))
    factories.customer("Per Dahl", account=account, phone="+4790004121")
    return factories.customer("Ingrid Solheim", account=account, language="nb")


# ---- beside the task -----------------------------------------------------------------------------------------
def test_the_customers_story_is_beside_the_task(office: Office, ingrid: Customer) -> None:
    for number, score in enumerate((9, 9, 10, 9, 6, 7, 3)):
        office.answer(score, customer=ingrid, at=NOW - timedelta(days=30 - number), subject=f"Matter {number}")
    old = promised(office, ingrid, days=0)
    kept = Promise.objects.get()
    made = office.follow_up(3, customer=ingrid, to=office.sanna, subject="The latest")
    page = office.as_(office.sanna).get(to("followup", made.pk))
    words = page.content.decode()
    assert 'href="tel:+4790004120"' in words
    assert "Oslo, 10:30 there" in words
    for said in (
        "Norwegian",
        "No preference",
        "Not said",
        "Business, 42 users",
        "March 2021",
        "in 38 days",
        "Per Dahl",
    ):
        assert said in words, said
    assert "Last 6 scores, oldest first: 9, 6, 7, 3, 3, 3" in words
    assert (page.context["dossier"].score_count, len(page.context["dossier"].tickets)) == (9, 4)
    assert page.context["dossier"].ticket_count == 9
    assert "Promise made" in words, "the earlier follow-up with its outcome"
    assert "A new invoice" in words
    assert '<span class="pill warn">Today</span>' in words
    closing.settle_promise(promise=kept, is_kept=False, by=office.sanna, at=NOW)
    assert '<span class="pill">Broken</span>' in office.as_(office.sanna).get(to("followup", made.pk)).content.decode()
    assert old.pk != made.pk


def test_no_contact_wanted_hides_the_call_says_why_and_closes_so(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    type(made.response).objects.update(contact_choice="no")
    sanna = office.as_(office.sanna)
    words = sanna.get(to("followup", made.pk)).content.decode()
    assert "tel:" not in words
    assert "said “No, just pass it on”" in words
    assert "Call guide" not in words
    form = sanna.get(to("followup-close", made.pk)).content.decode()
    assert 'value="no_contact" id="id_outcome_no_contact" checked' in form


# ---- the account -----------------------------------------------------------------------------------------------
def test_an_account_shows_its_people_tickets_scores_follow_ups_promises_and_lessons(
    office: Office, ingrid: Customer
) -> None:
    closed = promised(office, ingrid, days=-0)
    Promise.objects.update(due_on=NOW.date() - timedelta(days=1))
    office.answer(10, customer=ingrid, subject="Add user for new depot")
    page = office.as_(office.mira).get(to("account", ingrid.account_id))
    words = page.content.decode()
    for said in (
        "Fjordvik Freight", "Key account", "in 38 days", "Ingrid Solheim", "Per Dahl", "Add user for new depot",
        "Promise made", "A new invoice", '<span class="pill bad">Late</span>', SENTENCE, "here once",
        'role="img" aria-label="Last 2 scores, oldest first:', "<td class=\"n\">10</td>",
    ):  # fmt: skip
        assert said in words, said
    assert f'href="{to("followup", closed.pk)}"' in words
    for name, pk in (("followup", closed.pk), ("customer", ingrid.pk), ("ticket", ingrid.tickets.first().pk)):
        assert (
            f'href="{to("account", ingrid.account_id)}"' in office.as_(office.mira).get(to(name, pk)).content.decode()
        )


def test_an_empty_account_says_so(office: Office) -> None:
    empty = factories.account("Nobody yet")
    words = office.as_(office.mira).get(to("account", empty.pk)).content.decode()
    for said in ("No answers yet", "Nobody that you may see", "None that you may see", "None was made", "Nothing yet"):
        assert said in words, said


def test_who_sees_none_of_its_customers_finds_no_account(office: Office, ingrid: Customer) -> None:
    office.answer(9, customer=ingrid)
    address = to("account", ingrid.account_id)
    for who, status in (("sanna", 200), ("lena", 200), ("mira", 200), ("otto", 200), ("karl", 404)):
        assert office.as_(getattr(office, who)).get(address).status_code == status, who
    assert office.as_(office.mira).get(to("account", 999_999)).status_code == 404
    page = office.as_(office.sanna).get(address)
    assert [one.name for one in page.context["people"]] == ["Ingrid Solheim"], "of Per she sees nothing"
    assert office.as_(office.sanna).post(address).status_code == 405


# ---- the drawing -------------------------------------------------------------------------------------------------
def test_dots_stand_by_day_and_score_inside_the_drawing() -> None:
    answers = [(date(2026, 1, day), score) for day, score in ((1, 0), (2, 10), (30, 9))]
    for chart in charts_of(answers):
        left, middle, right = chart.points
        assert left.x < middle.x < right.x
        assert middle.x - left.x < right.x - middle.x, "by day, not by number"
        assert left.y > right.y > middle.y
        assert all(0 < point.x < chart.width and 0 < point.y < chart.height for point in chart.points)
        assert [point.band for point in chart.points] == ["det", "pro", "pro"]
        assert chart.words.startswith("Last 3 scores, oldest first: 0, 10, 9. From 1 Jan 2026")


def test_one_answer_and_many_on_one_day_are_drawn_too() -> None:
    assert charts_of([(date(2026, 1, 1), 5)])[0].words == "One score: 5, on 1 Jan 2026"
    same_day = charts_of([(date(2026, 1, 1), score) for score in range(11)] * 2)[0]
    assert len({point.x for point in same_day.points}) == 22
    assert not same_day.has_numbers
    assert charts_of([])[0].words == "No answers"


def test_a_promise_of_another_team_is_read_and_leads_nowhere(office: Office, ingrid: Customer) -> None:
    promised(office, ingrid, text="A call on Monday")
    FollowUp.objects.update(team=office.network, assignee=office.karl)
    own = office.follow_up(3, customer=ingrid, to=office.sanna, subject="The latest")
    page = office.as_(office.lena).get(to("followup", own.pk)).content.decode()
    elsewhere = FollowUp.objects.exclude(pk=own.pk).get()
    assert "A call on Monday" in page
    assert to("followup", elsewhere.pk) not in page
    assert to("followup", elsewhere.pk) in office.as_(office.mira).get(to("followup", own.pk)).content.decode()
