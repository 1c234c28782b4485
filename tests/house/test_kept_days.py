"""Figures that keep what they counted of a day beside the same counted anew, after every kind of act. PostgreSQL only:
SQLite writes down nothing, and counts."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat
from random import Random
from typing import Any

import pytest
import time_machine
from django.core.cache import cache as shared
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from followups import pace, recovery
from followups.models import FollowUp
from followups.reports import Selection
from followups.services import reaching_out
from nps import kept_days
from nps.desk.models import Customer, Resolution, Tag, Ticket
from nps.desk.services import accepting, opening, reopening, resolving
from nps.errors import Conflict
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
    kept_days._patient_from = 0.0
    shared.clear()
    yield
    shared.clear()


def figures(scope: reports.Scope, at: Any = NOW) -> dict[str, Any]:
    selection = Selection.of(scope)
    return {
        "teams and funnel": reports.by_team(scope, at),
        "by agent": reports.by(scope, "agent", limit=2),
        "by account": reports.by(scope, "account"),
        "by tag": reports.by(scope, "tag", limit=2),
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
    "another tag": lambda house: Ticket.objects.order_by("pk")[3].tags.add(Tag.objects.get_or_create(name="Late")[0]),
    "no tag": lambda house: Ticket.objects.filter(tags__isnull=False).order_by("pk")[0].tags.clear(),
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

    monkeypatch.setattr(shared, "get_many", broken)
    monkeypatch.setattr(shared, "set_many", broken)
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


# ---- what was wrong once -----------------------------------------------------------------------------------------
def test_two_filters_never_share_what_is_kept() -> None:
    both = reports.Scope(SINCE, UNTIL, shift="Night", account=2)
    one = reports.Scope(SINCE, UNTIL, shift="Night account=2")
    assert both.narrowing != one.narrowing
    assert Selection.of(both).narrowing != Selection.of(one).narrowing


def test_a_deadline_at_this_very_moment_is_not_kept_beyond_it(house: House) -> None:
    follow_up = house.follow_up(4, at=AT - timedelta(days=2))
    FollowUp.objects.filter(pk=follow_up.pk).update(due_at=NOW)
    kept_days.note_changes()
    agree()
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        agree(at=NOW + timedelta(seconds=1))


def test_the_rows_of_a_limit_do_not_depend_on_the_order_of_days(house: House) -> None:
    for name, days in (("A", 2), ("B", 5)):
        customer = factories.customer(name, account=factories.account(name))
        resolve_of(house, customer, AT - timedelta(days=days))
    kept_days.note_changes()
    counted = reports.by(SCOPE, "account", limit=1)
    assert reports.by(SCOPE.keeping_days(), "account", limit=1) == counted


def test_what_is_older_than_its_resolution_is_none_of_it_in_any_period(house: House) -> None:
    answer = house.answered(3, at=AT - timedelta(days=5))
    house.answered(3, at=AT - timedelta(days=9))
    Response.objects.filter(pk=answer.pk).update(answered_at=AT - timedelta(days=7))
    kept_days.note_changes()
    reports.by(replace(SCOPE, since=AT - timedelta(days=6)).keeping_days(), "team")
    agree()
    assert reports.asked_in(SCOPE).answered == 1


def test_a_dump_can_be_loaded_without_a_search_path(house: House) -> None:
    answer = house.answered(3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', '', true)")
        cursor.execute("UPDATE public.nps_response SET score = 4 WHERE id = %s", [answer.pk])
        cursor.execute("SELECT count(*) FROM public.nps_touched WHERE customer_id = %s", [answer.customer_id])
        assert cursor.fetchone()[0] > 0
        cursor.execute("SET LOCAL search_path TO DEFAULT")


def test_all_time_keeps_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed(house, 2)
    kept_days.note_changes()
    monkeypatch.setattr(shared, "set_many", lambda *args, **kwargs: pytest.fail("a key for each day there ever was"))
    agree(reports.Scope(SINCE - timedelta(days=9000), UNTIL))


def test_a_slow_cache_is_left_alone_for_a_while(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    clock = chain((0.0, 1.0), repeat(1.0))  # the first answer takes a second

    def slow(keys: list[str]) -> dict[str, Any]:
        asked.append(len(keys))
        return {}

    mixed(house, 2)
    kept_days.note_changes()
    monkeypatch.setattr(kept_days, "monotonic", lambda: next(clock))
    monkeypatch.setattr(shared, "get_many", slow)
    figures(SCOPE.keeping_days())
    assert len(asked) == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_in_whatever_order(house: House, seed: int) -> None:
    """Acts, noted or not, at moments that pass deadlines; now and then taken back."""
    chance, now = Random(seed), NOW
    mixed(house, 10)
    scopes = (
        SCOPE,
        replace(SCOPE, since=SINCE.replace(hour=0), until=UNTIL + timedelta(days=30)),
        replace(SCOPE, since=AT - timedelta(days=7, minutes=30), team=house.chat),
        replace(SCOPE, since=AT - timedelta(hours=30), until=AT - timedelta(hours=3)),
    )

    def random_of(model: Any) -> Any:
        return model.objects.filter(pk=chance.choice(list(model.objects.values_list("pk", flat=True))))

    raw: list[Callable[[], Any]] = [
        lambda: random_of(Response).update(score=chance.randint(0, 10)),
        lambda: random_of(Resolution).update(contacts=chance.randint(0, 6), handovers=chance.randint(0, 2)),
        lambda: random_of(Resolution).update(is_first_contact=chance.random() < 0.5, shift_name="Night"),
        lambda: random_of(Invitation).update(expires_at=now + timedelta(minutes=chance.randint(-100, 3000))),
        lambda: random_of(FollowUp).update(opened_at=AT - timedelta(days=chance.randint(1, 15))),
        lambda: random_of(FollowUp).update(first_contact_due_at=now + timedelta(minutes=chance.randint(-100, 3000))),
        lambda: random_of(Ticket).update(is_duplicate=chance.random() < 0.5),
        lambda: random_of(Ticket).update(opened_at=AT - timedelta(days=chance.randint(1, 15))),
        lambda: house.answered(chance.randint(0, 10), customer=random_of(Customer).get(), at=AT - timedelta(days=1)),
    ]
    for _ in range(25):
        now += timedelta(minutes=chance.choice([0, 1, 300, 2000]))
        with time_machine.travel(now, tick=False):
            with suppress(Conflict, IndexError, RuntimeError), transaction.atomic():
                chance.choice([*raw, *(lambda act=act: act(house) for act in ACTS.values())])()
                if chance.random() < 0.2:
                    raise RuntimeError("taken back")
            if chance.random() < 0.5:
                kept_days.note_changes()
            agree(chance.choice(scopes), at=now)
