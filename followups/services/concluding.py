"""The one write that closes a follow-up; the verbs beside it decide whether it may be done."""

from datetime import date, datetime
from typing import Any

from followups.models import FollowUp, Lesson, Outcome, RootCause
from followups.services import attributing
from followups.services.moving import move
from nps.desk.models import User


def conclude(
    *,
    follow_up: FollowUp,
    by: User,
    at: datetime,
    outcome: str,
    root_cause: RootCause,
    lesson_kind: str,
    lesson: Lesson | None,
    note: str,
    sentence: str = "",
    asked_by: User | None = None,
    ask_again_on: date | None = None,
    expected_version: int | None = None,
) -> FollowUp:
    """`by` closes it. With `asked_by`, that person closes it and `by` is the second one who confirms."""
    again: dict[str, Any] = {}
    if ask_again_on is not None:
        again = {"ask_again_on": ask_again_on, "asked_again": None, "not_asked_again": ""}
    elif follow_up.asked_again_id is None:
        again = {"ask_again_on": None}  # an earlier closing had agreed on a day that has not come
    closed = move(
        follow_up,
        "close",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=sentence or f"Closed: {Outcome(outcome).label.lower()}. Cause: {root_cause}.",
        detail={"outcome": outcome, "root_cause": root_cause.slug, "lesson_kind": lesson_kind},
        outcome=outcome,
        outcome_note=note,
        root_cause=root_cause,
        lesson_kind=lesson_kind,
        lesson=lesson,
        confirmed_by=by if asked_by else None,
        closed_by=asked_by or by,
        closed_at=at,
        snoozed_until=None,
        second_asked_at=None,
        **again,
    )
    attributing.settle(closed)
    return closed
