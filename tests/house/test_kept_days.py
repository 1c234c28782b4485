"""Figures that keep what they counted of a day beside the same counted anew, after every kind of act. PostgreSQL only:
SQLite writes down nothing, and counts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups import pace, recovery
from followups.models import FollowUp
from followups.reports import Selection
from followups.services import reaching_out
from nps import kept_days
from nps.desk.models import Customer, Ticket
from nps.desk.services import accepting, opening, reopening, resolving
from nps.survey import reports
from nps.survey.models import Invitation, Response
from tests import factories
from tests.agreeing import ZONE
from tests.conftest import is_embedded
from tests.factories import AT
from tests.house.test_figures import SINCE, UNTIL, mixed
from tests.managed import NOW, House

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.clock(NOW),
    pytest.mark.skipif(is_embedded(), reason="SQLite writes down no change"),
]
#: no whole days of UTC at its ends
SCOPE = reports.Scope(SINCE - timedelta(hours=5), UNTIL)


@pytest.fixture(autouse=True)
def keeping(settings: Any) -> Iterator[None]:
    settings.KEEPS_DAYS = True
    cache.clear()
    yield
    cache.clear()


def figures(scope: reports.Scope, at: Any = NOW) -> dict[str, Any]:
    selection = Selection.of(scope)
    return {
        "teams and funnel": reports.by_team(scope, at),
        "by agent": reports.by(scope, "agent", limit=2),
        "by account": reports.by(scope, "account"),
        "given": reports.given_in(scope, ZONE),
        "movement": reports.movement(scope),
        "first contact": reports.first_contacts(scope, "team"),
        "paces": pace.paces(selection, at),
        "recovery": recovery.recovery(selection),
        "outreach": recovery.outreach(selection),
    }


def agree(scope: reports.Scope = SCOPE, at: Any = NOW) -> reports.Scope:
    """The figures as they are kept are those that are counted; twice, the second time of what the first has kept."""
    for _ in range(2):
        keeping = scope.keeping_days()
        assert keeping.days is not None
        kept, counted = figures(keeping, at), figures(scope, at)
        for name in counted:
            assert kept[name] == counted[name], name
    return keeping


def resolve_of(house: House, customer: Customer, at: Any) -> Any:
    ticket = opening.open_ticket(
        customer=customer, team=house.billing, subject="Again", at=at - timedelta(hours=1), assignee=house.mara
    )[0]
    return resolving.resolve(ticket=ticket, by=house.mara, at=at)


ACTS: dict[str, Callable[[House], Any]] = {
    "an answer": lambda house: house.answered(2, at=AT - timedelta(days=4)),
    "a later answer of the same customer": lambda house: house.answered(
        10, customer=FollowUp.objects.order_by("pk")[0].customer, at=AT - timedelta(hours=3)
    ),
    "another score": lambda house: Response.objects.filter(pk=Response.objects.order_by("pk")[0].pk).update(score=9),
    "a comment": lambda house: Response.objects.filter(comment="").update(comment="Late."),
    "an answer at another time": lambda house: Response.objects.filter(
        pk=Response.objects.order_by("-answered_at")[0].pk
    ).update(answered_at=AT - timedelta(days=13)),
    "an opened mail": lambda house: Invitation.objects.filter(opened_at=None).update(opened_at=AT),
    "a resolution": lambda house: resolve_of(house, Customer.objects.order_by("pk")[0], AT - timedelta(days=2)),
    "a ticket soon after": lambda house: factories.ticket(
        Response.objects.order_by("pk")[0].customer,
        house.billing,
        at=Response.objects.order_by("pk")[0].resolution.resolved_at + timedelta(days=1),
        product=Response.objects.order_by("pk")[0].resolution.product,
    ),
    "a merged ticket": lambda house: Ticket.objects.filter(pk=Ticket.objects.order_by("pk")[0].pk).update(
        is_duplicate=True
    ),
    "an accepted ticket": lambda house: accepting.accept(
        ticket=Ticket.objects.filter(status="resolved", resolutions__acceptance="pending").order_by("pk")[0], at=AT
    ),
    "a reopened ticket": lambda house: reopening.reopen(
        ticket=Ticket.objects.filter(status="resolved").order_by("-pk")[0], reason="Not solved.", at=AT
    ),
    "a customer reached": lambda house: reaching_out.log_attempt(
        follow_up=FollowUp.objects.filter(status="assigned").order_by("pk")[0],
        via="phone",
        result="reached",
        by=house.sanna,
        at=AT,
    ),
    "a snooze": lambda house: FollowUp.objects.filter(status="assigned").update(due_at=NOW + timedelta(hours=2)),
    "about the product": lambda house: Response.objects.filter(pk=Response.objects.order_by("pk")[1].pk).update(
        about="product"
    ),
    "another customer's ticket": lambda house: Response.objects.filter(pk=Response.objects.order_by("pk")[2].pk).update(
        customer=Customer.objects.order_by("-pk")[0]
    ),
    "another name": lambda house: type(house.billing).objects.filter(pk=house.billing.pk).update(name="Invoices"),
    "nobody's any more": lambda house: FollowUp.objects.filter(status="assigned").update(team=house.chat),
}


@pytest.mark.parametrize("name", ACTS)
def test_what_is_kept_is_what_is_counted_after_every_act(house: House, name: str) -> None:
    mixed(house, 14)
    agree()
    kept_days.note_changes()
    agree()
    ACTS[name](house)
    agree()  # pending: its days are counted
    kept_days.note_changes()
    agree()
    ACTS[name](house) if name not in ("a merged ticket",) else None
    agree()


def test_days_that_did_not_change_are_not_counted_again(house: House) -> None:
    mixed(house, 6)
    kept_days.note_changes()
    agree()
    whole = reports.Scope(*(at.replace(hour=0, minute=0, second=0, microsecond=0) for at in (SINCE, UNTIL)))
    agree(whole)
    keeping = whole.keeping_days()
    with CaptureQueriesContext(connection) as seen:
        reports.movement(keeping), reports.first_contacts(keeping, "channel"), recovery.outreach(Selection.of(keeping))
    assert len(seen) == 1, "first contacts by channel were not asked for before"
    with CaptureQueriesContext(connection) as seen:
        reports.movement(keeping), reports.first_contacts(keeping, "channel")
    assert len(seen) == 0
    house.answered(3, at=AT - timedelta(days=5))
    changed = whole.keeping_days()
    assert changed.days is not None
    with CaptureQueriesContext(connection) as seen:
        reports.movement(changed)
    assert str((AT - timedelta(days=5)).date()) in seen[0]["sql"]
    assert str((AT - timedelta(days=9)).date()) not in seen[0]["sql"]


def test_a_link_that_runs_out_by_the_clock_is_over_in_what_is_kept_too(house: House) -> None:
    mixed(house, 10)
    kept_days.note_changes()
    agree()
    asked = Invitation.objects.filter(delivered_at__isnull=False).order_by("expires_at")
    ends = list(asked.values_list("expires_at", flat=True))
    assert ends[0] < NOW < ends[-1]
    for end in sorted({end for end in ends if end > NOW}):
        for moment in (end - timedelta(seconds=1), end):
            with time_machine.travel(moment, tick=False):
                agree(at=moment)


def test_a_narrowed_scope_keeps_its_own(house: House) -> None:
    mixed(house, 8)
    kept_days.note_changes()
    for narrowing in ({"team": house.chat}, {"channel": "phone"}, {"product": factories.product("Ledger")}, {}):
        agree(replace(SCOPE, **narrowing))
    for narrowing in ({"tag": 1}, {"agent": house.mara}, {"account": 3}, {"team": house.chat, "channel": "phone"}):
        assert replace(SCOPE, **narrowing).keeping_days().days is None


def test_without_the_cache_everything_is_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed(house, 4)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no Redis")

    monkeypatch.setattr(cache, "get_many", broken)
    monkeypatch.setattr(cache, "set_many", broken)
    agree()


def test_a_large_change_and_a_restored_backup_begin_anew(house: House) -> None:
    mixed(house, 4)
    kept_days.note_changes()
    agree()
    customer = Customer.objects.order_by("pk")[0]
    Ticket.objects.bulk_create(
        Ticket(customer=customer, team=house.billing, subject="Many", opened_at=AT, updated_at=AT) for _ in range(201)
    )
    days = SCOPE.keeping_days().days
    assert days is not None
    assert days._dirty >= set(days._whole)
    kept_days.note_changes()
    agree()
    kept_days.forget()
    agree()
    assert kept_days.note_changes() == 1
    agree()


def test_a_day_of_too_many_rows_is_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed(house, 6)
    kept_days.note_changes()
    monkeypatch.setattr(kept_days, "MOST_ROWS", 0)
    agree()
    keeping = SCOPE.keeping_days()
    with CaptureQueriesContext(connection) as seen:
        reports.by_team(keeping, NOW)
    assert not [one["sql"] for one in seen if '"day"' in one["sql"]], "known to be wide: asked for all, without days"
    agree()
