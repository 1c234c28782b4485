"""The survey's sweep past a row that cannot be decided, and an invitation that was given up and left after all."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from nps.desk.models import Resolution
from nps.desk.services import resolving
from nps.outbox.models import Delivery
from nps.outbox.services import delivering, enqueueing
from nps.survey.models import Invitation, SurveyDecision
from nps.survey.services import deciding, inviting
from tests import factories
from tests.factories import AT
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)
SWEPT_AT = AT + timedelta(minutes=1)


@pytest.fixture
def resolutions(settings, monkeypatch) -> list[Resolution]:
    """Three resolutions whose decisions were lost."""
    settings.STRICT_WIRES = False
    billing = factories.team()
    mara = factories.agent("mara", billing)
    with monkeypatch.context() as broken:
        broken.setattr(deciding, "decide", lambda **_: 1 / 0)
        for _ in range(3):
            ticket = factories.ticket(factories.customer(), billing, assignee=mara)
            resolving.resolve(ticket=ticket, by=mara, at=AT)
    assert not SurveyDecision.objects.exists()
    return list(Resolution.objects.order_by("pk"))


def break_invite(monkeypatch, poisoned: Resolution, error: Exception) -> None:
    invite = inviting.invite

    def failing(*, resolution: Resolution, **kwargs) -> Invitation:
        invitation = invite(resolution=resolution, **kwargs)
        if resolution == poisoned:
            raise error
        return invitation

    monkeypatch.setattr(inviting, "invite", failing)


def test_one_resolution_that_cannot_be_decided_does_not_keep_the_others_waiting(
    resolutions, monkeypatch, caplog
) -> None:
    poisoned = resolutions[0]
    with monkeypatch.context() as broken:
        break_invite(broken, poisoned, OverflowError("date value out of range"))
        assert deciding.decide_missing(at=SWEPT_AT) == 2
    for model in (SurveyDecision, Invitation):
        decided = set(model.objects.values_list("resolution_id", flat=True))
        assert decided == {one.pk for one in resolutions[1:]}, "nothing half-written"
    assert Delivery.objects.count() == 2
    assert f"whether to ask after resolution {poisoned.pk} could not be decided" in caplog.text
    assert "date value out of range" in caplog.text
    assert deciding.decide_missing(at=SWEPT_AT) == 1, "the next sweep tries again"


def test_a_database_that_is_away_ends_the_sweep(resolutions, monkeypatch) -> None:
    break_invite(monkeypatch, resolutions[0], OperationalError("gone"))
    with pytest.raises(OperationalError):
        deciding.decide_missing(at=SWEPT_AT)
    assert not SurveyDecision.objects.exists()


def test_an_invitation_given_up_and_sent_again_is_no_longer_not_sent(resolutions, smtp_sink: Sink) -> None:
    deciding.decide_missing(at=SWEPT_AT)
    address = Invitation.objects.order_by("pk")[0].address
    smtp_sink.refuse[address] = "451 try later"
    for at in (SWEPT_AT, given_up_at := AT + timedelta(hours=73)):
        delivering.deliver_due(clock=lambda at=at: at)
    invitation = Invitation.objects.get(address=address)
    assert (invitation.failed_at, invitation.delivered_at) == (given_up_at, None)

    smtp_sink.refuse.clear()
    again_at = AT + timedelta(hours=74)
    assert enqueueing.send_again(delivery=Delivery.objects.get(recipient=address), at=again_at)
    delivering.deliver_due(clock=lambda: again_at)
    invitation.refresh_from_db()
    assert (invitation.failed_at, invitation.delivered_at) == (None, again_at)
