"""Opening and assigning by their verbs, with real commits."""

import contextlib
import re
from datetime import UTC, datetime, time, timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection

from followups import tasks
from followups.models import FollowUp, HeldNotice
from followups.rules import IllegalTransition
from followups.services import assigning, digesting, opening, rescoring
from followups.services.moving import ChangedMeanwhile
from nps.desk.models import Absence
from nps.desk.services import resolving
from nps.errors import NotAllowed
from nps.outbox.models import Delivery
from nps.survey.models import Invitation, Response
from nps.survey.services import answering
from tests import factories
from tests.at_once import at_once
from tests.factories import AT
from tests.outreach import answered, opened

pytestmark = pytest.mark.django_db(transaction=True)


# ---- opening --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("score", range(11))
def test_eight_and_below_open_exactly_one(billing, mara, score) -> None:
    response = answered(billing, mara, score)
    assert FollowUp.objects.filter(response=response).count() == (score <= 8)
    assert opening.open_missing(at=AT) == 0


def test_deadlines_follow_the_owning_teams_working_hours(billing, mara) -> None:
    friday_1500_oslo = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
    follow_up = opened(billing, mara, 5, at=friday_1500_oslo)
    assert follow_up.first_contact_due_at == datetime(2026, 11, 23, 14, 0, tzinfo=UTC), "1 h Friday + 7 h Monday"
    assert follow_up.due_at == follow_up.first_contact_due_at


def test_a_key_account_gets_the_strict_policy_whatever_the_score(billing, mara) -> None:
    assert opened(billing, mara, 8).policy.slug == "near"
    assert opened(billing, mara, 8, account=factories.account(is_key=True)).policy.slug == "low"


def test_the_answer_is_kept_when_the_follow_up_fails_and_the_sweep_opens_it(
    billing, mara, settings, monkeypatch
) -> None:
    settings.STRICT_WIRES = False
    with monkeypatch.context() as broken:
        broken.setattr(opening, "policy_for", lambda **_: 1 / 0)
        response = answered(billing, mara, 2)
    assert Response.objects.get() == response
    assert not FollowUp.objects.exists()
    assert opening.missing().count() == 1
    assert opening.open_missing(at=AT + timedelta(minutes=1)) == 1
    assert opening.missing().count() == 0


def test_changes_of_mind_make_one_follow_up_with_its_history(billing, mara) -> None:
    response = answered(billing, mara, 9)
    for hour, score in enumerate((3, 9, 2), start=1):
        answering.change_score(response=response, score=score, at=AT + timedelta(hours=hour))
    follow_up = FollowUp.objects.get()
    assert follow_up.score == 2
    assert [entry.verb for entry in follow_up.history.order_by("pk")] == ["open", "score_changed", "score_changed"]


def test_a_change_the_follow_up_missed_is_made_good_by_the_sweep(billing, mara, settings, monkeypatch) -> None:
    settings.STRICT_WIRES = False
    response = answered(billing, mara, 7)
    with monkeypatch.context() as broken:
        broken.setattr(rescoring, "note_change", lambda **_: 1 / 0)
        answering.change_score(response=response, score=2, at=AT + timedelta(hours=1))
    follow_up = FollowUp.objects.get()
    assert follow_up.score == 7
    for _ in range(2):
        rescoring.note_missed_changes(at=AT + timedelta(hours=2))
    follow_up.refresh_from_db()
    assert follow_up.score == 2
    (entry,) = follow_up.history.filter(verb="score_changed")
    assert (entry.detail["from"], entry.detail["to"]) == (7, 2)


# ---- assigning ------------------------------------------------------------------------------------------------
def test_on_shift_first_then_language_then_load_and_never_the_rated_one(billing, mara) -> None:
    night = factories.agent("nina", billing, starts=time(22), ends=time(6), languages=["nb", "en"])
    tomas = factories.agent("tomas", billing, languages=["en"])
    kari = factories.agent("kari", billing, languages=["nb", "en"])
    assert assigning.assign(follow_up=opened(billing, mara, language="nb"), at=AT) == kari
    assert assigning.assign(follow_up=opened(billing, mara), at=AT) == tomas, "least load"
    two_at_night = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
    assert assigning.assign(follow_up=opened(billing, mara, at=two_at_night), at=two_at_night) == night


def test_nobody_on_shift_whose_shift_begins_first(billing, mara) -> None:
    factories.agent("late", billing, starts=time(14), ends=time(22))
    early = factories.agent("early", billing, starts=time(6), ends=time(12))
    five = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
    assert assigning.assign(follow_up=opened(billing, mara, at=five), at=five) == early


def test_another_team_helps_while_the_owner_sleeps(billing, mara, sanna) -> None:
    tokyo = factories.team("Tokyo", zone="Asia/Tokyo")
    aiko = factories.agent("aiko", tokyo, zone="Asia/Tokyo")
    night_in_oslo = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
    follow_up = opened(billing, mara, at=night_in_oslo)
    assert assigning.assign(follow_up=follow_up, at=night_in_oslo) == aiko
    follow_up.policy.__class__.objects.update(uses_any_team=False)
    factories.Remembered.forget_all()
    other = opened(billing, mara, at=night_in_oslo)
    assert assigning.assign(follow_up=other, at=night_in_oslo) == sanna


def test_nobody_eligible_stays_open_flagged_and_told_once(billing, mara) -> None:
    lead = factories.agent("lena", billing, starts=None, is_lead=True, role="Leads")
    follow_up = opened(billing, mara)
    for _ in range(3):
        assert assigning.assign_waiting(at=AT) == 0
    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.has_nobody_eligible) == ("open", True)
    assert list(Delivery.objects.filter(purpose="followups.nobody").values_list("recipient", flat=True)) == [lead.email]
    factories.agent("back", billing)
    assert assigning.assign_waiting(at=AT) == 1


def test_an_absence_counts_as_not_on_shift(billing, mara, sanna) -> None:
    tomas = factories.agent("tomas", billing)
    Absence.objects.create(user=sanna, starts_at=AT - timedelta(hours=1), ends_at=AT + timedelta(days=2))
    assert assigning.assign(follow_up=opened(billing, mara), at=AT) == tomas


def test_a_batch_is_spread_evenly(billing, mara, sanna) -> None:
    tomas = factories.agent("tomas", billing)
    for _ in range(10):
        opened(billing, mara)
    assert assigning.assign_waiting(at=AT) == 10
    assert FollowUp.objects.filter(assignee=sanna).count() == FollowUp.objects.filter(assignee=tomas).count() == 5


def written(follow_up: FollowUp) -> tuple[list[object], list[object]]:
    """What an assignment left of it: lines of the history without how many were open, and mails."""
    lines = follow_up.history.order_by("pk").values_list("verb", "from_status", "to_status", "sentence", "detail")
    mails = Delivery.objects.filter(subject_id=follow_up.pk, purpose__startswith="followups.").order_by("pk")
    return (
        [(*line[:3], re.sub(r"with \d+ open", "", line[3]), line[4]) for line in lines],
        list(mails.values_list("purpose", "recipient", "key", "priority", "due_at")),
    )


def state_of(follow_up: FollowUp) -> dict[str, object]:
    return {name: getattr(follow_up, name) for name in ("status", "version", "assignee", "assigned_at", "hand_overs",
            "has_nobody_eligible", "is_repeat_detractor", "acknowledged_at")}  # fmt: skip


def test_together_comes_to_the_same_as_one_by_one(billing, mara, sanna) -> None:
    factories.agent("lena", billing, starts=None, is_lead=True, role="Leads")
    made, again = ([opened(billing, mara, score) for score in (2, 6, 8)] for _ in range(2))
    for one in made:
        assert assigning.assign(follow_up=one, at=AT) == sanna
    assert assigning.assign_waiting(at=AT) == len(again)
    for one, other in zip(made, again, strict=True):
        one.refresh_from_db()
        other.refresh_from_db()
        assert state_of(one) == state_of(other)
        assert written(one) == written(other)


def test_together_too_each_is_told_in_the_way_they_chose(billing, mara, sanna) -> None:
    tomas = factories.agent("tomas", billing)
    digesting.choose(user=sanna, ways={"assigned": "digest"}, at=AT)
    digesting.choose(user=tomas, ways={"assigned": "off"}, at=AT)
    lena = factories.agent("lena", billing)
    for _ in range(6):
        opened(billing, mara)
    assert assigning.assign_waiting(at=AT) == 6
    assert HeldNotice.objects.filter(user=sanna, kind="assigned").count() == 2
    assert [one.recipient for one in Delivery.objects.filter(purpose="followups.assigned")] == [lena.email] * 2


def test_one_that_cannot_be_assigned_costs_the_others_nothing(billing, mara, sanna, monkeypatch, caplog) -> None:
    bad, *_ = [opened(billing, mara) for _ in range(4)]
    tell, tell_all = assigning.tell_assignee, assigning.tell_assignees

    def refuse(follow_up: FollowUp, *args: object) -> None:
        if follow_up == bad:
            raise ZeroDivisionError
        tell(follow_up, *args)

    def refuse_all(given: list[tuple[FollowUp, object]], at: datetime) -> None:
        tell_all(given, at)
        if bad in [follow_up for follow_up, _ in given]:
            raise ZeroDivisionError

    monkeypatch.setattr(assigning, "tell_assignee", refuse)
    monkeypatch.setattr(assigning, "tell_assignees", refuse_all)
    assert assigning.assign_waiting(at=AT) == 3
    assert list(FollowUp.objects.filter(status="open")) == [bad]
    assert not bad.history.filter(verb="assign").exists()
    assert Delivery.objects.filter(purpose="followups.assigned").count() == 3, "no mail twice, and none of the bad one"
    assert f"follow-up {bad.pk} could not be assigned" in caplog.text
    monkeypatch.undo()
    assert assigning.assign_waiting(at=AT) == 1


def test_two_sweeps_and_a_claim_at_once_give_each_to_one(billing, mara, sanna) -> None:
    tomas = factories.agent("tomas", billing)
    made = [opened(billing, mara) for _ in range(12)]

    def claim() -> None:
        with contextlib.suppress(ChangedMeanwhile, IllegalTransition):
            assigning.claim(follow_up=FollowUp.objects.select_related("policy").get(pk=made[3].pk), by=tomas, at=AT)

    assert at_once(*[lambda: assigning.assign_waiting(at=AT)] * 3, claim) == []
    assigning.assign_waiting(at=AT)
    assert not FollowUp.objects.filter(status="open").exists()
    for one in made:
        assert one.history.filter(verb__in=["assign", "claim"]).count() == 1
        one.refresh_from_db()
        assert one.version == 2


def test_one_beat_assigns_batch_after_batch(billing, mara, sanna, monkeypatch) -> None:
    for _ in range(5):
        opened(billing, mara)
    monkeypatch.setattr(assigning, "assign_waiting", partial(assigning.assign_waiting, limit=2))
    with time_machine.travel(AT, tick=False):
        tasks.assign_waiting()
    assert FollowUp.objects.filter(assignee=sanna).count() == 5


def test_a_hundred_claims_have_one_winner(billing, mara) -> None:
    agents = [factories.agent(f"agent{n}", billing) for n in range(10)]
    follow_up = opened(billing, mara)
    barrier = Barrier(10)
    outcomes: list[str] = []

    def take(user) -> None:
        mine = FollowUp.objects.select_related("policy").get(pk=follow_up.pk)
        barrier.wait()
        try:
            assigning.claim(follow_up=mine, by=user, at=AT)
            outcomes.append("won")
        except (ChangedMeanwhile, IllegalTransition):
            outcomes.append("lost")
        finally:
            connection.close()

    threads = [Thread(target=take, args=[user]) for user in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost"] * 9 + ["won"]
    assert follow_up.history.filter(verb="claim").count() == 1


def test_the_rated_agent_can_neither_claim_nor_be_given_it(billing, mara, sanna) -> None:
    follow_up = opened(billing, mara)
    with pytest.raises(NotAllowed, match="somebody else has to call"):
        assigning.claim(follow_up=follow_up, by=mara, at=AT)
    with pytest.raises(NotAllowed):
        assigning.hand_over(follow_up=follow_up, to=mara, at=AT, by=sanna)


def test_a_second_low_score_within_180_days_is_told_to_a_lead_at_once(billing, mara, sanna) -> None:
    lead = factories.agent("lena", billing, starts=None, is_lead=True, role="Leads")
    first = opened(billing, mara, 6)
    assigning.assign_waiting(at=AT)
    assert not Delivery.objects.filter(recipient=lead.email).exists()
    ticket = factories.ticket(first.customer, billing, assignee=mara)
    resolution = resolving.resolve(ticket=ticket, by=mara, at=AT + timedelta(days=179))
    invitation = Invitation.objects.get(resolution=resolution)
    response, _ = answering.record_answer(invitation=invitation, score=4, at=AT + timedelta(days=179))
    assigning.assign_waiting(at=AT + timedelta(days=179))
    assert FollowUp.objects.get(response=response).is_repeat_detractor
    assert Delivery.objects.filter(purpose="followups.told_at_once", recipient=lead.email).count() == 1
