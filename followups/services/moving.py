"""The one way a follow-up changes state: guard, conditional update, history, in one transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from followups import rules
from followups.models import FollowUp, HistoryEntry
from nps.desk.models import User
from nps.errors import Conflict, NotAllowed
from nps.statements import insert_once

#: What the rated person may still do, as a lead for instance: see that somebody else has it.
PASSING_ON = frozenset({"assign", "hand_over"})


class ChangedMeanwhile(Conflict):
    """The follow-up is not what the caller saw. `follow_up` is what it is now."""

    code = "changed_meanwhile"

    def __init__(self, follow_up: FollowUp, sentence: str) -> None:
        super().__init__(sentence)
        self.follow_up = follow_up


def move(
    follow_up: FollowUp,
    verb: str,
    *,
    at: datetime,
    sentence: str,
    actor: User | None = None,
    expected_version: int | None = None,
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> FollowUp:
    """Apply `verb` (see rules.TRANSITIONS) and `changes`, and write the history.

    IllegalTransition where the table has no such step; ChangedMeanwhile where the row is no longer the one that
    `follow_up` was read from (or that carried `expected_version`). Nothing is written in either case."""
    if expected_version is not None and expected_version != follow_up.version:
        raise ChangedMeanwhile(follow_up, what_happened(follow_up, since_version=expected_version))
    if actor is not None and verb not in PASSING_ON:
        refuse_rated(follow_up, actor)
    before = follow_up.status
    after = rules.next_status(verb, before)
    with transaction.atomic():
        same = FollowUp.objects.filter(pk=follow_up.pk, status=before, version=follow_up.version)
        if same.update(status=after, version=F("version") + 1, **changes) != 1:
            now = FollowUp.objects.select_related("assignee").get(pk=follow_up.pk)
            raise ChangedMeanwhile(now, what_happened(now, since_version=follow_up.version))
        record(follow_up, verb, at=at, sentence=sentence, actor=actor, before=before, after=after, detail=detail)
    follow_up.status = after
    follow_up.version += 1
    for name, value in changes.items():
        setattr(follow_up, name, value)
    return follow_up


def refuse_rated(follow_up: FollowUp, user: User) -> None:
    """NotAllowed where `user` is the person the score was about, unless the policy allows that person to call."""
    if follow_up.rated_agent_id == user.pk and not follow_up.policy.allows_rated_agent:
        raise NotAllowed(
            f"{user} is the person this score was about, so somebody else has to call.", code="rated_agent"
        )


def record(
    follow_up: FollowUp,
    verb: str,
    *,
    at: datetime,
    sentence: str,
    actor: User | None = None,
    before: str = "",
    after: str = "",
    detail: dict[str, Any] | None = None,
) -> HistoryEntry:
    """Append one line to the history."""
    entry = HistoryEntry(
        follow_up=follow_up,
        at=at,
        actor=actor,
        verb=verb,
        from_status=before,
        to_status=after,
        sentence=sentence,
        detail=detail or {},
    )
    insert_once(entry)
    return entry


def record_all(
    lines: Iterable[tuple[FollowUp, str, str, dict[str, Any]]], *, at: datetime, before: str, after: str
) -> None:
    """One line each of (follow-up, verb, sentence, detail), done by the product itself. One statement."""
    HistoryEntry.objects.bulk_create(
        HistoryEntry(
            follow_up=follow_up,
            at=at,
            verb=verb,
            from_status=before,
            to_status=after,
            sentence=sentence,
            detail=detail,
        )
        for follow_up, verb, sentence, detail in lines
    )


def what_happened(follow_up: FollowUp, *, since_version: int) -> str:
    """The change that came in between, in words, for the person whose act was stopped."""
    last = follow_up.history.select_related("actor").order_by("-at", "-pk").first()
    if last is None:
        return f"Follow-up {follow_up.pk} has changed meanwhile; look at it again."
    who = str(last.actor) if last.actor else "Nines"
    return f"Follow-up {follow_up.pk} has changed meanwhile. {who}: {last.sentence}"
