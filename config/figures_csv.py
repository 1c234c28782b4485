"""Every figure as one line: which panel, which row, what it is called, its value, and out of how many."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from config.choosing import Chosen
from config.figures import LoopFigures, SurveyFigures
from followups.lesson_reports import LessonRow
from followups.pace import Pace
from nps.survey.figures.first_contact import DISAGREEMENTS, STATES, FirstContact
from nps.survey.scoring import SMALL_N, Nps, Rate, reading

COLUMNS = ("panel", "row", "figure", "value", "count", "of", "low", "high")
Line = tuple[Any, ...]


def lines(chosen: Chosen, found: SurveyFigures, loop: LoopFigures | None, at: datetime) -> Iterator[Line]:
    """All of them. A share is 0 to 1 with its count and what that is out of; what is not scored has no value, and what
    the page says in words stands there as words."""
    yield from _about(chosen, at)
    yield from _survey(chosen, found)
    yield from _where_to_look(found)
    yield from _breakdowns(found)
    yield from _asked(found)
    yield from _first_contact("first contact", "", found.first_contact)
    yield from _beside_first_contact(found)
    for segment in found.first_contact_segments:
        yield from _first_contact(f"first contact by {found.first_contact_by}", segment.name, segment.figures)
    for reason, count in found.exceptions:
        yield "first contact exceptions", reason, "tickets", None, count, found.first_contact.excepted, None, None
    for one in found.beside:
        row = f"{one.label}: {one.source}"
        yield "beside", row, one.figure, one.value, None, None, None, None
        yield "beside", row, f"{one.figure} known on", one.on, *[None] * 4
        yield "beside", row, f"{one.figure} gap", _rounded(one.gap.points), *[None] * 4
        yield "beside", row, f"{one.figure} gap in words", one.gap.words, *[None] * 4
    if loop is not None:
        yield from _loop(loop)


def _about(chosen: Chosen, at: datetime) -> Iterator[Line]:
    yield "about", "", "data up to", at, *[None] * 4
    yield "about", "", "first day", chosen.period.first, *[None] * 4
    yield "about", "", "last day", chosen.period.last, *[None] * 4
    for words, _ in chosen.chips():
        yield "about", words, "filter", "", *[None] * 4


def _survey(chosen: Chosen, found: SurveyFigures) -> Iterator[Line]:
    report, counts = found.report, found.report.counts
    yield _nps("score", "", report.nps)
    yield "score", "", "reading", reading(report.nps) if report.nps.is_scored else None, *[None] * 4
    change = found.change
    told = (change.delta, change.low, change.high) if found.is_comparable else (None, None, None)
    delta, low, high = (_rounded(one) for one in told)
    yield "score", "", "change", delta, None, None, low, high
    yield "score", "", "change in words", chosen.change_in_words(counts, found.before), *[None] * 4
    yield "score", "", "answers before", None, found.before.n, None, None, None
    yield "score", "", "mean", _rounded(counts.mean, 3), counts.n, None, None, None
    for score, count in enumerate(counts.by_score):
        yield "distribution", score, "answers", None, count, counts.n, None, None
    for name in ("promoters", "passives", "detractors"):
        yield _rate("bands", name, "share", Rate(getattr(counts, name), counts.n))
    yield _rate("response", "", "of delivered", report.rate_of_delivered)
    yield _rate("response", "", "of resolved", report.rate_of_resolved)
    limits = found.funnel.bounds
    yield "score", "", "whatever the silent say", None, limits.silent, None, _rounded(limits.low), _rounded(limits.high)
    yield _nps("score", "without answers about something else than the agent", found.apart.nps)
    for week in found.weeks:
        yield _nps(f"by {week.weeks} week" if week.weeks == 1 else f"by {week.weeks} weeks", week.begins_on, week.nps)


def _where_to_look(found: SurveyFigures) -> Iterator[Line]:
    """The team that stands lowest, or that none is called so."""
    if found.lowest is None:
        words = f"fewer than two teams have {SMALL_N} answers here, so none is called lowest"
        yield "where to look", "", "lowest team", words, *[None] * 4
        return
    team, lowest = found.lowest
    yield "where to look", team.name, "lowest team", lowest.words, *[None] * 4
    yield _nps("where to look", team.name, team.nps)
    yield "where to look", team.name, "against all others", _rounded(lowest.delta), *[None] * 4
    yield "where to look", team.name, "teams that are scored", None, lowest.against, None, None, None


def _breakdowns(found: SurveyFigures) -> Iterator[Line]:
    tables = {"by team": found.teams, "broken down": () if found.segments is found.teams else found.segments}
    for table, segments in tables.items():
        for segment in segments:
            yield _nps(table, segment.name, segment.nps)
            yield _rate(table, segment.name, "answered of delivered", segment.asked.rate_of_delivered)
    for topic in found.topics:
        yield _nps("topics", topic.name, topic.nps)
        yield _rate("topics", topic.name, "share of answers that ticked any", topic.rate)
        yield "topics", topic.name, "driver", topic.driver, *[None] * 4


def _asked(found: SurveyFigures) -> Iterator[Line]:
    for step in found.funnel.steps:
        yield _rate("funnel", step.name, "came so far", step.rate)
        for loss in step.losses:
            yield "funnel", step.name, f"lost: {loss.words}", None, loss.count, step.rate.denominator, None, None
    for (old, new), count in found.movement.table.items():
        yield "movement", f"{old} to {new}", "answers", None, count, found.movement.again, None, None
    yield "movement", "first answers", "answers", None, found.movement.first, None, None, None
    yield _rate("movement", "", "up", found.movement.up)
    yield _rate("movement", "", "down", found.movement.down)
    yield "funnel", "", "imported, in no other number", None, found.funnel.history, None, None, None


def _first_contact(panel: str, row: str, figures: FirstContact) -> Iterator[Line]:
    yield _rate(panel, row, "gross", figures.gross)
    yield _rate(panel, row, "net", figures.net)
    yield _rate(panel, row, "gross with pending", figures.gross_with_pending)
    for state, words in STATES.items():
        yield panel, row, words, None, figures.states[state], figures.assisted, None, None


def _beside_first_contact(found: SurveyFigures) -> Iterator[Line]:
    """What the page says of first contact beside the rates: how sure, and where behaviour and words disagree."""
    first, share = found.first_contact, found.first_contact_share
    ends = (_rounded(share.low, 4), _rounded(share.high, 4))
    yield "first contact", "", "gross, likely", _rounded(share.share, 4), share.numerator, share.denominator, *ends
    for key, words in DISAGREEMENTS.items():
        yield (
            "first contact disagreements",
            words,
            "tickets",
            None,
            first.disagreements[key],
            first.assisted,
            None,
            None,
        )
    yield "first contact", "", "imported without their contacts", None, first.unknown, None, None, None


def _loop(loop: LoopFigures) -> Iterator[Line]:
    yield from _pace("loop", "", loop.paces.whole)
    for band in loop.paces.bands:
        yield from _pace("loop by policy", band.name, band.pace)
    yield "loop", "", "overdue now", None, loop.overdue, None, None, None
    for _, words, count in loop.paces.whole.spans:
        yield "time to first contact", words, "follow-ups", None, count, loop.loop.reached, None, None
    yield _rate("recovery", "", "answered again", loop.recovery.answered_again)
    yield _rate("recovery", "", "in a higher band", loop.recovery.recovered)
    yield _rate("recovery", "", "scored higher", loop.recovery.went_up)
    for row, counts in (("mean then", loop.recovery.then), ("mean next", loop.recovery.since)):
        yield "recovery", "", row, _rounded(counts.mean, 3), counts.n, None, None, None
    found = loop.outreach
    ends = (_rounded(found.low, 3), _rounded(found.high, 3))
    compared = found.with_n + found.without_n
    yield "recovery", "reached beside not reached", found.words, _rounded(found.difference, 3), compared, None, *ends
    yield "recovery", "reached beside not reached", "reached", None, found.with_n, compared, None, None
    for bar in loop.bars:
        yield _rate("root causes", bar.cause.name, "follow-ups", bar.cause.share)
        yield _rate("root causes", bar.cause.name, "so far", bar.so_far)
        for child in bar.cause.children:
            yield _rate("root causes", f"{bar.cause.name}: {child.name}", "follow-ups", child.share)
    for part in loop.attributable:
        yield _rate("attributable to", part.name, "follow-ups", part.share)
    for lesson in loop.lessons:
        yield from _lesson(lesson)
    for change in loop.changes:
        yield "put in place", change.text, "day", change.on, *[None] * 4


def _lesson(lesson: LessonRow) -> Iterator[Line]:
    """One of the latest lessons, as the page lists them."""
    yield "lessons", lesson.text, "seen here", None, lesson.seen, lesson.times_seen, None, None
    yield "lessons", lesson.text, "status", lesson.status_label, *[None] * 4
    yield "lessons", lesson.text, "team", lesson.team or "All teams", *[None] * 4
    yield "lessons", lesson.text, "owner", lesson.owner or "no owner yet", *[None] * 4
    yield "lessons", lesson.text, "in place since", lesson.in_place_on, *[None] * 4


def _pace(panel: str, row: str, pace: Pace) -> Iterator[Line]:
    yield panel, row, "opened", None, pace.loop.created, None, None, None
    yield panel, row, "cancelled", None, pace.loop.cancelled, pace.loop.created, None, None
    yield _rate(panel, row, "has somebody", pace.loop.rate_assigned)
    yield _rate(panel, row, "assigned in time", pace.rate_assigned_in_time)
    yield _rate(panel, row, "reached in time", pace.loop.rate_reached_in_time)
    yield _rate(panel, row, "closed", pace.loop.rate_closed)
    yield _rate(panel, row, "closed in time", pace.loop.rate_closed_in_time)
    median = None if pace.median is None else round(pace.median.total_seconds() / 3600, 4)
    yield panel, row, "median hours to first contact", median, pace.loop.reached, None, None, None
    yield (
        panel,
        row,
        "attempts per close",
        _rounded(pace.attempts_per_close, 3),
        pace.attempts,
        pace.loop.closed,
        None,
        None,
    )


def _nps(panel: str, row: Any, nps: Nps) -> Line:
    point = _rounded(nps.point) if nps.is_scored else None
    return panel, row, "NPS", point, nps.n, None, _rounded(nps.low), _rounded(nps.high)


def _rate(panel: str, row: Any, figure: str, rate: Rate) -> Line:
    return panel, row, figure, _rounded(rate.share, 4), rate.numerator, rate.denominator, None, None


def _rounded(value: float | None, places: int = 2) -> float | None:
    return None if value is None else round(value, places)
