"""How the score stands against the period before, told the same at every door."""

from dataclasses import dataclass
from datetime import datetime, time, tzinfo

from nps import periods
from nps.survey.figures.scope import Scope
from nps.survey.reports import counts_of
from nps.survey.scoring import SMALL_N, Comparison, Counts, compare


@dataclass(frozen=True)
class Change:
    """The answers of a period beside those of the one before, from `since` to before `until`. `words`: as the
    page says it. Where too few answered in one of the two nothing is said of the score (`found` has no figure)."""

    since: datetime
    until: datetime
    before: Counts
    is_comparable: bool
    found: Comparison
    words: str


def change_of(scope: Scope, counts: Counts, zone: tzinfo) -> Change:
    """How the answers of `scope`, which are `counts`, stand against those of the period before. One statement."""
    earlier = scope.before(zone)
    before = counts_of(earlier)
    found = compare(counts, before)
    is_told = are_comparable(counts, before)
    return Change(
        since=earlier.since,
        until=earlier.until,
        before=before,
        is_comparable=is_told,
        found=found if is_told else Comparison(None, None, False, "nothing to compare with"),
        words=in_words(counts, before, _called(scope, zone)),
    )


def are_comparable(now: Counts, before: Counts) -> bool:
    """Whether both have answers enough to say how the score has changed."""
    return min(now.n, before.n) >= SMALL_N


def in_words(now: Counts, before: Counts, called: str) -> str:
    """“Up 3, which may be chance, against the 12 weeks before.”, or why that is not said; `called` are those weeks."""
    if not before.n:
        return f"There are no answers in {called} to compare with."
    if before.n < SMALL_N:
        return f"Too few to compare with {called}: {before.n} answer{'' if before.n == 1 else 's'} then."
    if now.n < SMALL_N:
        return f"Too few to compare with {called}: {now.n} answer{'' if now.n == 1 else 's'} now."
    words = compare(now, before).words
    joint = ", " if words.endswith("chance") else " "
    return f"{words[0].upper()}{words[1:]}{joint}against {called}."


def _called(scope: Scope, zone: tzinfo) -> str:
    since, until = scope.since.astimezone(zone), scope.until.astimezone(zone)
    if since.time() == until.time() == time(0):
        return f"the {periods.days_in_words((until.date() - since.date()).days)} before"
    length = scope.until - scope.since
    if length.days and not (length.seconds or length.microseconds):
        return f"the {periods.days_in_words(length.days)} before"
    return "the time of the same length before"
