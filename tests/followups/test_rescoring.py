"""A customer who lowers the score: the stricter promise holds at once, and an ended follow-up begins again."""

from datetime import timedelta

import pytest

from followups.models import FollowUp
from followups.services import assigning, closing, reaching_out
from nps.survey.services import answering
from tests.staff import NOW, Office, cause

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]
LATER = NOW + timedelta(hours=1)


def changed(follow_up: FollowUp, score: int) -> FollowUp:
    answering.change_score(response=follow_up.response, score=score, at=LATER)
    return FollowUp.objects.select_related("policy").get(pk=follow_up.pk)


def verbs(follow_up: FollowUp) -> list[str]:
    return list(follow_up.history.order_by("pk").values_list("verb", flat=True))


def test_a_lower_score_brings_the_stricter_policy_and_its_lead(office: Office) -> None:
    mild = office.follow_up(8, to=office.sanna)
    strict = office.follow_up(0, at=LATER, name="Nils Aas")
    now = changed(mild, 0)
    assert now.policy == strict.policy != mild.policy
    assert now.first_contact_due_at == strict.first_contact_due_at < mild.first_contact_due_at
    assert (now.close_due_at, now.due_at) == (strict.close_due_at, strict.first_contact_due_at)
    assert (now.assignee, now.status) == (office.sanna, FollowUp.Status.ASSIGNED)
    assert verbs(now)[-2:] == ["score_changed", "tell_lead"]
    assert "First contact is now due in 4 working hours" in now.history.get(verb="score_changed").sentence


def test_no_deadline_moves_away_and_a_higher_score_keeps_the_promise(office: Office) -> None:
    strict = office.follow_up(3, to=office.sanna)
    higher = changed(strict, 7)
    assert (higher.policy, higher.due_at, higher.score) == (strict.policy, strict.due_at, 7)
    late = office.follow_up(8, to=office.sanna, due_in=-60, name="Nils Aas")
    FollowUp.objects.filter(pk=late.pk).update(first_contact_due_at=NOW - timedelta(hours=1))
    assert changed(late, 1).due_at == NOW - timedelta(hours=1), "late stays late"


def test_a_closed_one_begins_again_with_somebody_on_shift(office: Office) -> None:
    given = office.follow_up(8, to=office.sanna)
    closing.close(
        follow_up=given, by=office.sanna, at=NOW, outcome="wrong_contact", root_cause=cause(), lesson_kind="nothing_new"
    )
    again = changed(given, 0)
    assert (again.status, again.assignee, again.outcome, again.closed_at) == ("open", None, "", None)
    assert again.due_at == again.first_contact_due_at > LATER
    assert again.history.get(verb="return").detail["outcome"] == "wrong_contact"
    assigning.assign_waiting(at=LATER)
    assert FollowUp.objects.get(pk=given.pk).status == FollowUp.Status.ASSIGNED
    assert verbs(again)[-1] == "tell_lead"


def test_one_cancelled_for_a_ten_comes_back_with_a_two(office: Office) -> None:
    given = office.follow_up(3, to=office.sanna)
    up = changed(given, 10)
    closing.cancel(follow_up=up, by=office.lena, reason="They changed it to 10.", at=LATER)
    assert changed(given, 2).status == FollowUp.Status.OPEN


def test_a_closed_one_stays_closed_for_a_higher_score(office: Office) -> None:
    given = office.follow_up(3, to=office.sanna)
    closing.cancel(follow_up=given, by=office.lena, reason="A test.", at=NOW)
    higher = changed(given, 8)
    assert (higher.status, higher.score) == (FollowUp.Status.CANCELLED, 8)


def test_what_was_tried_before_it_began_again_counts_no_more(office: Office) -> None:
    given = office.follow_up(6, to=office.sanna)
    for hours, via, result in ((0, "phone", "no_answer"), (2, "phone", "voicemail"), (24, "email", "emailed")):
        given.refresh_from_db()
        tried_at = NOW - timedelta(hours=25 - hours)
        reaching_out.log_attempt(follow_up=given, via=via, result=result, by=office.sanna, at=tried_at)
    given.refresh_from_db()
    assert closing.may_say_not_reached(given)[0]
    closing.cancel(follow_up=given, by=office.lena, reason="A slip.", at=NOW)
    assert not closing.may_say_not_reached(changed(given, 2))[0]
