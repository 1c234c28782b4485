"""Every figure of a small house beside the same in plain Python over its rows, and each in its own statements."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups import pace, recovery
from followups import reports as loop_reports
from followups.reports import Selection
from followups.services import reaching_out
from nps.desk.models import Tag
from nps.desk.services import accepting, reopening, replying, resolving
from nps.survey import reports
from nps.survey.figures.breakdowns import NAMED
from nps.survey.models import Invitation, Response, SurveyDecision, Topic
from nps.survey.services import answering
from tests import factories
from tests.agreeing import ZONE, loop_agrees, survey_agrees
from tests.factories import AT
from tests.managed import NOW, House
from tests.plainly import Rows

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]
SINCE, UNTIL = AT - timedelta(days=20), AT + timedelta(days=2)
SCOPE = reports.Scope(SINCE, UNTIL)


def mixed(house: House, number: int) -> None:
    """Answers, silences and endings of every kind, `number` times."""
    topics, tag = list(Topic.objects.order_by("pk")), Tag.objects.get_or_create(name="refund")[0]
    products = [factories.product("Ledger"), factories.product("Payroll"), None]
    for one in range(number):
        customer = factories.customer(f"Customer {one}", account=factories.account(f"Firm {one}"))
        common: dict[str, Any] = {"customer": customer, "product": products[one % 3]}
        early = AT - timedelta(days=15 - one % 9)
        follow_up = house.follow_up((4, 7, 2, 8)[one % 4], at=early, tags=[tag] if one % 2 else [], **common)
        answering.add_reason(
            response=follow_up.response, at=early, comment="Slow." if one % 2 else "", topics=topics[: one % 3]
        )
        if one % 3:
            took = timedelta(hours=(1, 3, 9, 30)[one % 4], minutes=one)
            reaching_out.log_attempt(
                follow_up=follow_up, via="phone", result="reached", by=follow_up.assignee, at=early + took
            )
        if one % 4:
            follow_up.refresh_from_db()
            house.close(follow_up, at=early + timedelta(days=2 + one % 3))
        house.answered((9, 3, 7, 10, 5)[one % 5], at=AT - timedelta(days=one % 5), team=house.chat, **common)
        silent = factories.ticket(
            customer, house.chat, assignee=house.sanna, at=AT - timedelta(days=3), channel="phone"
        )
        if one % 2:
            replying.reply(ticket=silent, by=house.sanna, kind="information_request", body="Which one?", at=AT)
            silent.refresh_from_db()
        resolution = resolving.resolve(
            ticket=silent,
            by=house.sanna,
            at=AT - timedelta(hours=one),
            exception="Needs a visit" if one % 5 == 1 else "",
        )
        marks = ("delivered_at", "bounced_at", "failed_at", "opened_at", "expires_at")
        asked = Invitation.objects.filter(resolution=resolution)
        asked.update(**{marks[one % 5]: AT, **({"delivered_at": AT} if one % 5 > 2 else {})})
        if one % 7 == 3:
            accepting.accept(ticket=silent, at=AT)
            factories.ticket(customer, house.chat, at=AT + timedelta(hours=1))
        if one % 7 == 5:
            reopening.reopen(ticket=silent, reason="Not solved.", at=AT)
    accepting.assume_accepted(at=AT)


def rows() -> Rows:
    return Rows(SINCE, UNTIL, NOW)


def test_an_empty_house_has_figures_of_nothing() -> None:
    assert survey_agrees(SCOPE, rows()) > 0
    assert loop_agrees(Selection.of(SCOPE), rows()) > 0
    assert reports.funnel(SCOPE, NOW).bounds.low is None
    assert reports.beside({"nps": reports.report_of(SCOPE).nps}, AT.date()) == ()


def test_all_figures_are_those_of_the_rows(house: House) -> None:
    mixed(house, 28)
    house.fill(2)
    found = rows()
    assert len(set(map(found.place, found.live()))) >= 8, "the house shows too few kinds of loss"
    assert len(found.first_contact()) >= 8
    assert len(found.taken()) >= 16
    assert survey_agrees(SCOPE, found) > 200
    assert loop_agrees(Selection.of(SCOPE), found) > 50


def test_what_came_long_after_counts_and_an_older_answer_says_nothing_of_it(house: House) -> None:
    late, older = (house.answered(score, at=AT - timedelta(days=9)) for score in (3, 2))
    Response.objects.filter(pk=late.pk).update(answered_at=AT + timedelta(days=300))
    Response.objects.filter(pk=older.pk).update(answered_at=AT - timedelta(days=12), is_history=True)
    SurveyDecision.objects.filter(resolution=older.resolution).update(outcome="skipped", reason="history")
    asked, first = reports.asked_in(SCOPE), reports.first_contact(SCOPE)
    assert (asked.invited, asked.answered, asked.history) == (1, 1, 1)
    assert (first.assisted, first.disagreements["said_bad"]) == (2, 1), "an import may be older"
    assert survey_agrees(SCOPE, rows()) > 0


def test_the_limits_of_a_long_breakdown_are_one_row_of_the_rest(house: House) -> None:
    mixed(house, 12)
    whole = reports.by(SCOPE, "account")
    short = reports.by(SCOPE, "account", limit=5)
    assert [row.counts.n for row in short[:5]] == [row.counts.n for row in whole[:5]]
    assert {(row.key, row.counts) for row in short[:5]} <= {(row.key, row.counts) for row in whole}
    assert short[5].is_rest
    assert short[5].name == "All others"
    assert sum(row.counts.n for row in short) == sum(row.counts.n for row in whole)
    assert sum(row.asked.resolved for row in short) == sum(row.asked.resolved for row in whole)
    only = reports.by(SCOPE, "agent", only=[house.mara.pk])
    assert [row.key for row in only] == [house.mara.pk]


@pytest.mark.parametrize("name", ["team", "product", "agent", "channel", "shift", "account", "tag", "contacts"])
def test_a_row_of_a_breakdown_is_the_page_filtered_by_it(house: House, name: str) -> None:
    mixed(house, 12)
    segments = [row for row in reports.by(SCOPE, name) if row.key is not None]
    assert segments
    for row in segments:
        narrowed = reports.Scope(SINCE, UNTIL, **{name: row.key})
        assert reports.counts_of(narrowed) == row.counts, row.name
        assert reports.asked_in(narrowed).resolved == row.asked.resolved, row.name
        answers = {answer.pk for answer in narrowed.responses()}
        opened = Selection.of(narrowed).follow_ups().filter(opened_at__gte=SINCE)
        assert {one.response_id for one in opened} <= {*answers, *Response.objects.values_list("pk", flat=True)}
        if name != "team":
            assert {one.response_id for one in opened} <= answers


def test_the_period_before_has_as_many_days_whatever_the_clocks_did() -> None:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    oslo = ZoneInfo("Europe/Oslo")
    # On 25 October 2026 a day has 25 hours there.
    scope = reports.Scope(datetime(2026, 10, 19, tzinfo=oslo), datetime(2026, 10, 26, tzinfo=oslo))
    before = scope.before(oslo)
    assert before.since == datetime(2026, 10, 12, tzinfo=oslo)
    assert before.until == scope.since
    odd = reports.Scope(AT, AT + timedelta(hours=5))
    assert odd.before(oslo).since == AT - timedelta(hours=5)


def test_each_figure_has_its_statements_whatever_the_rows(house: House) -> None:
    selection = Selection.of(SCOPE)
    expected: list[tuple[str, Callable[[], Any], int]] = [
        ("funnel", lambda: reports.funnel(SCOPE, NOW), 1),
        ("movement", lambda: reports.movement(SCOPE), 1),
        ("topics", lambda: reports.by_topic(SCOPE), 3),
        ("first contact", lambda: reports.first_contact(SCOPE), 1),
        ("beside", lambda: reports.beside({}, AT.date()), 1),
        ("weeks", lambda: reports.by_week(SCOPE, ZONE), 1),
        ("teams and funnel", lambda: reports.by_team(SCOPE, NOW), 3),
        ("first contacts", lambda: reports.first_contacts(SCOPE, "team"), 2),
        ("answers given", lambda: reports.given_in(SCOPE, ZONE), 1),
        ("paces", lambda: pace.paces(selection, NOW), 4),
        ("recovery", lambda: recovery.recovery(selection), 1),
        ("outreach", lambda: recovery.outreach(selection), 1),
        ("causes", lambda: loop_reports.by_cause(selection), 2),
    ]
    expected += [
        (name, lambda name=name: reports.by(SCOPE, name, limit=9), 2 + (name in NAMED)) for name in reports.DIMENSIONS
    ]
    for number in (2, 9):  # two: there is a tag then, to be called by its name
        mixed(house, number)
        for name, ask, statements in expected:
            with CaptureQueriesContext(connection) as seen:
                ask()
            assert len(seen) == statements, name
