"""The history of lessons: every verb that moves one writes its line here, whichever door called it."""

from datetime import datetime
from typing import Any

from followups.models import Lesson, LessonEntry
from nps.desk.models import ApiKey, User


def note_step(
    lesson: Lesson,
    verb: str,
    *,
    at: datetime,
    sentence: str,
    by: User | None = None,
    key: ApiKey | None = None,
    before: str = "",
    after: str = "",
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> LessonEntry:
    """Append one line, within the transaction of the act: by a person, a program's `key`, both, or the product."""
    return LessonEntry.objects.create(
        lesson=lesson,
        at=at,
        actor=by,
        key=key,
        verb=verb,
        from_status=before,
        to_status=after,
        sentence=sentence,
        note=note.strip(),
        detail=detail or {},
    )
