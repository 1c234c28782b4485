"""Take down an answer that was given elsewhere, on the telephone or to another program, and correct it."""

from datetime import datetime

from django.db import IntegrityError, transaction

from nps.desk.models import Customer, Resolution, User
from nps.errors import Conflict, NotAllowed
from nps.survey.choosing import survey_for
from nps.survey.models import Invitation, Response
from nps.survey.services import answering, inviting

ORIGINS = {Response.Origin.PHONE: Invitation.Via.PHONE, Response.Origin.API: Invitation.Via.API}


@transaction.atomic
def take_down(
    *,
    customer: Customer,
    resolution: Resolution | None,
    score: object,
    at: datetime,
    origin: str,
    comment: str = "",
    language: str = "",
    taken_by: User | None = None,
    by: User | None = None,
) -> Response:
    """The answer of `customer` about `resolution` (None: about no ticket). An invitation that stands is used, and its
    unsent mail is no longer wanted; whoever was not asked is invited by this very question. AlreadyAnswered if another
    answer stands; Conflict where no survey is active. `resolution` comes with its account loaded.

    `taken_by` heard it, `by` writes it down (None: the same person, or a program). NotAllowed if either is the one
    whom the answer is about."""
    _refuse_rated(resolution, taken_by, by)
    number = answering.read_score(score)
    invitation = _invitation(customer, resolution, ORIGINS[Response.Origin(origin)], at)
    return answering.record_answer(
        invitation=invitation,
        score=number,
        at=at,
        origin=origin,
        comment=comment,
        language=language,
        taken_by=taken_by,
    )[0]


@transaction.atomic
def correct(*, response: Response, score: object, at: datetime, by: User | None = None) -> Response:
    """What was taken down was not what the customer said, or they think otherwise by now. The earlier score is kept as
    a revision, and whoever listens learns of it. `by` writes it down (None: a program).

    NotAllowed for what the customer gave on their own page, which only they change, and for the one whom it is about;
    Conflict once the customer was reached or the time for changes is over."""
    if response.origin not in ORIGINS:
        raise NotAllowed("The customer gave this answer on their own page; only they can change it.", code="own_answer")
    _refuse_rated(response.resolution, by)
    return answering.change_score(response=response, score=score, at=at, by=by)


def _refuse_rated(resolution: Resolution | None, *people: User | None) -> None:
    for person in people:
        if person is not None and resolution is not None and resolution.agent_id == person.pk:
            raise NotAllowed(
                f"{person} is the person this answer is about, so somebody else has to take it down.",
                field="taken_by",
                code="rated_agent",
            )


def _invitation(customer: Customer, resolution: Resolution | None, via: str, at: datetime) -> Invitation:
    standing = Invitation.objects.filter(resolution=resolution)
    if resolution is not None and (found := standing.first()):
        found.resolution = resolution
        return found
    survey = survey_for(resolution.team_id if resolution else None)
    if survey is None:
        raise Conflict("No survey is active that this answer could belong to.", code="no_survey")
    try:
        with transaction.atomic():
            return inviting.invite(survey=survey, customer=customer, resolution=resolution, via=via, at=at)
    except IntegrityError:
        if resolution is None:
            raise
        found = standing.get()
        found.resolution = resolution
        return found
