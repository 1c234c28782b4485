"""A customer who answered and the follow-up of it, for tests of the verbs."""

from datetime import datetime

from followups.models import FollowUp, RootCause
from followups.services import closing
from nps.desk.services import resolving
from nps.survey.models import Invitation, Response
from nps.survey.services import answering
from tests import factories
from tests.factories import AT


def answered(billing, mara, score: int, *, at: datetime = AT, **customer) -> Response:
    ticket = factories.ticket(factories.customer(**customer), billing, assignee=mara, at=at)
    resolution = resolving.resolve(ticket=ticket, by=mara, at=at)
    invitation = Invitation.objects.select_related("resolution__account").get(resolution=resolution)
    return answering.record_answer(invitation=invitation, score=score, at=at)[0]


def opened(billing, mara, score: int = 5, **fields) -> FollowUp:
    return FollowUp.objects.get(response=answered(billing, mara, score, **fields))


def cause(name: str = "No call back") -> RootCause:
    return RootCause.objects.get(name=name)


def close(follow_up, by, at=AT, **fields) -> FollowUp:
    fields = {"outcome": "solved", "root_cause": cause(), "lesson_kind": "nothing_new", **fields}
    return closing.close(follow_up=follow_up, by=by, at=at, **fields)
