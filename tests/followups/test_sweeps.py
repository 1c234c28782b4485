"""The sweep that opens what is missing: one row that cannot be helped does not stand before the others."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from followups.models import FollowUp, HistoryEntry
from followups.services import opening, rescoring
from nps.desk.services import resolving
from nps.survey.models import Invitation, Response
from nps.survey.services import answering
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)
SWEPT_AT = AT + timedelta(hours=2)


@pytest.fixture
def responses(settings, monkeypatch) -> list[Response]:
    """Three answers of 3 whose follow-ups were lost."""
    settings.STRICT_WIRES = False
    billing = factories.team()
    mara = factories.agent("mara", billing)
    with monkeypatch.context() as broken:
        broken.setattr(opening, "policy_for", lambda **_: 1 / 0)
        for _ in range(3):
            ticket = factories.ticket(factories.customer(), billing, assignee=mara)
            resolution = resolving.resolve(ticket=ticket, by=mara, at=AT)
            invitation = Invitation.objects.select_related("resolution__account").get(resolution=resolution)
            answering.record_answer(invitation=invitation, score=3, at=AT)
    assert not FollowUp.objects.exists()
    return list(Response.objects.order_by("pk"))


def break_record(monkeypatch, poisoned: Response, error: Exception) -> None:
    record = opening.record

    def failing(follow_up: FollowUp, *args, **kwargs) -> None:
        record(follow_up, *args, **kwargs)
        if follow_up.response_id == poisoned.pk:
            raise error

    for service in (opening, rescoring):
        monkeypatch.setattr(service, "record", failing)


def test_one_answer_that_cannot_be_opened_does_not_keep_the_others_waiting(responses, monkeypatch, caplog) -> None:
    poisoned = responses[0]
    with monkeypatch.context() as broken:
        break_record(broken, poisoned, OverflowError("date value out of range"))
        assert opening.open_missing(at=SWEPT_AT) == 2
    assert set(FollowUp.objects.values_list("response_id", flat=True)) == {one.pk for one in responses[1:]}
    assert HistoryEntry.objects.count() == 2, "nothing half-written"
    assert f"no follow-up could be opened for response {poisoned.pk}" in caplog.text
    assert "date value out of range" in caplog.text
    assert opening.open_missing(at=SWEPT_AT) == 1, "the next sweep tries again"


def test_one_change_that_cannot_be_noted_does_not_keep_the_others_waiting(responses, monkeypatch, caplog) -> None:
    assert opening.open_missing(at=AT) == 3
    Response.objects.update(score=1)
    with monkeypatch.context() as broken:
        break_record(broken, responses[0], RuntimeError("poisoned"))
        assert rescoring.note_missed_changes(at=SWEPT_AT) == 2
    assert list(FollowUp.objects.order_by("response_id").values_list("score", flat=True)) == [3, 1, 1]
    stale = FollowUp.objects.get(response=responses[0])
    assert f"follow-up of response {stale.response_id} could not learn that its score changed" in caplog.text
    assert rescoring.note_missed_changes(at=SWEPT_AT) == 1


def test_a_database_that_is_away_ends_the_sweep(responses, monkeypatch) -> None:
    break_record(monkeypatch, responses[0], OperationalError("gone"))
    with pytest.raises(OperationalError):
        opening.open_missing(at=SWEPT_AT)
    assert not FollowUp.objects.exists()
