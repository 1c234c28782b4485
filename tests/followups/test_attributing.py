"""“This score was about the product”: said, shown, undone, in figures apart; and nothing is deleted by it."""

from datetime import timedelta

import pytest

from followups.models import FollowUp
from followups.services import attributing, closing, confirming
from nps.errors import Conflict, InvalidInput, NotAllowed
from nps.survey import reports
from nps.survey.models import Response
from tests import factories
from tests.staff import NOW, Office, cause, to

pytestmark = pytest.mark.django_db

ALL = reports.Scope(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))


def closed(office: Office, score: int, why: str, **given) -> FollowUp:
    made = office.follow_up(score, to=office.sanna)
    facts = {"outcome": "solved", "lesson_kind": "nothing_new", **given}
    return closing.close(follow_up=made, by=office.sanna, at=NOW, root_cause=cause(why), **facts)


def about(follow_up: FollowUp) -> str:
    return Response.objects.get(pk=follow_up.response_id).about


# ---- what an answer is about ----------------------------------------------------------------------------------
def test_what_was_said_stands_above_the_root_cause_until_it_is_taken_back(office: Office) -> None:
    made = office.follow_up(3, to=office.sanna)
    assert about(made) == ""
    attributing.say_about(follow_up=made, about="price", by=office.sanna, at=NOW)
    assert about(made) == "price"
    facts = {"outcome": "solved", "lesson_kind": "nothing_new", "root_cause": cause("Tone")}
    closing.close(follow_up=made, by=office.sanna, at=NOW, **facts)
    assert about(made) == "price"
    attributing.take_back(follow_up=made, by=office.sanna, at=NOW)
    assert about(made) == "agent", "now the root cause speaks"
    closing.reopen(follow_up=made, by=office.lena, at=NOW)
    assert about(made) == ""
    told = [entry.sentence for entry in made.history.filter(verb="say_about").order_by("pk")]
    assert told == ["Said that this score was about the price.", "Took back that this score was about the price."]
    assert Response.objects.get().score == 3


def test_not_given_by_the_customer_is_told_apart_too(office: Office) -> None:
    made = closed(office, 3, "Tone", outcome="not_given", note="Somebody else pressed it.")
    assert about(made) == ""
    confirming.confirm(confirmation=made.confirmations.get(), by=office.lena, at=NOW)
    assert about(made) == "not_given"


def test_only_product_or_price_can_be_said_and_not_by_the_rated_person(office: Office) -> None:
    made = office.follow_up(3, to=office.sanna)
    for wrong in ("agent", "", "weather"):
        with pytest.raises(InvalidInput, match="product or price"):
            attributing.say_about(follow_up=made, about=wrong, by=office.sanna, at=NOW)
    with pytest.raises(NotAllowed, match="somebody else"):
        attributing.say_about(follow_up=made, about="price", by=office.mara, at=NOW)
    with pytest.raises(Conflict, match="Nobody has said"):
        attributing.take_back(follow_up=made, by=office.sanna, at=NOW)


# ---- figures --------------------------------------------------------------------------------------------------
def test_an_agents_figures_with_and_without(office: Office) -> None:
    office.answer(10), office.answer(9)
    closed(office, 2, "Tone"), closed(office, 3, "Product defect"), closed(office, 4, "Price")
    attributing.say_about(follow_up=office.follow_up(5, to=office.sanna), about="product", by=office.sanna, at=NOW)
    mara = reports.Scope(ALL.since, ALL.until, agent=office.mara)
    apart = reports.apart_of(mara)
    counted = {name: count for name, count in apart.about.items() if count}
    assert counted == {"": 2, "agent": 1, "price": 1, "product": 2}
    assert (reports.counts_of(mara).n, apart.own.n, apart.elsewhere) == (6, 3, 3)
    assert (apart.own.promoters, apart.own.detractors) == (2, 1)
    assert sum(apart.about.values()) == reports.counts_of(mara).n
    assert reports.apart_of(reports.Scope(ALL.since, ALL.until, agent=office.tomas)).nps.n == 0
    told = office.as_(office.lena).get("/api/v1/reports/nps/", {"agent": office.mara.pk, "until": "2026-11-20"}).json()
    assert (told["nps"]["n"], told["nps_without_others"]["n"], told["about"]["not_said"]) == (6, 3, 2)


def test_a_persons_figures_are_theirs_their_leads_and_those_who_see_everything(office: Office) -> None:
    closed(office, 2, "Tone"), closed(office, 3, "Product defect")
    page = to("person", office.mara.pk)
    for who, status in (("mara", 200), ("lena", 200), ("mira", 200), ("otto", 200), ("sanna", 404), ("karl", 404)):
        assert office.as_(getattr(office, who)).get(page).status_code == status, who
    assert office.as_(office.mira).get(to("person", 999_999)).status_code == 404
    words = office.as_(office.lena).get(page).content.decode()
    assert "Found to be about" in words
    assert "Product defect" in words
    assert "2 answers: under 30, not scored" in words
    assert "1 answer: under 30, not scored" in words
    mine = office.as_(office.mara).get(page)
    assert [row for _, row in mine.context["set_apart"]] == [None], "the follow-up is not theirs to read"
    assert "No answers in this period" in office.as_(office.karl).get(to("person", office.karl.pk)).content.decode()
    assert office.as_(office.mira).get(page, {"period": "nonsense"}).status_code == 200


# ---- the page -------------------------------------------------------------------------------------------------
def test_one_press_says_it_and_one_takes_it_back(office: Office) -> None:
    made = office.follow_up(3, to=office.sanna)
    browser = office.as_(office.sanna)
    for _ in range(2):
        page = browser.post(to("followup-about", made.pk), {"about": "price"}, follow=True)
        assert page.status_code == 200, "twice is harmless"
    words = page.content.decode()
    assert "About the price" in words
    assert f'action="{to("followup-about-back", made.pk)}"' in words, "in the toast and beside it"
    assert made.history.filter(verb="say_about").count() == 1
    for _ in range(2):
        page = browser.post(to("followup-about-back", made.pk), follow=True)
        assert page.status_code == 200
    assert "This score was about</span>" in page.content.decode()
    assert browser.post(to("followup-about", made.pk), {"about": "weather"}).status_code == 422
    assert office.as_(office.otto).post(to("followup-about", made.pk), {"about": "price"}).status_code == 403
    assert office.as_(office.karl).post(to("followup-about", made.pk), {"about": "price"}).status_code == 404


def test_it_can_still_be_said_of_a_closed_one_and_never_of_a_cancelled_one(office: Office) -> None:
    made = closed(office, 3, "Tone")
    browser = office.as_(office.sanna)
    assert browser.post(to("followup-about", made.pk), {"about": "product"}).status_code == 302
    assert about(made) == "product"
    other = office.follow_up(3, to=office.sanna)
    closing.cancel(follow_up=other, by=office.lena, at=NOW, reason="Entered twice")
    refused = browser.post(to("followup-about", other.pk), {"about": "product"})
    assert refused.status_code == 409
    assert "cannot be said to be about something" in refused.content.decode()


def test_a_lead_of_another_team_is_not_their_lead(office: Office) -> None:
    foreign = factories.agent("nils", office.network, role="Leads", is_lead=True)
    assert office.as_(foreign).get(to("person", office.mara.pk)).status_code == 404
    assert office.as_(foreign).get(to("person", office.karl.pk)).status_code == 200
