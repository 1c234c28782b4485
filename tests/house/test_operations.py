"""The operators' page: each kind of trouble made for real, seen on it and in /readyz, and mended from it."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import health, operations
from config.meanings import MEANINGS
from followups.models import FollowUp, HistoryEntry
from nps.desk.models import Customer, Shift
from nps.desk.services import resolving
from nps.managing import list_of
from nps.outbox.models import Delivery, Heartbeat, ReceiverFailure
from nps.outbox.services import delivering
from nps.survey.models import Invitation, SurveyDecision
from nps.survey.signals import response_recorded
from tests import factories
from tests.managed import NOW, House, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]

PAGE = "/admin/operations/"


@pytest.fixture
def house() -> House:
    opened = House.open()
    for name in ("worker", "beat"):
        Heartbeat.beat(name=name, at=NOW - timedelta(seconds=3), pid=1)
    return opened


def tones(page: Any) -> dict[str, str]:
    return {one.key: one.tone for one in page.context["findings"]}


def text_of(page: Any, section: str) -> str:
    html = page.content.decode()
    found = re.search(rf'(?s)<section class="p c\d+" id="{section}">(.*?)</section>', html)
    assert found
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1])))


def give_up(house: House, number: int) -> list[Delivery]:
    """So many mails the server refused for good."""
    before = Customer.objects.count()
    for one in range(before, before + number):
        customer = factories.customer(f"Refused {one}", email=f"refused{one}@fjordvik.example")
        resolving.resolve(ticket=factories.ticket(customer, house.billing), by=house.mara, at=NOW)
    verdict = delivering.Verdict(delivering.VerdictKind.REFUSED, "mail server said 554 no")
    return [
        delivery
        for delivery in delivering.claim(at=NOW, limit=1000)
        if delivering.write_verdict(delivery, verdict, NOW)
    ]


# ---- who ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("who", "status"), [("root", 200), ("manager", 200), ("auditor", 200), ("lead", 403)])
def test_managers_and_auditors_see_it_and_find_it_on_the_first_page(house: House, who: str, status: int) -> None:
    client = browser_of(getattr(house, who))
    assert client.get(PAGE).status_code == status
    first = client.get(reverse("admin:index")).content.decode()
    assert (f'href="{PAGE}"' in first) == (status == 200)
    assert client.get(f"{PAGE}send-again/").status_code in (403, 405)


def test_others_do_not(house: House) -> None:
    assert browser_of(house.sanna).get(PAGE, follow=True).status_code == 403
    assert Client().get(PAGE).status_code == 302


# ---- what -----------------------------------------------------------------------------------------------------
def test_every_line_of_readyz_has_its_meaning_and_is_on_the_page(house: House) -> None:
    names = ["database", "broker", *list(health.DATABASE_QUESTIONS)[1:]]
    assert list(MEANINGS) == names
    page = browser_of(house.manager).get(PAGE)
    assert [one.key for one in page.context["findings"]] == names
    assert set(tones(page).values()) == {"good"}, tones(page)
    for one in page.context["findings"]:
        if one.href:
            assert browser_of(house.manager).get(one.href).status_code == 200, one.key


def test_old_signs_of_life_and_late_mail_say_what_to_do(house: House) -> None:
    Heartbeat.objects.all().update(at=NOW - timedelta(minutes=5))
    house.answered(9, at=NOW - timedelta(minutes=20))
    Invitation.objects.all().update(delivered_at=None)
    found = {one.key: one for one in browser_of(house.manager).get(PAGE).context["findings"]}
    for name, figure in (("worker", "5 min"), ("beat", "5 min"), ("oldest_due_delivery", "20 min")):
        assert (found[name].tone, found[name].figure) == ("bad", figure)
        assert found[name].note == MEANINGS[name].advice


def test_a_question_that_breaks_hides_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(at: object) -> dict[str, Any]:
        raise RuntimeError("broken")

    monkeypatch.setitem(health.DATABASE_QUESTIONS, "stuck_leases", broken)
    page = browser_of(house.manager).get(PAGE)
    assert tones(page)["stuck_leases"] == "bad"
    assert tones(page)["dead_deliveries"] == "good"


# ---- mails ----------------------------------------------------------------------------------------------------
def test_mails_not_sent_are_sent_again_one_many_or_all(house: House) -> None:
    first, second, third, *_ = give_up(house, 5)
    client = browser_of(house.manager)
    page = client.get(PAGE)
    assert tones(page)["dead_deliveries"] == "warn"
    assert "554 no" in text_of(page, "dead")
    assert first.recipient in text_of(page, "dead")

    chosen = {"action": "send_again", "_selected_action": [first.pk, second.pk], "back": PAGE}
    done = client.post(list_of(Delivery), chosen)
    assert (done.status_code, done["Location"]) == (302, PAGE)
    assert "2 deliveries queued again" in client.get(PAGE).content.decode()
    assert set(Delivery.objects.dead().values_list("pk", flat=True)).isdisjoint({first.pk, second.pk})

    left = {"action": "let_go", "_selected_action": third.pk, "apply": "1", "reason": "Their server is gone"}
    client.post(list_of(Delivery), left)
    third.refresh_from_db()
    assert third.status == "cancelled"
    assert third.last_error == f"mail server said 554 no Let go: Their server is gone ({house.manager})"

    assert client.post(f"{PAGE}send-again/").status_code == 302
    assert Delivery.objects.dead().count() == 0
    assert Delivery.objects.filter(status="queued", due_at=NOW).count() == 4
    assert LogEntry.objects.get(object_repr="2 mails not sent").user == house.manager
    assert "2 mails are queued again" in client.get(PAGE).content.decode()


def test_the_oldest_go_first_where_there_are_more_than_one_press_takes(house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr(operations, "MOST_AT_ONCE", 2)
    old = give_up(house, 3)[0]
    Delivery.objects.filter(pk=old.pk).update(settled_at=NOW - timedelta(days=1))
    browser_of(house.manager).post(f"{PAGE}send-again/")
    assert Delivery.objects.dead().count() == 1
    old.refresh_from_db()
    assert old.status == "queued"


def test_an_auditor_reads_and_sends_nothing(house: House) -> None:
    (dead,) = give_up(house, 1)
    client = browser_of(house.auditor)
    page = client.get(PAGE)
    assert "Send the chosen again" not in page.content.decode()
    assert client.post(f"{PAGE}send-again/").status_code == 403
    client.post(list_of(Delivery), {"action": "send_again", "_selected_action": dead.pk, "back": PAGE})
    assert Delivery.objects.dead().count() == 1


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
def test_the_way_back_stays_on_this_site(house: House, back: str) -> None:
    (dead,) = give_up(house, 1)
    sent = {"action": "send_again", "_selected_action": dead.pk, "back": back}
    done = browser_of(house.manager).post(list_of(Delivery), sent)
    assert done.status_code == 302
    assert done["Location"].startswith("/admin/nps/delivery/")


def test_a_lost_sender_shows_until_somebody_takes_over(house: House) -> None:
    resolving.resolve(ticket=factories.ticket(factories.customer(), house.billing), by=house.mara, at=NOW)
    delivering.claim(at=NOW, limit=1)
    client = browser_of(house.manager)
    assert tones(client.get(PAGE))["stuck_leases"] == "good", "in flight is no trouble"
    with time_machine.travel(NOW + delivering.LEASE + timedelta(seconds=61), tick=False):
        page = client.get(PAGE)
        assert tones(page)["stuck_leases"] == "bad"
        assert "survey.invitation" in text_of(page, "stuck")


# ---- the loop -------------------------------------------------------------------------------------------------
def test_whom_nobody_can_call_is_listed(house: House) -> None:
    Shift.objects.all().delete()
    follow_up = house.follow_up(3)
    assert follow_up.has_nobody_eligible
    page = browser_of(house.manager).get(PAGE)
    assert tones(page)["unassigned_follow_ups"] == "warn"
    assert str(follow_up.customer) in text_of(page, "nobody")


def test_the_audit_lists_what_is_missing(house: House) -> None:
    house.follow_up(3)
    orphan, changed = house.follow_up(7), house.follow_up(5)
    HistoryEntry.objects.filter(follow_up=orphan)._raw_delete("default")
    FollowUp.objects.filter(pk=orphan.pk).delete()
    FollowUp.objects.filter(pk=changed.pk).update(score=4)
    house.answered(9)
    page = browser_of(house.manager).get(PAGE)
    audit = page.context["audit"]
    assert (audit.low, audit.followed, audit.missing, audit.stale) == (3, 2, 1, 1)
    assert tones(page)["low_scores_without_follow_up"] == "bad"
    assert f"{orphan.response_id} 7 {orphan.customer}" in text_of(page, "audit")


def test_a_resolution_without_a_decision_is_shown(house: House) -> None:
    resolution = resolving.resolve(ticket=factories.ticket(factories.customer(), house.billing), by=house.mara, at=NOW)
    SurveyDecision.objects.filter(resolution=resolution).delete()
    client = browser_of(house.manager)
    found = next(one for one in client.get(PAGE).context["findings"] if one.key == "undecided_resolutions")
    assert (found.tone, found.figure) == ("bad", "1")
    assert list(client.get(found.href).context["cl"].queryset) == [resolution]


def test_a_receiver_that_breaks_is_on_the_page_until_somebody_has_looked(house: House, settings: Any) -> None:
    settings.STRICT_WIRES = False

    def call_the_customer(sender: object, **kwargs: object) -> None:
        raise ValueError("Ingrid Solheim <ingrid@fjordvik.example> has no number\nmore of it")

    response_recorded.connect(call_the_customer, weak=False, dispatch_uid="tests.broken")
    try:
        first = house.answered(3)
        house.answered(9)
    finally:
        response_recorded.disconnect(dispatch_uid="tests.broken")
    assert FollowUp.objects.filter(response=first).exists(), "the others were not disturbed"
    client = browser_of(house.manager)
    page = client.get(PAGE)
    assert tones(page)["failed_receivers"] == "warn"
    said = text_of(page, "failed")
    assert "call_the_customer" in said
    assert "ValueError: Ingrid Solheim <…@…> has no number" in said
    assert "more of it" not in said
    row = ReceiverFailure.objects.get()
    assert row.times == 2

    seen = {"action": "seen", "_selected_action": row.pk, "back": PAGE}
    assert client.post(list_of(ReceiverFailure), seen)["Location"] == PAGE
    assert tones(client.get(PAGE))["failed_receivers"] == "good"
    ReceiverFailure.note(receiver=row.receiver, at=NOW, error=ValueError("again"))
    assert tones(client.get(PAGE))["failed_receivers"] == "warn"


# ---- how much it costs ----------------------------------------------------------------------------------------
def statements(client: Client) -> int:
    client.get(PAGE)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(PAGE).status_code == 200
    return len(seen)


def test_statements_do_not_grow_with_the_rows(house: House) -> None:
    client = browser_of(house.manager)

    def trouble(number: int) -> None:
        house.fill(number)
        give_up(house, number)
        for one in range(number):
            ReceiverFailure.note(receiver=f"receiver {one}", at=NOW, error=ValueError())
        answers = [house.answered(4) for _ in range(number)]
        HistoryEntry.objects.filter(follow_up__response__in=answers)._raw_delete("default")
        FollowUp.objects.filter(response__in=answers).delete()
        FollowUp.objects.filter(status="open").update(has_nobody_eligible=True)

    trouble(3)
    few = statements(client)
    trouble(20)
    assert statements(client) == few
    assert few <= 28
