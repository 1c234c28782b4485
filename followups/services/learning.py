"""Keep what was learned, once, and follow it until it is in place."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from followups import similar
from followups.models import FollowUp, Lesson, RootCause
from nps import organisation
from nps.desk.models import Product, Team, User
from nps.errors import Conflict, InvalidInput
from nps.text import clean_text

SHORTEST = 15
LONGEST = 2_000

Kind = FollowUp.LessonKind
NEXT: dict[str, tuple[str, ...]] = {
    Lesson.Status.NEW: (Lesson.Status.ACCEPTED, Lesson.Status.REJECTED),
    Lesson.Status.ACCEPTED: (Lesson.Status.IN_PROGRESS, Lesson.Status.IN_PLACE, Lesson.Status.REJECTED),
    Lesson.Status.IN_PROGRESS: (Lesson.Status.IN_PLACE, Lesson.Status.REJECTED),
    Lesson.Status.IN_PLACE: (Lesson.Status.NO_EFFECT, Lesson.Status.IN_PROGRESS),
    Lesson.Status.NO_EFFECT: (Lesson.Status.IN_PROGRESS, Lesson.Status.REJECTED),
    Lesson.Status.REJECTED: (Lesson.Status.ACCEPTED,),
}


def learn(
    *,
    text: str,
    root_cause: RootCause,
    at: datetime,
    by: User | None = None,
    change: str = "",
    owner: User | None = None,
    team: Team | None = None,
    product: Product | None = None,
) -> Lesson:
    """A new lesson: a full sentence of at least 15 characters that a colleague can act on. `team` and `product` are its
    scope; None means all."""
    text = _sentence(text)
    similar.corpus.forget()
    return Lesson.objects.create(
        text=text,
        root_cause=root_cause,
        change=clean_text(change, field="change", max_length=LONGEST),
        owner=owner,
        team=team,
        product=product,
        created_at=at,
        created_by=by,
    )


def _sentence(text: str) -> str:
    text = clean_text(text, field="lesson", max_length=LONGEST).strip()
    if len(text) < SHORTEST:
        raise InvalidInput(
            f"Write one full sentence a colleague can act on (at least {SHORTEST} characters), or pick a known lesson.",
            field="lesson",
            code="too_short",
        )
    return text


def check(*, kind: str, text: str, known: Lesson | None) -> None:
    """InvalidInput where `learned` would refuse; writes nothing."""
    match kind:
        case Kind.NEW:
            _sentence(text)
        case Kind.KNOWN if known is None:
            raise InvalidInput("Choose the known lesson.", field="lesson", code="required")
        case Kind.KNOWN | Kind.NOTHING_NEW:
            pass
        case _:
            raise InvalidInput(
                "Write a new lesson, pick a known one, or say “nothing new”.", field="lesson", code="required"
            )


def learned(
    *,
    kind: str,
    text: str,
    known: Lesson | None,
    root_cause: RootCause,
    follow_up: FollowUp,
    by: User,
    at: datetime,
) -> Lesson | None:
    """What closing a follow-up taught: a new lesson, a known one seen once more, or None for nothing new."""
    check(kind=kind, text=text, known=known)
    if kind == Kind.NEW:
        return learn(text=text, root_cause=root_cause, at=at, by=by)
    if kind == Kind.NOTHING_NEW or known is None:
        return None
    Lesson.objects.filter(pk=known.pk).update(times_seen=F("times_seen") + 1)
    similar.corpus.forget()
    return known


def put(
    *, lesson: Lesson, status: str, at: datetime, by: User | None = None, in_place_on: date | None = None
) -> Lesson:
    """Move a lesson along: new → accepted → in progress → in place. Conflict for a step that does not exist;
    InvalidInput for a day with any step but “in place”, which is the organisation's today unless it is given.

    What is put in place anew, or put back into work, is measured anew; what was measured stays in its history."""
    if status not in NEXT[lesson.status]:
        allowed = ", ".join(Lesson.Status(s).label.lower() for s in NEXT[lesson.status])
        raise Conflict(f"A lesson that is {lesson.get_status_display().lower()} can become {allowed}.", field="status")
    if status != Lesson.Status.IN_PLACE and in_place_on is not None:
        raise InvalidInput("Only a lesson that is in place has a day since when.", field="in_place_on")
    if in_place_on is not None and in_place_on > organisation.day_of(at):
        raise InvalidInput("That day has not come yet; today is the latest.", field="in_place_on")
    if status == Lesson.Status.IN_PLACE and in_place_on is None:
        in_place_on = organisation.day_of(at)
    changes: dict[str, Any] = {"status": status}
    if in_place_on is not None:
        changes["in_place_on"] = in_place_on
    if status != Lesson.Status.NO_EFFECT:  # that one rests on what was measured
        changes["effect"] = Lesson.Effect.NOT_MEASURED
    with transaction.atomic():
        moved = Lesson.objects.filter(pk=lesson.pk, status=lesson.status).update(**changes)
        if not moved:
            raise Conflict("This lesson has changed meanwhile; look at it again.", field="status")
    lesson.refresh_from_db()
    similar.corpus.forget()
    return lesson


def known_lessons(root_cause: RootCause, *, limit: int = 3) -> list[Lesson]:
    """The lessons seen most often for a cause, for one-click choice."""
    alive = Lesson.objects.filter(root_cause=root_cause).exclude(status=Lesson.Status.REJECTED)
    return list(alive.order_by("-times_seen", "-pk")[:limit])
