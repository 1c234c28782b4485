"""Resolved tickets with answers and follow-ups planted day by day, so that the right verdict on a lesson is known."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from followups.models import FollowUp, Lesson, Policy, RootCause
from followups.services import learning
from nps.desk.models import Product, Resolution, Team, Ticket, User
from nps.survey.models import Invitation, Response, Survey, SurveyDecision
from tests import factories

PLACED = date(2026, 6, 1)
WRITTEN = datetime(2026, 1, 5, 9, tzinfo=UTC)
_numbers = count(1)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def lesson_in_place(cause: RootCause, *, on: date = PLACED, **scope: Any) -> Lesson:
    whose = {"owner": User.objects.order_by("pk").first(), "change": "A list of promised calls.", **scope}
    made = learning.learn(text="Ring back at the promised hour.", root_cause=cause, at=WRITTEN, **whose)
    for status in (Lesson.Status.ACCEPTED, Lesson.Status.IN_PLACE):
        day = on if status == Lesson.Status.IN_PLACE else None
        made = learning.put(lesson=made, status=status, at=noon(on), in_place_on=day)
    return made


def resolved(
    number: int,
    *,
    carried: int = 0,
    open: int = 0,
    content: int = 0,
    first: date,
    days: int,
    team: Team,
    by: User,
    cause: RootCause,
    product: Product | None = None,
    at: datetime | None = None,
) -> list[FollowUp]:
    """`number` resolved tickets over `days` days from `first`: the first `carried` of them were answered with 4 and led
    to a closed follow-up with `cause`, the next `open` to one that nobody closed, the next `content` were answered with
    10. With `at` all of them at that moment."""
    survey, policy = Survey.objects.all()[0], Policy.objects.all()[0]
    moments = [at or noon(first + timedelta(days=one * days // number)) for one in range(number)]
    person = factories.customer(f"Customer {next(_numbers)}")
    common = {"customer": person, "team": team, "product": product}
    tickets = Ticket.objects.bulk_create(
        Ticket(
            subject="Planted", status="resolved", opened_at=moment, updated_at=moment, resolved_at=moment,
            assignee=by, **common,
        )
        for moment in moments
    )  # fmt: skip
    resolutions = Resolution.objects.bulk_create(
        Resolution(ticket=one, number=1, resolved_at=one.resolved_at, agent=by, channel="email", **common)
        for one in tickets
    )
    SurveyDecision.objects.bulk_create(
        SurveyDecision(resolution=one, survey=survey, outcome="invited", decided_at=one.resolved_at)
        for one in resolutions
    )
    scores = [4] * (carried + open) + [10] * content
    answers = [_answer(one, survey, score) for one, score in zip(resolutions, scores, strict=False)]
    return [
        FollowUp.objects.create(
            response=answer,
            policy=policy,
            customer=person,
            team=team,
            score=4,
            assignee=by,
            opened_at=answer.answered_at,
            first_contact_due_at=answer.answered_at,
            close_due_at=answer.answered_at,
            due_at=answer.answered_at,
            **_closing(answer, cause, index < carried, by),
        )
        for index, answer in enumerate(answers[: carried + open])
    ]


def _closing(answer: Response, cause: RootCause, is_closed: bool, by: User) -> dict[str, Any]:
    if not is_closed:
        return {"status": "assigned"}
    closed = {"status": "closed", "closed_at": answer.answered_at, "closed_by": by, "outcome": "solved"}
    return {**closed, "root_cause": cause, "lesson_kind": "nothing_new"}


def _answer(resolution: Resolution, survey: Survey, score: int) -> Response:
    at = resolution.resolved_at + timedelta(days=1)
    of = {"survey": survey, "customer": resolution.customer, "resolution": resolution}
    asked = Invitation.objects.create(created_at=resolution.resolved_at, expires_at=at, **of)
    return Response.objects.create(
        invitation=asked, score=score, origin="human", answered_at=at, editable_until=at,
        team=resolution.team, product=resolution.product, **of,
    )  # fmt: skip
