"""Answers by CSV, on small made-up files: history that counts in the score, asks nobody and opens nothing by itself."""

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from followups.models import FollowUp
from followups.services import opening
from nps.desk.models import Account, ColumnMap, Customer, Product, Resolution
from nps.desk.services import reopening, resolving
from nps.outbox.models import Delivery
from nps.survey.models import Invitation, Response, Survey
from nps.survey.services import answering, deciding
from tests import factories

pytestmark = pytest.mark.django_db

HEAD = "id,rating,said,on,who,firm,product,team\n"
LOW = "a1,3.0,Too slow,2020-05-01,kari@x.example,f1,Ledger,Billing\n"
HIGH = "a2,10.0,,2020-05-02 10:00,ola@x.example,f1,Ledger,\n"
EIGHT = "a3,8.0,Fine,2020-05-03,kari@x.example,,,Billing\n"
FIELDS: dict[str, Any] = {
    "source": {"value": "old"},
    "external_id": "id",
    "score": {"column": "rating", "values": {f"{n}.0": str(n) for n in range(11)}},
    "comment": "said",
    "answered_at": {"column": "on", "nulls": ["", "1970-01-01"]},
    "customer_email": "who",
    "account_external_id": "firm",
    "product": "product",
    "team": "team",
}
ABOUT = {"external_id": "id", "score": "rating", "answered_at": "on", "ticket_external_id": "ticket",
         "ticket_source": {"value": "old"}}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, fields in (("ours", FIELDS), ("about", ABOUT)):
        ColumnMap.objects.create(name=name, kind="answers", spec={"fields": fields}, changed_at=factories.AT)
    return tmp_path


def load(text: str, map: str = "ours", **options: Any) -> str:
    Path("answers.csv").write_text(text)
    out = StringIO()
    call_command("import_responses", "answers.csv", map=map, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def refused(text: str, map: str = "ours", **options: Any) -> str:
    with pytest.raises(CommandError) as refusal:
        load(text, map, **options)
    return str(refusal.value)


def test_a_line_becomes_an_answer_of_the_past() -> None:
    said = load(HEAD + LOW + HIGH)
    assert "new: 1 teams, 1 products, 1 accounts, 2 customers, 2 answers" in said
    answer = Response.objects.select_related("invitation", "customer", "account", "team", "product").get(score=3)
    assert (answer.comment, answer.is_history, answer.origin) == ("Too slow", True, "imported")
    assert (answer.customer.email, answer.account, answer.customer.account) == (
        "kari@x.example",
        Account.objects.get(external_id="f1"),
        Account.objects.get(external_id="f1"),
    )
    assert (answer.team.name, answer.product) == ("Billing", Product.objects.get(name="Ledger"))  # type: ignore[union-attr]
    assert f"{answer.answered_at:%Y-%m-%d}" == "2020-05-01"
    assert answer.survey == Survey.objects.get(is_default=True)
    assert not answer.is_editable(factories.AT)
    assert (answer.invitation.via, answer.invitation.external_id) == ("import", "a1")


def test_no_mail_and_nothing_to_do_comes_of_history() -> None:
    load(HEAD + LOW + HIGH + EIGHT)
    assert opening.open_missing(at=factories.AT) == 0
    assert deciding.decide_missing(at=factories.AT) == 0
    assert (Delivery.objects.count(), FollowUp.objects.count()) == (0, 0)
    assert not opening.missing().exists()


def test_what_needs_a_call_is_opened_only_where_that_is_asked_for() -> None:
    factories.agent("sanna", factories.team("Billing"))
    load(HEAD + LOW + HIGH)
    assert "Follow-ups opened: 2" in load(HEAD + LOW + HIGH + EIGHT, open_follow_ups=True)
    assert sorted(FollowUp.objects.values_list("score", flat=True)) == [3, 8]
    assert "Follow-ups opened: 0" in load(HEAD + LOW + HIGH + EIGHT, open_follow_ups=True)
    assert not opening.missing().exists()


def test_where_nobody_can_own_what_is_opened_the_answers_are_kept() -> None:
    assert "the answers are imported" in refused(HEAD + LOW.replace("Billing", ""), open_follow_ups=True).lower()
    assert Response.objects.count() == 1


def test_twice_makes_every_answer_once() -> None:
    load(HEAD + LOW + HIGH)
    assert "known already: 2 answers" in load(HEAD + LOW + HIGH + EIGHT)
    assert (Response.objects.count(), Invitation.objects.count(), Customer.objects.count()) == (3, 3, 2)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (LOW.replace("3.0", "3.5"), "rating: “3.5” cannot be taken. Score must be a whole number from 0 to 10."),
        (LOW.replace("3.0", "11"), "Score must be a whole number"),
        (LOW.replace("3.0", "３"), "Score must be a whole number"),
        (LOW.replace("3.0", ""), "Empty: there is no score."),
        (LOW.replace("2020-05-01", "1970-01-01"), "“1970-01-01” stands for no answered at."),
        (LOW.replace("2020-05-01", "1971-01-01"), "is before 1980"),
        (LOW.replace("kari@x.example", ""), "Nothing says whose answer this is."),
        (LOW.replace("kari@x.example", "kari"), "“kari” is no address."),
        (LOW.replace("Too slow", "x" * 10_001), "10,001 characters are too long. At most 10,000."),
        (LOW.replace("Too slow", "a\x00b"), "holds a NUL character"),
    ],
)
def test_a_wrong_line_says_what_would_be_right(line: str, said: str) -> None:
    message = refused(HEAD + HIGH + line)
    assert said in message
    assert "line 3" in message
    assert (Response.objects.count(), Customer.objects.count(), Product.objects.count()) == (0, 0, 0)


def test_lines_without_a_score_are_left_out_where_the_map_says_so() -> None:
    fields = {**FIELDS, "score": {**FIELDS["score"], "if_null": "leave out"}}
    ColumnMap.objects.filter(name="ours").update(spec={"fields": fields})
    assert "left out: without a value the map can do without, or repeated: 1" in load(
        HEAD + LOW + HIGH.replace("10.0", "")
    )
    (row,) = csv.DictReader(Path("answers.csv.errors.csv").read_text().splitlines())
    assert (row["line"], row["column"], row["what became of it"]) == ("3", "rating", "left out")


# ---- answers about tickets -----------------------------------------------------------------------------------
def solved(number: str, *, by: Any = None, decide: bool = False) -> Resolution:
    """A resolution of a ticket of the other system that nobody was asked about, unless `decide`."""
    ticket = factories.ticket(
        factories.customer(is_internal=not decide, account=factories.account()),
        factories.team(f"Team {number}"),
        source="old",
        external_id=number,
        assignee=by,
    )
    return resolving.resolve(ticket=ticket, at=factories.AT)


def test_an_answer_about_a_ticket_takes_its_snapshot() -> None:
    resolution = solved("T1", by=factories.agent("sanna"))
    load("id,rating,on,ticket\na1,9,2026-11-18 09:30,T1\n", "about")
    answer = Response.objects.get()
    assert (answer.resolution, answer.customer, answer.team, answer.agent, answer.account) == (
        resolution,
        resolution.customer,
        resolution.team,
        resolution.agent,
        resolution.account,
    )
    assert answer.invitation.resolution == resolution


def test_a_ticket_that_is_not_here_or_answered_already_is_refused() -> None:
    solved("T1")
    asked = solved("T2", decide=True)
    lines = "id,rating,on,ticket\na1,9,2026-11-18,T1\na2,8,2026-11-18,T1\na3,7,2026-11-18,T2\na4,6,2026-11-18,T3\n"
    refused(lines, "about")
    said = {
        row["line"]: row["what is wrong"]
        for row in csv.DictReader(Path("answers.csv.errors.csv").read_text().splitlines())
    }
    assert said == {
        "3": "Line 2 is about the same resolution.",
        "4": f"Invitation {asked.invitation.pk} asks about this resolution already.",
        "5": "No ticket T3 was ever resolved here.",
    }
    assert Response.objects.count() == 0
    refused(lines, "about", skip_bad_lines=True)
    assert list(Response.objects.values_list("score", flat=True)) == [9]


def test_an_answer_that_was_given_here_stays(settings: Any) -> None:
    resolution = solved("T1", decide=True)
    answering.record_answer(invitation=resolution.invitation, score=4, at=factories.AT)
    assert "asks about this resolution already" in refused("id,rating,on,ticket\na1,9,2026-11-18,T1\n", "about")
    assert Response.objects.get().score == 4
    assert FollowUp.objects.count() == 1


def test_no_survey_no_answers() -> None:
    Survey.objects.update(is_active=False)
    assert "No survey is active" in refused(HEAD + LOW)


def test_an_answer_belongs_to_the_resolution_it_was_given_after() -> None:
    first = solved("T1")
    ticket = first.ticket
    reopening.reopen(ticket=ticket, at=factories.AT + timedelta(days=1))
    second = resolving.resolve(ticket=ticket, at=factories.AT + timedelta(days=2))
    load(
        "id,rating,on,ticket\na1,2,2026-11-19 12:00,T1\na2,9,2026-11-21,T1\n",
        "about",
    )
    assert dict(Response.objects.values_list("score", "resolution_id")) == {2: first.pk, 9: second.pk}
