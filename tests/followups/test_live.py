"""What an open queue hears by itself: who else is there, that the open one has changed, and the counts."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine

from followups import presence
from followups.models import FollowUp
from followups.services import assigning, reaching_out
from nps.desk.models import User
from tests import factories
from tests.staff import NOW, Office, to

pytestmark = pytest.mark.django_db


def pulse(office: Office, who: User, **asked: object) -> dict:
    answer = office.as_(who).get(to("followup-pulse", query=urlencode(asked)), headers={"X-Background": "1"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json()


def test_two_at_one_follow_up_hear_of_each_other(office: Office) -> None:
    made = office.follow_up(5, due_in=1)
    assert pulse(office, office.sanna, task=made.pk, version=made.version)["here"] == {}
    there = pulse(office, office.tomas, task=made.pk, version=made.version, writing=1)["here"]
    assert there == {str(made.pk): [{"words": "Sanna is viewing", "initials": "SB"}]}
    assert pulse(office, office.sanna)["here"][str(made.pk)][0]["words"] == "Tomas is writing"
    with time_machine.travel(NOW + timedelta(seconds=46), tick=False):
        assert pulse(office, office.sanna)["here"] == {}, "who says nothing any more is gone"


def test_who_came_a_moment_ago_is_seen(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    assert pulse(office, office.sanna)["here"] == {}, "from here on everybody who may be seen is remembered"
    newcomer = factories.agent("nora", office.billing, starts=None)
    presence.note(newcomer, made.pk)
    assert pulse(office, office.sanna)["here"][str(made.pk)][0]["words"] == "Nora is viewing"


def test_nothing_is_told_of_what_one_does_not_see(office: Office) -> None:
    theirs = office.follow_up(5, to=office.sanna)
    presence.note(office.sanna, theirs.pk)
    assert pulse(office, office.karl)["here"] == {}
    told = pulse(office, office.karl, task=theirs.pk, version=1)
    assert (told["here"], told["change"]) == ({}, "")
    assert [one.follow_up for people in presence.others(office.sanna).values() for one in people] == []
    assert pulse(office, office.karl, task=10**17, version="x") == {"here": {}, "change": ""}


def test_a_change_is_told_with_who_made_it(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    seen = made.version
    assert pulse(office, office.sanna, task=made.pk, version=seen)["change"] == ""
    reaching_out.log_attempt(follow_up=made, via="phone", result="no_answer", by=office.lena, at=NOW)
    assert "Lena Berg: Logged no answer by phone." in pulse(office, office.sanna, task=made.pk, version=seen)["change"]
    assert pulse(office, office.sanna, task=made.pk, version=made.version)["change"] == ""
    nobodys = office.follow_up(5)
    assigning.claim(follow_up=nobodys, by=office.tomas, at=NOW)
    told = pulse(office, office.sanna, task=nobodys.pk, version=1)
    assert told["change"] == "Tomas Berg took this just now."


def test_counts_come_when_asked_for(office: Office) -> None:
    for due_in in (-10, 20):
        office.follow_up(5, to=office.sanna, due_in=due_in)
    assert "counts" not in pulse(office, office.sanna, view="mine")
    counts = pulse(office, office.sanna, view="mine", counts=1)["counts"]
    assert (counts["open"], counts["views"]["overdue"], counts["tabs"]["all"], counts["tabs"]["low"]) == (2, 1, 2, 2)
    page = office.as_(office.sanna).get(to("queue", query="view=mine"))
    assert counts["views"] == {one["key"]: one["count"] for one in page.context["counts"]["views"]}
    assert "tabs" not in pulse(office, office.sanna, view="mine", q="x", counts=1)["counts"], "a search counts its own"


def test_who_is_signed_out_is_not_led_away(office: Office, client) -> None:
    answer = client.get(to("followup-pulse"), headers={"HX-Request": "true", "X-Background": "1"})
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers


def test_it_writes_nothing(office: Office) -> None:
    made = office.follow_up(5, to=office.sanna)
    before = FollowUp.objects.values().get(pk=made.pk)
    pulse(office, office.sanna, task=made.pk, version=made.version, writing=1, counts=1)
    assert FollowUp.objects.values().get(pk=made.pk) == before
