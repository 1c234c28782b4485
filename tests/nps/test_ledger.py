"""The ledger of decisions: every resolution once, its reason in words, and coverage that stands out."""

import csv
from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nps.desk.models import Customer
from nps.desk.services import resolving
from nps.survey.coverage import LEAST, Unit, judge
from nps.survey.models import SurveyDecision
from nps.survey.scoring import Rate
from tests import factories
from tests.staff import NOW, Office, to

pages = pytest.mark.django_db


@pytest.fixture
def office(db: None):
    with time_machine.travel(NOW, tick=False):
        yield Office.open()


def read(page) -> str:
    return " ".join(page.content.decode().split())


def unit(asked: int, resolved: int, name: str = "x") -> Unit:
    return Unit(1, name, Rate(asked, resolved))


# ---- who stands out ------------------------------------------------------------------------------------------
def test_a_team_that_asks_too_rarely_stands_out_and_chance_does_not() -> None:
    # 0.8 of all; 200 resolutions: one deviation is 0.0283, so 140 of 200 lie 3.5 below and 155 lie 0.9 below.
    standing = [one.standing for one in judge([unit(140, 200), unit(155, 200), unit(825, 1000)])]
    assert standing == ["below", "usual", "usual"]
    assert judge([unit(140, 200), unit(155, 200), unit(825, 1000)])[0].z == pytest.approx(-3.54, abs=0.01)


@pytest.mark.parametrize(
    ("units", "standing"),
    [
        ([], []),
        ([unit(0, 500)], ["usual"]),
        ([unit(0, 5), unit(95, 100)], ["too few", "usual"]),
        ([unit(50, 50), unit(60, 60)], ["usual", "usual"]),
        ([unit(0, 50), unit(0, 60)], ["usual", "usual"]),
        ([unit(0, LEAST - 1), unit(10, 40)], ["too few", "usual"]),
    ],
)
def test_nothing_stands_out_where_nothing_can_be_said(units: list[Unit], standing: list[str]) -> None:
    assert [one.standing for one in judge(units)] == standing


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=8))
def test_whoever_stands_out_lies_on_that_side_of_all_together(drawn: list[tuple[int, int]]) -> None:
    judged = judge(unit(min(pair), max(pair)) for pair in drawn)
    for one in judged:
        if one.standing == "below":
            assert one.unit.rate.share < one.expected
        if one.standing == "above":
            assert one.unit.rate.share > one.expected
    assert len(judged) == 0 or not all(one.standing == "below" for one in judged)


# ---- the page ------------------------------------------------------------------------------------------------
@pages
def test_every_resolution_is_there_once_with_its_reason(office: Office) -> None:
    office.answer(4)
    colleague = factories.customer("Nils Aas", account=None)
    Customer.objects.filter(pk=colleague.pk).update(is_internal=True)
    colleague.refresh_from_db()
    ticket = office.ticket(assignee=office.mara, customer=colleague)
    resolving.resolve(ticket=ticket, by=office.mara, at=NOW - timedelta(minutes=5))
    page = office.as_(office.lena).get(to("decisions"))
    assert page.context["ledger"].total == 2
    assert {words: count for _, words, count in page.context["decisions"]} == {"Asked": 1, "Internal": 1}
    assert "answered 4" in read(page)
    for name, _, count in page.context["decisions"]:
        one = office.as_(office.lena).get(to("decisions", query=f"decision={name}"))
        assert len(one.context["rows"]) == one.context["shown"] == count
    SurveyDecision.objects.filter(resolution__ticket=ticket).delete()
    waiting = office.as_(office.lena).get(to("decisions", query="decision=undecided"))
    assert [words for _, words, _ in waiting.context["rows"]] == ["Not decided yet"]


@pages
def test_agents_see_their_teams_and_nobodys_coverage(office: Office) -> None:
    office.answer(4)
    assert office.as_(office.karl).get(to("decisions")).context["ledger"].total == 0
    sanna = office.as_(office.sanna).get(to("decisions")).context["ledger"]
    assert (sanna.total, sanna.people) == (1, ())
    lena = office.as_(office.lena).get(to("decisions")).context["ledger"]
    assert [one.unit.name for one in lena.people] == [str(office.mara)]
    assert [one.unit.name for one in lena.teams] == ["Billing"]


@pages
def test_filters_that_match_nothing_or_make_no_sense(office: Office) -> None:
    mira = office.as_(office.mira)
    assert "Nothing was resolved here" in read(mira.get(to("decisions")))
    office.answer(9)
    assert "No resolution has this decision" in read(mira.get(to("decisions", query="decision=opted_out")))
    for nonsense in ("decision=%00", "team=9999999999999999999", "agent=x", "period=9y", "page=-1", "page=zz"):
        page = mira.get(to("decisions", query=nonsense))
        assert (page.status_code, page.context["ledger"].total) == (200, 1), nonsense


@pages
def test_the_file_has_the_same_rows(office: Office) -> None:
    office.answer(9, name="=cmd Solheim")
    page = office.as_(office.mira).get(to("decisions", query="format=csv"))
    (row,) = csv.DictReader(b"".join(page.streaming_content).decode().splitlines())
    assert (row["decision"], row["score"], row["customer"][0]) == ("Invited", "9", "'")


@pages
def test_the_file_has_those_too_who_did_not_answer(office: Office) -> None:
    ticket = factories.ticket(factories.customer(), office.billing, assignee=office.mara, at=NOW)
    resolving.resolve(ticket=ticket, by=office.mara, at=NOW)
    page = office.as_(office.mira).get(to("decisions", query="format=csv"))
    (row,) = csv.DictReader(b"".join(page.streaming_content).decode().splitlines())
    assert (row["decision"], row["score"]) == ("Invited", "")
