"""Lessons from similar cases, beside a follow-up, a ticket and the closing: the rows that similarity.py ranks.

What is ranked is bounded, and remembered for a while in each process: it helps whoever reads it and decides nothing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from followups.models import FollowUp, Lesson, RootCause
from followups.similarity import Index, Known, Match
from nps.desk.models import Message, Ticket
from nps.remembered import Remembered

LESSONS, CASES = 1_000, 1_500
CASES_EACH = 8
#: of one text, and of a customer's messages on a ticket
CUT, MESSAGES = 600, 2
SHOWN = 3


@dataclass(frozen=True)
class Note:
    """A lesson as it is shown beside a case."""

    pk: int
    text: str
    cause: str
    cause_id: int
    status: str
    times_seen: int
    why: str = ""


@dataclass(frozen=True)
class Corpus:
    index: Index
    notes: dict[int, Note]


def _load(_: None) -> Corpus:
    """Two statements."""
    lessons = Lesson.objects.exclude(status=Lesson.Status.REJECTED).select_related("root_cause__parent")
    rows = list(lessons.order_by("-times_seen", "-pk")[:LESSONS])
    cases = _cases()
    known, notes, written = [], {}, set()
    for row in rows:
        # The same sentence may have been written twice; the one seen more often stands for both.
        if row.text.casefold() in written:
            continue
        written.add(row.text.casefold())
        known.append(_known(row, cases.get(row.pk, [])))
        notes[row.pk] = _note(row)
    return Corpus(Index(known), notes)


def _note(lesson: Lesson) -> Note:
    status = lesson.get_status_display().lower()
    return Note(lesson.pk, lesson.text, lesson.root_cause.name, lesson.root_cause_id, status, lesson.times_seen)


def _cases() -> dict[int, list[Any]]:
    """The latest cases that carried a lesson, by its id, a few of each."""
    closed = FollowUp.objects.filter(status=FollowUp.Status.CLOSED, lesson__isnull=False).order_by("-closed_at")
    told = closed.values_list(
        "lesson_id", "response__comment", "response__resolution__ticket__subject", "response__product_id"
    )
    cases: dict[int, list[Any]] = defaultdict(list)
    for lesson_id, comment, subject, product_id in told[:CASES]:
        if len(cases[lesson_id]) < CASES_EACH:
            cases[lesson_id].append((comment[:CUT], subject or "", product_id))
    return cases


def _known(lesson: Lesson, cases: list[Any]) -> Known:
    cause = lesson.root_cause
    # The lesson's own sentence counts twice: it says what the cases have in common.
    words = [lesson.text, lesson.text, lesson.change[:CUT], cause.name]
    words += [text for comment, subject, _ in cases for text in (subject, comment)]
    products = _ids(lesson.product_id, *(product_id for _, _, product_id in cases))
    return Known(lesson.pk, " ".join(words), products, _ids(cause.pk, cause.parent_id), lesson.times_seen)


def _ids(*keys: int | None) -> frozenset[int]:
    return frozenset(key for key in keys if key is not None)


#: what is known by now; None is its only key
corpus: Remembered[None, Corpus] = Remembered(_load, seconds=60)


def lessons_like(follow_up: FollowUp, topics: Iterable[str] = (), *, limit: int = SHOWN) -> list[Note]:
    """For one follow-up, whose response comes with its resolution and ticket. One statement."""
    response = follow_up.response
    ticket = response.resolution.ticket if response.resolution else None
    words = [response.comment[:CUT], *topics, *(_words_of(ticket) if ticket else ())]
    cause = follow_up.root_cause
    causes = _ids(cause.pk, cause.parent_id) if cause else _ids()
    return _like(words, response.product_id, causes, limit)


def lessons_like_ticket(ticket: Ticket, *, limit: int = SHOWN) -> list[Note]:
    """For a ticket that may become such a case. One statement."""
    return _like(_words_of(ticket), ticket.product_id, (), limit)


def suggested(follow_up: FollowUp, *, cause: RootCause | None, picked: Lesson | None, limit: int = 4) -> list[Note]:
    """Known lessons to close with by one click: the one that is picked, those seen most often with the chosen cause,
    then those of similar cases, then those seen most often. One statement."""
    notes = corpus(None).notes
    often = sorted(notes.values(), key=lambda note: (-note.times_seen, -note.pk))
    found: dict[int, Note] = {}
    if picked is not None:
        found[picked.pk] = notes.get(picked.pk) or _note(picked)
    of_cause = [note for note in often if cause is not None and note.cause_id == cause.pk][:SHOWN]
    for note in [*of_cause, *lessons_like(follow_up, limit=limit), *often]:
        if len(found) < limit:
            found.setdefault(note.pk, note)
    return list(found.values())


def _words_of(ticket: Ticket) -> list[str]:
    """Its subject, twice, and how the customer began."""
    said = Message.objects.filter(ticket=ticket, kind=Message.Kind.CUSTOMER).order_by("created_at", "pk")
    return [ticket.subject, ticket.subject, *(body[:CUT] for body in said.values_list("body", flat=True)[:MESSAGES])]


def _like(words: Iterable[str], product_id: int | None, causes: Iterable[int], limit: int) -> list[Note]:
    known = corpus(None)
    found = known.index.like(" ".join(words), product_id=product_id, cause_ids=causes, limit=limit)
    return [_noted(known.notes[match.key], match) for match in found]


def _noted(note: Note, match: Match) -> Note:
    reasons = []
    if match.is_same_cause:
        reasons.append("same cause")
    if match.is_same_product:
        reasons.append("same product")
    if match.words:
        reasons.append(f"said too: {', '.join(match.words)}")
    return Note(**{**note.__dict__, "why": " · ".join(reasons)})
