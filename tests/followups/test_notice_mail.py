"""The mail that tells staff about an outreach: why, the facts in the team's zone, one link."""

import re
from datetime import timedelta

import pytest
from django.utils.html import escape

from followups import mails
from followups.models import FollowUp, NoticeChoice
from followups.notices import KINDS
from followups.services import assigning
from nps.desk.models import User
from nps.outbox.models import Delivery
from nps.survey.services import answering
from tests import factories
from tests.factories import AT
from tests.survey_visits import invited

pytestmark = pytest.mark.django_db


@pytest.fixture
def follow_up() -> FollowUp:
    invitation = invited(name="Ingrid <Solheim>", account=factories.account("Fjordvik & Sons"))
    factories.agent("sanna", invitation.resolution.team)
    response, _ = answering.record_answer(invitation=invitation, score="6", at=AT + timedelta(minutes=5))
    answering.add_reason(response=response, at=AT + timedelta(minutes=6), comment="Three people asked <me> the same.")
    assert assigning.assign_waiting(at=AT + timedelta(minutes=7)) == 1
    return mails.load([FollowUp.objects.get().pk])[FollowUp.objects.get().pk]


def notice(follow_up: FollowUp, purpose: str, recipient: str = "sanna@tidewell.example"):
    return mails.build(follow_up, Delivery(purpose=purpose, recipient=recipient), AT + timedelta(minutes=8))


@pytest.mark.parametrize("kind", KINDS)
def test_every_notice_says_why_and_leads_to_its_page_and_to_where_it_is_switched_off(follow_up, kind) -> None:
    follow_up.second_asked_at = AT if kind == "to_confirm" else None
    mail = notice(follow_up, f"followups.{kind}")
    for part in (mail.text, mail.html):
        assert KINDS[kind].why in part
        assert re.findall(r"https?://[^\s\"<]+", part) == [
            f"http://127.0.0.1:8000/followups/{follow_up.pk}/",
            f"http://127.0.0.1:8000/profile/notices/#{kind}",
        ]
        assert f"Stop mails of the kind “{KINDS[kind].label}”" in part
        assert "Europe/Oslo" in part
        assert "{" not in re.sub(r"(?s)<style>.*?</style>", "", part)
    # 8 working hours from 10:05 in Oslo on the Wednesday: the next day, 10:05.
    assert "Thursday 19 November, 10:05" in mail.text


def test_what_people_wrote_is_plain_in_text_and_escaped_in_html(follow_up) -> None:
    mail = notice(follow_up, "followups.assigned")
    assert "Ingrid <Solheim>, Fjordvik & Sons gave 6 out of 10." in mail.text
    assert "Three people asked <me> the same." in mail.text
    for written in ("Ingrid <Solheim>", "Fjordvik & Sons", "Three people asked <me> the same."):
        assert escape(written) in mail.html
        assert written not in mail.html


def test_a_notice_for_somebody_else_is_not_wanted_any_more(follow_up) -> None:
    assert notice(follow_up, "followups.assigned", "mara@tidewell.example") is None


def test_a_kind_switched_off_before_it_left_is_not_wanted_any_more(follow_up) -> None:
    sanna = User.objects.get(username="sanna")
    choice = NoticeChoice.objects.create(user=sanna, kind="assigned", way="off")
    assert notice(follow_up, "followups.assigned") is None
    assert notice(follow_up, "followups.due_soon") is not None
    choice.way = "digest"
    choice.save()
    assert notice(follow_up, "followups.assigned") is not None, "it was asked for at once when it was queued"
