"""The replay's own book: what it did, when it asked and when it was told. The server never writes here."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .mailbox import Mail

INVITED, NO_ADDRESS, INTERNAL, DUPLICATE, OPTED_OUT = "invited", "no_address", "internal", "duplicate", "opted_out"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Span:
    """An act of this client: before `asked_at` it cannot have happened, after `acked_at` it has."""

    asked_at: datetime
    acked_at: datetime | None = None

    def is_before(self, other: "Span") -> bool:
        return self.acked_at is not None and self.acked_at <= other.asked_at


@dataclass
class Caller:
    """A customer of this run. Their kind decides what the server has to do about them."""

    external_id: str
    name: str
    email: str  # lower case, or nothing
    is_internal: bool
    stopped: Span | None = None


@dataclass
class Solved:
    """One resolution: who was responsible by this book, and whether it was undone."""

    number: int
    agent: int
    team: int
    done: Span
    reopened: Span | None = None


@dataclass
class Incident:
    number: str
    place: int  # in the log, from 0
    external_id: str
    caller: Caller
    is_duplicate: bool
    ticket: int = 0
    team: int = 0
    assignee: int | None = None
    status: str = ""  # as last acknowledged; nothing until it is opened
    accepted: int = 0
    solved: list[Solved] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    answers: list["Answer"] = field(default_factory=list)

    def expected_kinds(self, solved: Solved) -> set[str]:
        """The decisions that would be right about one resolution: one of them, unless the customer asked not to be
        asked at that very moment."""
        if self.caller.is_internal:
            return {INTERNAL}
        if self.is_duplicate:
            return {DUPLICATE}
        if not self.caller.email:
            return {NO_ADDRESS}
        stopped = self.caller.stopped
        if stopped is None or solved.done.is_before(stopped):
            return {INVITED}
        return {OPTED_OUT} if stopped.is_before(solved.done) else {INVITED, OPTED_OUT}


@dataclass
class Answer:
    """What one respondent sent from one mail and was thanked for. `scores`: the first and every change, in order."""

    incident: str
    mail: Mail
    scores: list[int]
    comment: str
    answered: Span
    last_change: Span | None = None
    refused_change: Span | None = None  # acked_at: when the page said no

    @property
    def score(self) -> int:
        return self.scores[-1]

    @property
    def needs_call(self) -> bool:
        """Whether any score it ever had is 8 or below: a follow-up, once opened, is kept."""
        return min(self.scores) <= 8


@dataclass
class Work:
    """What this run's agents did with one follow-up."""

    follow_up: int
    incident: str
    by: int = 0
    attempts: list[str] = field(default_factory=list)
    reached: Span | None = None
    has_claimed: bool = False
    passed_to: int | None = None
    was_snoozed: bool = False
    outcome: str = ""
    root_cause: int = 0
    lesson_kind: str = ""
    lesson: int | None = None
    closed: Span | None = None


class Ledger:
    """Written by all threads; every method is one entry under one lock. Read without it once they are done."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.began_at = now()
        self.ended_at: datetime | None = None
        self.callers: dict[str, Caller] = {}  # by their number in the log
        self.incidents: dict[str, Incident] = {}
        self.by_address: dict[str, Caller] = {}
        self.unknown_mails: list[Mail] = []  # survey mails to a customer of this run that name no incident of theirs
        self.other_mails = 0
        self.work: dict[int, Work] = {}
        self.new_lessons: dict[int, int] = {}  # lesson -> times used as a known one in this run
        self.silent = 0  # mails whose receiver does not answer
        self.steps = Counter()  # acts of the log that were acknowledged
        self.complaints: list[str] = []  # what should not have happened, in words; each is a difference
        self.notes = Counter()  # what may happen and is worth a line: races that were lost fairly

    def complain(self, sentence: str) -> None:
        with self.lock:
            self.complaints.append(sentence)

    def note(self, what: str) -> None:
        with self.lock:
            self.notes[what] += 1

    def know(self, caller: Caller, incident: Incident) -> None:
        with self.lock:
            self.incidents[incident.number] = incident
            if caller.email:
                self.by_address[caller.email] = caller

    def took_mail(self, mail: Mail) -> Incident | None:
        """Book a mail; the incident it asks about if it is a survey mail of this run."""
        with self.lock:
            caller = self.by_address.get(mail.recipient)
            if caller is None or not mail.is_survey:
                self.other_mails += 1
                return None
            for incident in self.incidents.values():
                if incident.caller is caller and incident.number in mail.text:
                    incident.mails.append(mail)
                    return incident
            self.unknown_mails.append(mail)
            return None

    def answered(self, answer: Answer) -> None:
        with self.lock:
            self.incidents[answer.incident].answers.append(answer)

    # ---- sums ------------------------------------------------------------------------------------------------
    @property
    def solved(self) -> list[tuple[Incident, Solved]]:
        return [(incident, one) for incident in list(self.incidents.values()) for one in incident.solved]

    @property
    def answers(self) -> list[Answer]:
        return [answer for incident in list(self.incidents.values()) for answer in incident.answers]

    @property
    def mails(self) -> list[Mail]:
        return [mail for incident in list(self.incidents.values()) for mail in incident.mails]

    def scores(self) -> Counter[int]:
        """The scores as they last stood."""
        return Counter(answer.score for answer in self.answers)
