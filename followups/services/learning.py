"""Keep what was learned, once, and follow it until it is in place. Every step is written into the lesson's history."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from followups import similar
from followups.models import FollowUp, Lesson, RootCause
from followups.services.noting import note_step
from nps import organisation
from nps.desk.models import ApiKey, Product, Team, User
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
#: what `revise` can write anew, and how people call it
FACTS = {
    "text": "Lesson",
    "root_cause": "Cause",
    "change": "Change to make",
    "owner": "Owner",
    "team": "Team",
    "product": "Product",
}


@transaction.atomic
def learn(
    *,
    text: str,
    root_cause: RootCause,
    at: datetime,
    by: User | None = None,
    key: ApiKey | None = None,
    change: str = "",
    owner: User | None = None,
    team: Team | None = None,
    product: Product | None = None,
) -> Lesson:
    """A new lesson: a full sentence of at least 15 characters that a colleague can act on. `team` and `product` are its
    scope; None means all. `key` is the program's, where one wrote it."""
    text = _sentence(text)
    lesson = Lesson.objects.create(
        text=text,
        root_cause=root_cause,
        change=clean_text(change, field="change", max_length=LONGEST),
        owner=owner,
        team=team,
        product=product,
        created_at=at,
        created_by=by,
    )
    note_step(lesson, "write", at=at, by=by, key=key, after=lesson.status, sentence="Written.")
    similar.corpus.forget()
    return lesson


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
    """What closing a follow-up taught: a new lesson, a known one seen once more, or None for nothing new. The
    follow-up is closed with it in the same transaction: its history says by whom, and `times_seen` counts it."""
    check(kind=kind, text=text, known=known)
    similar.corpus.forget()
    if kind == Kind.NEW:
        return Lesson.objects.create(
            text=_sentence(text), root_cause=root_cause, times_seen=1, created_at=at, created_by=by
        )
    if kind == Kind.NOTHING_NEW or known is None:
        return None
    Lesson.objects.filter(pk=known.pk).update(times_seen=F("times_seen") + 1)
    return known


def unlearned(lesson_id: int | None) -> None:
    """A follow-up that was closed with this lesson is open again, so one less carries it."""
    if lesson_id is not None:
        Lesson.objects.filter(pk=lesson_id, times_seen__gt=0).update(times_seen=F("times_seen") - 1)
        similar.corpus.forget()


@transaction.atomic
def put(
    *,
    lesson: Lesson,
    status: str,
    at: datetime,
    by: User | None = None,
    key: ApiKey | None = None,
    in_place_on: date | None = None,
    note: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Lesson:
    """Move a lesson along: new → accepted → in progress → in place; `facts` (see `revise`) are written with it.
    Conflict for a step that does not exist, and one (`already`) where it was done; InvalidInput for a day with any step
    but “in place”, which is the organisation's today unless it is given and no day before the lesson was written, and
    for one in place that says not what was changed or has no owner.

    “No effect” rests on what was measured. What is put in place anew, or put back into work, is measured anew; what was
    measured stays in its history."""
    note = clean_text(note, field="note", max_length=LONGEST)
    now = _held(lesson)
    if status == now.status:
        raise Conflict(_already(now), field="status", code="already")
    if now.status != lesson.status:
        raise Conflict("This lesson has changed meanwhile; look at it again.", field="status")
    if status not in NEXT[now.status]:
        allowed = ", ".join(Lesson.Status(s).label.lower() for s in NEXT[now.status])
        raise Conflict(f"A lesson that is {now.get_status_display().lower()} can become {allowed}.", field="status")
    if status != Lesson.Status.IN_PLACE and in_place_on is not None:
        raise InvalidInput("Only a lesson that is in place has a day since when.", field="in_place_on")
    if in_place_on is not None and in_place_on > organisation.day_of(at):
        raise InvalidInput("That day has not come yet; today is the latest.", field="in_place_on")
    if in_place_on is not None and in_place_on < (written_on := organisation.day_of(now.created_at)):
        raise InvalidInput(
            f"It cannot be in place since {in_place_on:%-d %b %Y}, as it was written on {written_on:%-d %b %Y}; "
            "choose that day or a later one.",
            field="in_place_on",
        )
    if status == Lesson.Status.NO_EFFECT and (why_not := why_not_without_effect(now)):
        raise Conflict(why_not, field="status", code="not_measured")
    changes: dict[str, Any] = {"status": status}
    if status == Lesson.Status.IN_PLACE:
        changes["in_place_on"] = in_place_on or organisation.day_of(at)
    if status != Lesson.Status.NO_EFFECT:  # that one rests on what was measured
        changes["effect"] = Lesson.Effect.NOT_MEASURED
    _revise(now, facts or {}, at=at, by=by, key=key, will_be=status)
    Lesson.objects.filter(pk=now.pk).update(**changes)
    sentence = f"From {now.get_status_display().lower()} to {Lesson.Status(status).label.lower()}"
    sentence += f", since {changes['in_place_on']:%-d %b %Y}." if "in_place_on" in changes else "."
    who: dict[str, Any] = {"at": at, "by": by, "key": key, "note": note}
    note_step(lesson, "step", before=now.status, after=status, sentence=sentence, **who)
    lesson.refresh_from_db()
    similar.corpus.forget()
    return lesson


def _already(lesson: Lesson) -> str:
    if lesson.status != Lesson.Status.IN_PLACE or lesson.in_place_on is None:
        return f"This lesson is {lesson.get_status_display().lower()} already; nothing was changed."
    return (
        f"This lesson is in place since {lesson.in_place_on:%-d %b %Y} already; nothing was changed. For another day "
        "put it back into work first, then in place anew."
    )


def why_not_without_effect(lesson: Lesson) -> str:
    """Why it cannot be said to have had no effect; empty where that was measured."""
    match lesson.effect:
        case Lesson.Effect.NONE_SEEN:
            return ""
        case Lesson.Effect.NOT_MEASURED:
            said = "its effect has not been measured yet. That is done within the hour, then every day"
        case Lesson.Effect.TOO_EARLY:
            said = "what was measured says that it is too early to tell"
        case _:
            said = "fewer cases were measured since it is in place"
    return f"“No effect” is said only where no effect was seen, and {said}. Put it back into work to give it up."


@transaction.atomic
def revise(
    *,
    lesson: Lesson,
    facts: Mapping[str, Any],
    at: datetime,
    by: User | None = None,
    key: ApiKey | None = None,
    note: str = "",
) -> bool:
    """Write anew what was learned, what is to be changed, by whom and where: `facts` holds those of FACTS that are
    given. False, and nothing written, where all of them stand so already. InvalidInput where one in place would lose
    its change or its owner."""
    now = _held(lesson)
    note = clean_text(note, field="note", max_length=LONGEST)
    is_new = _revise(now, facts, at=at, by=by, key=key, will_be=now.status, note=note)
    lesson.refresh_from_db()
    return is_new


def _held(lesson: Lesson) -> Lesson:
    """The row as it is now; nobody else writes it before the end of the transaction."""
    return Lesson.objects.select_for_update().get(pk=lesson.pk)


def _revise(
    now: Lesson,
    facts: Mapping[str, Any],
    *,
    at: datetime,
    by: User | None,
    key: ApiKey | None,
    will_be: str,
    note: str = "",
) -> bool:
    wanted = dict(facts)
    if unknown := wanted.keys() - FACTS.keys():
        raise ValueError(f"a lesson has no {', '.join(sorted(unknown))}")
    if "text" in wanted:
        wanted["text"] = _sentence(wanted["text"])
    if "change" in wanted:
        wanted["change"] = clean_text(wanted["change"], field="change", max_length=LONGEST).strip()
    old = {name: getattr(now, name) for name in wanted}
    new = {name: value for name, value in wanted.items() if value != old[name]}
    for name, value in new.items():
        setattr(now, name, value)
    if will_be == Lesson.Status.IN_PLACE:
        _refuse_unready(now)
    if not new:
        return False
    now.save(update_fields=list(new))
    said = [f"{FACTS[name]}: {_words(old[name])} → {_words(value)}." for name, value in new.items()]
    detail = {name: [_plain(old[name]), _plain(value)] for name, value in new.items()}
    note_step(now, "revise", at=at, by=by, key=key, sentence=" ".join(said), note=note, detail=detail)
    similar.corpus.forget()
    return True


def _refuse_unready(lesson: Lesson) -> None:
    if not lesson.change.strip():
        raise InvalidInput(
            "Write what was changed, in a sentence: a lesson is in place only with its change in words.",
            field="change",
            code="required",
        )
    if lesson.owner_id is None:
        raise InvalidInput(
            "Choose its owner: a lesson that is in place has somebody who answers for the change.",
            field="owner",
            code="required",
        )


def _words(value: Any) -> str:
    return "nothing" if value in (None, "") else f"“{value}”" if isinstance(value, str) else str(value)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) or value is None else value.pk


def known_lessons(root_cause: RootCause, *, limit: int = 3) -> list[Lesson]:
    """The lessons seen most often for a cause, for one-click choice."""
    alive = Lesson.objects.filter(root_cause=root_cause).exclude(status=Lesson.Status.REJECTED)
    return list(alive.order_by("-times_seen", "-pk")[:limit])
