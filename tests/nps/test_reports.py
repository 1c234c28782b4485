"""Figures of the survey, against the same counted by hand over rows that the verbs wrote."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nps.desk.models import Resolution, Team, Ticket
from nps.desk.services import resolving
from nps.survey import reports
from nps.survey.models import Invitation, Response, SurveyDecision
from nps.survey.scoring import Counts, nps
from nps.survey.services import answering, deciding
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
OSLO = ZoneInfo("Europe/Oslo")
SINCE, UNTIL = AT - timedelta(days=7), AT + timedelta(days=7)


def resolved(team: Team, at: datetime = AT, **ticket_fields) -> Resolution:
    customer = ticket_fields.pop("customer", None) or factories.customer()
    ticket = factories.ticket(customer, team, at=at - timedelta(hours=1), **ticket_fields)
    return resolving.resolve(ticket=ticket, at=at)


def answer(
    resolution: Resolution, score: int, *, at: datetime | None = None, is_delivered: bool = True, **fields
) -> Response:
    invitation = Invitation.objects.select_related("resolution__account").get(resolution=resolution)
    at = at or resolution.resolved_at + timedelta(hours=2)
    if is_delivered:
        Invitation.objects.filter(pk=invitation.pk).update(delivered_at=resolution.resolved_at)
    return answering.record_answer(invitation=invitation, score=str(score), at=at, **fields)[0]


def report(**narrower) -> reports.NpsReport:
    return reports.nps_report(since=SINCE, until=UNTIL, **narrower)


def test_an_empty_database_has_no_score_and_divides_by_nothing() -> None:
    empty = report()
    assert empty.counts.n == 0
    assert empty.nps.point is None
    assert empty.rate_of_resolved.share is None
    assert empty.rate_of_delivered.share is None
    assert sum(empty.decisions.values()) == 0
    assert reports.by(reports.Scope(SINCE, UNTIL), "team") == ()


def test_both_rates_and_the_score_by_hand() -> None:
    billing = factories.team()
    rows = [resolved(billing) for _ in range(6)]
    for resolution, score in zip(rows[:4], (10, 9, 7, 3), strict=True):
        answer(resolution, score)
    Invitation.objects.filter(resolution=rows[4]).update(delivered_at=AT)  # delivered, silent; the sixth never arrived

    found = report()
    assert found.counts == Counts.of([10, 9, 7, 3])
    assert found.nps == nps(Counts.of([10, 9, 7, 3]))
    assert found.nps.point == 25
    assert (found.resolved, found.invited, found.delivered, found.answered) == (6, 6, 5, 4)
    assert found.rate_of_resolved.share == pytest.approx(4 / 6)
    assert found.rate_of_delivered.share == pytest.approx(4 / 5)


def test_every_resolution_is_in_exactly_one_decision() -> None:
    billing = factories.team()
    resolved(billing)
    resolved(billing, customer=factories.customer(email=""))
    resolved(billing, customer=factories.customer(is_internal=True))
    resolved(billing, is_duplicate=True)
    undecided = resolved(billing)
    Invitation.objects.filter(resolution=undecided).delete()
    SurveyDecision.objects.filter(resolution=undecided).delete()

    found = report()
    assert found.resolved == 5
    expected = {"invited": 1, "no_address": 1, "internal": 1, "duplicate": 1, "undecided": 1}
    assert {name: count for name, count in found.decisions.items() if count} == expected
    assert sum(found.decisions.values()) == found.resolved


def test_history_counts_in_the_score_and_in_no_rate() -> None:
    billing = factories.team()
    answer(resolved(billing), 9)
    imported = resolved(billing)
    Invitation.objects.filter(resolution=imported).delete()
    SurveyDecision.objects.filter(resolution=imported).delete()
    deciding.decide(resolution=imported, at=AT, is_history=True)
    told = resolved(billing)
    answer(told, 2, origin=Response.Origin.IMPORTED, is_history=True)

    found = report()
    assert found.counts == Counts.of([9, 2])
    assert found.history == 1
    assert found.resolved == 2
    assert found.answered == 1


def test_an_answer_by_phone_before_any_mail_is_in_one_rate_only() -> None:
    resolution = resolved(factories.team())
    answer(resolution, 8, origin=Response.Origin.PHONE, is_delivered=False)
    found = report()
    assert (found.rate_of_resolved.numerator, found.rate_of_resolved.denominator) == (1, 1)
    assert (found.rate_of_delivered.numerator, found.rate_of_delivered.denominator) == (0, 0)


def test_the_period_takes_its_first_moment_and_not_its_last() -> None:
    billing = factories.team()
    for at in (SINCE - timedelta(microseconds=1), SINCE, UNTIL - timedelta(microseconds=1), UNTIL):
        answer(resolved(billing, at=at - timedelta(hours=1)), 9, at=at)
    assert report().counts.n == 2
    assert report().resolved == 2


def test_filters_narrow_answers_and_resolutions_alike() -> None:
    billing, chat = factories.team(), factories.team("Chat")
    ledger = factories.product()
    mara = factories.agent("mara", billing)
    answer(resolved(billing, assignee=mara, product=ledger), 10)
    answer(resolved(chat, channel="phone"), 1)

    for narrower in (
        {"team": billing},
        {"product": ledger},
        {"agent": mara},
        {"channel": "email"},
        {"team": billing.pk},
    ):
        found = report(**narrower)
        assert found.counts == Counts.of([10]), narrower
        assert (found.resolved, found.answered) == (1, 1), narrower
    assert report(team=billing, channel="phone").counts.n == 0


def test_a_breakdown_adds_up_to_the_whole_and_names_what_is_not_set() -> None:
    billing, chat = factories.team(), factories.team("Chat")
    answer(resolved(billing, product=factories.product()), 10)
    answer(resolved(billing), 3)
    answer(resolved(chat), 9)
    resolved(chat)

    scope = reports.Scope(SINCE, UNTIL)
    for dimension in reports.DIMENSIONS:
        segments = reports.by(scope, dimension)
        assert sum((segment.counts for segment in segments), Counts()) == report().counts, dimension
        assert sum(segment.asked.resolved for segment in segments) == 4, dimension
    assert [segment.name for segment in reports.by(scope, "team")] == ["Billing", "Chat"]
    by_product = reports.by(scope, "product")
    assert [(segment.name, segment.key is None) for segment in by_product] == [("Ledger", False), ("Not set", True)]
    assert [segment.name for segment in reports.by(scope, "channel")] == ["E-mail"]


def test_weeks_begin_on_mondays_of_the_zone_and_none_is_left_out() -> None:
    billing = factories.team()
    # 23:30 UTC on a Sunday is Monday 00:30 in Oslo, the next week's first hour.
    sunday_night = datetime(2026, 11, 15, 23, 30, tzinfo=ZoneInfo("UTC"))
    answer(resolved(billing, at=sunday_night - timedelta(days=1)), 10, at=sunday_night)
    answer(resolved(billing, at=AT), 2, at=AT + timedelta(hours=1))
    scope = reports.Scope(AT - timedelta(days=14), AT + timedelta(days=7))
    weeks = reports.by_week(scope, OSLO)
    assert [week.begins_on.isoformat() for week in weeks] == ["2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"]
    assert [week.counts.n for week in weeks] == [0, 0, 2, 0]
    assert [week.counts.n for week in reports.by_week(scope, ZoneInfo("UTC"))] == [0, 1, 1, 0]


def test_weeks_too_thin_to_score_are_read_together() -> None:
    def weeks(*answers: int) -> list[reports.Week]:
        first = AT.date() - timedelta(days=AT.weekday())
        tallies = [Counts.tallied({9: count}) for count in answers]
        return [
            reports.Week(first + timedelta(weeks=place), counts, nps(counts)) for place, counts in enumerate(tallies)
        ]

    enough = weeks(40, 10, 40, 0)
    assert reports.legible(enough) == tuple(enough)
    thin = weeks(5, 20, 20, 15, 25)
    spans = reports.legible(thin)
    assert [(span.counts.n, span.weeks) for span in spans] == [(5, 2), (40, 2), (40, 2)]
    assert spans[1].begins_on == thin[1].begins_on
    hopeless = weeks(1, 1, 1)
    assert reports.legible(hopeless) == tuple(hopeless)
    assert reports.legible([]) == ()
    alone = weeks(90)
    assert reports.legible(alone) == tuple(alone)


def test_the_period_before_is_as_long_and_touches() -> None:
    before = reports.Scope(SINCE, UNTIL, channel="phone").before()
    assert (before.since, before.until, before.channel) == (SINCE - (UNTIL - SINCE), SINCE, "phone")


@pytest.mark.parametrize("tickets", [1, 12])
def test_statements_do_not_grow_with_the_rows(tickets: int) -> None:
    for number in range(tickets):
        team = Team.objects.filter(name=f"Team {number % 4}").first() or factories.team(f"Team {number % 4}")
        answer(resolved(team), number % 11)
    assert Ticket.objects.count() == tickets
    scope = reports.Scope(SINCE, UNTIL)
    expected = [
        (lambda: reports.report_of(scope), 2),
        (lambda: reports.by(scope, "team"), 3),
        (lambda: reports.by_week(scope, OSLO), 1),
        (lambda: reports.counts_of(scope.before()), 1),
    ]
    for ask, statements in expected:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ask()
        assert len(asked) == statements
