"""Every figure as one line: which panel, which row, what it is called, its value, and out of how many."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from config.choosing import Chosen
from config.figures import LoopFigures, SurveyFigures
from followups.pace import Pace
from nps.survey.figures.first_contact import STATES, FirstContact
from nps.survey.scoring import Nps, Rate

COLUMNS = ("panel", "row", "figure", "value", "count", "of", "low", "high")
Line = tuple[Any, ...]


def lines(chosen: Chosen, found: SurveyFigures, loop: LoopFigures | None, at: datetime) -> Iterator[Line]:
    """All of them. A share is 0 to 1 with its count and what that is out of; what is not scored has no value."""
    yield from _about(chosen, at)
    yield from _survey(found)
    yield from _breakdowns(found)
    yield from _asked(found)
    yield from _first_contact("first contact", "", found.first_contact)
    for segment in found.first_contact_segments:
        yield from _first_contact(f"first contact by {found.first_contact_by}", segment.name, segment.figures)
    for reason, count in found.exceptions:
        yield "first contact exceptions", reason, "tickets", None, count, found.first_contact.excepted, None, None
    for one in found.beside:
        yield "beside", f"{one.label}: {one.source}", one.figure, one.value, None, None, None, None
        yield "beside", f"{one.label}: {one.source}", f"{one.figure} gap", _rounded(one.gap.points), *[None] * 4
    if loop is not None:
        yield from _loop(loop)


def _about(chosen: Chosen, at: datetime) -> Iterator[Line]:
    yield "about", "", "data up to", at, *[None] * 4
    yield "about", "", "first day", chosen.period.first, *[None] * 4
    yield "about", "", "last day", chosen.period.last, *[None] * 4
    for words, _ in chosen.chips():
        yield "about", words, "filter", "", *[None] * 4


def _survey(found: SurveyFigures) -> Iterator[Line]:
    report, counts = found.report, found.report.counts
    yield _nps("score", "", report.nps)
    change = _rounded(found.change.delta) if found.is_comparable else None
    yield "score", "", "change", change, None, None, None, None
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


def _breakdowns(found: SurveyFigures) -> Iterator[Line]:
    tables = {"by team": found.teams, "broken down": () if found.segments is found.teams else found.segments}
    for table, segments in tables.items():
        for segment in segments:
            yield _nps(table, segment.name, segment.nps)
            yield _rate(table, segment.name, "answered of delivered", segment.asked.rate_of_delivered)
    for topic in found.topics:
        yield _nps("topics", topic.name, topic.nps)


def _asked(found: SurveyFigures) -> Iterator[Line]:
    for step in found.funnel.steps:
        yield _rate("funnel", step.name, "came so far", step.rate)
        for loss in step.losses:
            yield "funnel", step.name, f"lost: {loss.words}", None, loss.count, step.rate.denominator, None, None
    for (old, new), count in found.movement.table.items():
        yield "movement", f"{old} to {new}", "answers", None, count, found.movement.again, None, None
    yield "movement", "first answers", "answers", None, found.movement.first, None, None, None


def _first_contact(panel: str, row: str, figures: FirstContact) -> Iterator[Line]:
    yield _rate(panel, row, "gross", figures.gross)
    yield _rate(panel, row, "net", figures.net)
    yield _rate(panel, row, "gross with pending", figures.gross_with_pending)
    for state, words in STATES.items():
        yield panel, row, words, None, figures.states[state], figures.assisted, None, None


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
    found = loop.outreach
    ends = (_rounded(found.low, 3), _rounded(found.high, 3))
    compared = found.with_n + found.without_n
    yield "recovery", "reached beside not reached", found.words, _rounded(found.difference, 3), compared, None, *ends
    yield "recovery", "reached beside not reached", "reached", None, found.with_n, compared, None, None
    for bar in loop.bars:
        yield _rate("root causes", bar.cause.name, "follow-ups", bar.cause.share)
        for child in bar.cause.children:
            yield _rate("root causes", f"{bar.cause.name}: {child.name}", "follow-ups", child.share)
    for part in loop.attributable:
        yield _rate("attributable to", part.name, "follow-ups", part.share)


def _pace(panel: str, row: str, pace: Pace) -> Iterator[Line]:
    yield panel, row, "opened", None, pace.loop.created, None, None, None
    yield panel, row, "cancelled", None, pace.loop.cancelled, pace.loop.created, None, None
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
