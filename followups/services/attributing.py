"""What a score was about, said by whoever works on it, or found with the root cause. The answer carries it, so that an
agent's figures can be shown with and without answers that were about something else."""

from datetime import datetime

from django.db import transaction

from followups.models import FollowUp, Outcome
from followups.services.moving import move
from nps.desk.models import User
from nps.errors import Conflict, InvalidInput
from nps.survey.models import Response
from nps.survey.services import answering
from nps.survey.services import attributing as answers

About = FollowUp.About


@transaction.atomic
def say_about(
    *, follow_up: FollowUp, about: str, by: User, at: datetime, expected_version: int | None = None
) -> FollowUp:
    """“This score was about the product”, or the price. It stands above what the root cause says, until it is taken
    back. InvalidInput for anything else; the rated person may not say it."""
    if about not in (About.PRODUCT, About.PRICE):
        raise InvalidInput("about must be product or price.", field="about")
    return _write(
        follow_up,
        about,
        by=by,
        at=at,
        expected_version=expected_version,
        sentence=f"Said that this score was about the {about}.",
        changes={"about_by": by, "about_at": at},
    )


@transaction.atomic
def take_back(*, follow_up: FollowUp, by: User, at: datetime, expected_version: int | None = None) -> FollowUp:
    """What was said about it holds no more; the root cause speaks again, if there is one. Conflict if nothing was."""
    if follow_up.about == About.NOT_SAID:
        raise Conflict("Nobody has said what this score was about.")
    return _write(
        follow_up,
        About.NOT_SAID,
        by=by,
        at=at,
        expected_version=expected_version,
        sentence=f"Took back that this score was about the {follow_up.about}.",
        changes={"about_by": None, "about_at": None},
    )


def _write(
    follow_up: FollowUp,
    about: str,
    *,
    by: User,
    at: datetime,
    expected_version: int | None,
    sentence: str,
    changes: dict[str, User | datetime | None],
) -> FollowUp:
    answering.hold(response_id=follow_up.response_id)
    moved = move(
        follow_up,
        "say_about",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=sentence,
        detail={"about": about},
        about=about,
        **changes,
    )
    settle(moved)
    return moved


def settle(follow_up: FollowUp) -> None:
    """Copy to the answer what it is about by now: not given, then what somebody said, then the root cause. The answer
    is held (answering.hold) since before the follow-up was written to."""
    answers.found(response_id=follow_up.response_id, about=about_of(follow_up))


def about_of(follow_up: FollowUp) -> str:
    """One of Response.About; "" while nobody knows."""
    if follow_up.outcome == Outcome.NOT_GIVEN:
        return Response.About.NOT_GIVEN
    if follow_up.about:
        return follow_up.about
    return follow_up.root_cause.attributable_to if follow_up.root_cause else ""
