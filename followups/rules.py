"""Follow-ups, pure: who needs outreach, by when, by whom, and what may be done with it in which state.

No models and no database: services and receivers ask these rules and then write the rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from nps.desk.hours import Calendar, add_working_days, add_working_time

THRESHOLD = 8

OPEN = "open"
ASSIGNED = "assigned"
IN_PROGRESS = "in_progress"
CLOSED = "closed"
CANCELLED = "cancelled"
STATUSES = (OPEN, ASSIGNED, IN_PROGRESS, CLOSED, CANCELLED)

_HELD = frozenset({ASSIGNED, IN_PROGRESS})
_ALIVE = _HELD | {OPEN}

# verb: (the states it may be done in, the state it leads to; None leaves the state as it is)
TRANSITIONS: dict[str, tuple[frozenset[str], str | None]] = {
    "assign": (frozenset({OPEN}), ASSIGNED),
    "claim": (frozenset({OPEN}), ASSIGNED),
    "hand_over": (_HELD, None),
    "release": (_HELD, OPEN),
    "start": (frozenset({ASSIGNED}), IN_PROGRESS),
    "log_attempt": (_HELD, IN_PROGRESS),
    "snooze": (_ALIVE, None),
    "wake": (_ALIVE, None),
    "close": (_HELD, CLOSED),
    "ask_second": (_HELD, IN_PROGRESS),
    "decline": (_HELD, None),
    "withdraw": (_HELD, None),
    "reopen": (frozenset({CLOSED, CANCELLED}), ASSIGNED),
    "return": (frozenset({CLOSED, CANCELLED}), OPEN),
    "cancel": (_ALIVE, CANCELLED),
    "say_about": (_ALIVE | {CLOSED}, None),
}

#: after these nothing that was tried before counts
BEGIN_AGAIN = ("reopen", "return")

REACHED = "reached"


class IllegalTransition(Exception):
    """The verb cannot be done in this status. `str()` is a sentence for people; nothing was changed."""

    def __init__(self, verb: str, status: str) -> None:
        super().__init__(verb, status)
        self.verb = verb
        self.status = status

    def __str__(self) -> str:
        allowed = [_words(name) for name in STATUSES if name in TRANSITIONS[self.verb][0]]
        return (
            f"A follow-up that is {_words(self.status)} cannot be {_PARTICIPLES[self.verb]}: "
            f"it would have to be {_either(allowed)}."
        )


_PARTICIPLES = {
    "assign": "assigned",
    "claim": "claimed",
    "hand_over": "handed over",
    "release": "released",
    "start": "started",
    "log_attempt": "given an attempt",
    "snooze": "snoozed",
    "wake": "woken up",
    "close": "closed",
    "ask_second": "put before a second person",
    "decline": "left open by a second person",
    "withdraw": "taken back from a second person",
    "reopen": "reopened",
    "return": "opened again by its customer",
    "cancel": "cancelled",
    "say_about": "said to be about something",
}


def needs_outreach(score: int, threshold: int = THRESHOLD) -> bool:
    """Whether a score of 0 to 10 opens a follow-up: at the threshold or below it."""
    return score <= threshold


def next_status(verb: str, status: str) -> str:
    """The status after `verb`; IllegalTransition where the table has no such step, KeyError for no verb."""
    allowed, to = TRANSITIONS[verb]
    if status not in allowed:
        raise IllegalTransition(verb, status)
    return status if to is None else to


def due_times(
    calendar: Calendar, at: datetime, first_contact_hours: float, close_days: int
) -> tuple[datetime, datetime]:
    """(first contact due, closed due) in UTC, in the owning team's working hours and working days from `at`.

    Closing is never due before the first contact, which a team with very short days would otherwise see.
    """
    first_contact = add_working_time(calendar, at, first_contact_hours)
    return first_contact, max(first_contact, add_working_days(calendar, at, close_days))


@dataclass(frozen=True)
class Candidate:
    """One person as a member of one team, at the moment of choosing; one person may be several candidates.

    `shift_starts_at`: when they come on shift next, if they are not on now. `open_load`: how many follow-ups
    they hold. `idle_since`: when they last got one; None is never, which is the longest.
    """

    user_id: int
    team_id: int
    is_on_shift: bool
    shift_starts_at: datetime | None
    languages: frozenset[str]
    open_load: int
    idle_since: datetime | None


def pick_agent(
    candidates: Iterable[Candidate],
    *,
    owning_team_id: int,
    fallback_team_ids: tuple[int, ...],
    language: str,
    barred_user_ids: frozenset[int],
) -> Candidate | None:
    """Who gets the follow-up, or None when nobody is eligible.

    On shift in the owning team; else on shift in any team the policy names; else whose shift begins first,
    the owning team before the others at the same moment. Among equals: speaks the customer's language, least
    load, longest idle, lowest user id. Never the barred, nor those neither on shift nor due on one.
    """
    wanted = _primary(language)

    def rank(who: Candidate) -> tuple:
        is_fallback = who.team_id != owning_team_id
        # On shift now is a shift that begins before any other.
        starts_at = None if who.is_on_shift else who.shift_starts_at
        return (
            starts_at or _EARLIEST,
            is_fallback,
            bool(wanted) and wanted not in {_primary(spoken) for spoken in who.languages},
            who.open_load,
            who.idle_since or _EARLIEST,
            who.user_id,
            fallback_team_ids.index(who.team_id) if is_fallback else -1,
        )

    eligible = (
        who
        for who in candidates
        if who.user_id not in barred_user_ids
        and (who.team_id == owning_team_id or who.team_id in fallback_team_ids)
        and (who.is_on_shift or who.shift_starts_at is not None)
    )
    return min(eligible, key=rank, default=None)


_EARLIEST = datetime.min.replace(tzinfo=UTC)


def _primary(language: str) -> str:
    """“en-GB” and “EN” are both “en”: somebody who speaks one is understood in the other."""
    return language.replace("_", "-").split("-")[0].strip().lower()


@dataclass(frozen=True)
class AttemptFact:
    """One try at reaching the customer: by which channel, what came of it, on which (team-local) date."""

    channel: str
    outcome: str
    on: date


def could_not_reach_allowed(
    attempts: Iterable[AttemptFact], *, needed: int, days: int, channels: int
) -> tuple[bool, str]:
    """Whether “could not reach” may be the outcome, and the state of things in words either way.

    Pass the attempts since the follow-up was last opened. Every try that did not reach the customer counts,
    a sent e-mail too. A customer who was reached was not out of reach: then it is never allowed.
    """
    tried = list(attempts)
    reached = [attempt for attempt in tried if attempt.outcome == REACHED]
    if reached:
        first = min(reached, key=lambda attempt: attempt.on)
        return False, f"the customer was reached on {first.on:%-d %b %Y}; say what came of it instead"
    on_days = len({attempt.on for attempt in tried})
    by_channels = len({attempt.channel for attempt in tried})
    is_allowed = len(tried) >= needed and on_days >= days and by_channels >= channels
    return is_allowed, (
        f"{len(tried)} of {needed} {_plural('attempt', needed)}, "
        f"on {on_days} of {days} {_plural('day', days)}, "
        f"by {by_channels} of {channels} {_plural('channel', channels)}"
    )


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _words(status: str) -> str:
    return status.replace("_", " ")


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
