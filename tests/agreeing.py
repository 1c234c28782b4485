"""What the reports say beside what plain Python finds in the rows, figure by figure."""

from zoneinfo import ZoneInfo

import pytest

from followups import pace, recovery
from followups import reports as loop_reports
from followups.reports import Selection
from nps.survey import reports
from nps.survey.reports import Scope
from nps.survey.scoring import Counts
from tests.plainly import Rows, interval, median, net

ZONE = ZoneInfo("Europe/Oslo")


def survey_agrees(scope: Scope, rows: Rows) -> int:
    """Every figure of the survey; how many were compared."""
    compared = 0
    report = reports.report_of(scope)
    scores = rows.scores()
    assert report.counts == Counts.of(scores)
    assert report.nps.point == pytest.approx(net(scores))
    assert (report.nps.low, report.nps.high) == pytest.approx(interval(scores))
    assert report.counts.mean == (pytest.approx(sum(scores) / len(scores)) if scores else None)
    assert report.resolved == len(rows.live())
    assert (report.delivered, report.answered) == (rows.delivered(), rows.answered())
    assert report.rate_of_delivered.numerator == rows.answered(of_delivered=True)
    compared += 20

    found = reports.funnel(scope, rows.at)
    places = [rows.place(row) for row in rows.live()]
    assert {place: count for place, count in found.places.items() if count} == {
        place: places.count(place) for place in set(places)
    }
    assert found.steps[0].count == report.resolved
    assert found.count("delivered") == report.delivered
    assert found.count("answered") + found.told == report.answered
    for before, after in zip(found.steps, found.steps[1:], strict=False):
        assert before.count - sum(loss.count for loss in after.losses) == after.count
    compared += len(found.places) + len(found.steps)

    for dimension in reports.DIMENSIONS:
        compared += _breakdown_agrees(scope, rows, dimension)
    weekly = {week.begins_on: week.counts for week in reports.by_week(scope, ZONE)}
    assert {day: counts for day, counts in weekly.items() if counts.n} == {
        day: Counts.of(given) for day, given in rows.weeks(ZONE).items()
    }
    moved = reports.movement(scope)
    cells = rows.movement()
    assert moved.first == cells.pop("first", 0)
    assert {cell: count for cell, count in moved.table.items() if count} == dict(cells)
    assert {row.name: row.counts for row in reports.by_topic(scope)} == {
        name: Counts.of(given) for name, given in rows.topics().items()
    }
    return compared + len(weekly) + 10 + len(rows.topics()) + _first_contact_agrees(scope, rows)


def _breakdown_agrees(scope: Scope, rows: Rows, dimension: str) -> int:
    groups = rows.groups(dimension)
    segments = reports.by(scope, dimension)
    assert {segment.name for segment in segments} == set(groups), dimension
    for segment in segments:
        given, resolutions = groups[segment.name]
        assert segment.counts == Counts.of(given), (dimension, segment.name)
        assert segment.asked.resolved == len(rows.live(resolutions)), (dimension, segment.name)
        assert segment.asked.delivered == rows.delivered(resolutions)
        assert segment.asked.answered_of_delivered == rows.answered(resolutions, of_delivered=True)
        assert segment.nps.is_scored == (len(given) >= 30)
    if dimension not in reports.SEVERAL:
        assert sum((segment.counts for segment in segments), Counts()) == Counts.of(rows.scores())
    return 4 * len(segments)


def _first_contact_agrees(scope: Scope, rows: Rows) -> int:
    found, expected = reports.first_contact(scope), rows.first_contact()
    assert {state: count for state, count in found.states.items() if count} == {
        state: expected[state] for state in found.states if expected[state]
    }
    assert (found.unknown, found.excepted) == (expected["unknown"], expected["excepted"])
    assert {name: expected[name] for name in found.disagreements} == dict(found.disagreements)
    assert found.gross.numerator == expected["accepted"] + expected["assumed"]
    assert found.gross.denominator == sum(found.states.values())
    for dimension in ("team", "product", "shift", "channel"):
        groups = rows.groups(dimension)
        for segment in reports.first_contacts(scope, dimension).segments:
            mine = rows.first_contact(groups[segment.name][1])
            assert segment.figures.resolved == mine["accepted"] + mine["assumed"], (dimension, segment.name)
            assert segment.figures.assisted == sum(mine[state] for state in found.states)
    return 12


def loop_agrees(selection: Selection, rows: Rows) -> int:
    """Every figure of the follow-ups; how many were compared."""
    paces = pace.paces(selection, rows.at)
    whole, kept = paces.whole, rows.kept()
    assert whole.loop == loop_reports.loop(selection, rows.at)
    assert whole.loop.created == len(rows.follow_ups)
    assert (whole.loop.reached_in_time, whole.loop.contact_due) == rows.reached_in_time()
    closed = [row for row in kept if row["status"] == "closed"]
    assert whole.loop.closed == len(closed)
    assert whole.loop.closed_in_time == sum(row["closed_at"] <= row["close_due_at"] for row in closed)
    assert whole.assigned_in_time == rows.assigned_in_time()
    assert whole.attempts == sum(row["attempts_made"] for row in closed)
    taken = rows.taken()
    assert whole.median == median(taken)
    hours = [0, 1, 4, 8, 24, 10**6]
    for (_, words, count), first, last in zip(whole.spans, hours, hours[1:], strict=False):
        assert count == sum(first <= took.total_seconds() / 3600 < last for took in taken), words
    for name in ("created", "reached", "closed", "contact_due", "reached_in_time", "closed_in_time", "cancelled"):
        assert sum(getattr(band.pace.loop, name) for band in paces.bands) == getattr(whole.loop, name)

    again = recovery.recovery(selection)
    assert again.closed == len(closed)
    assert dict(again.table) == dict(rows.recovery())
    assert again.recovered.numerator == sum(
        count for (then, since), count in rows.recovery().items() if (since > 6) + (since > 8) > (then > 6) + (then > 8)
    )
    compared = recovery.outreach(selection)
    groups = rows.outreach()
    both = [score for score in range(11) if min(len(groups[which][score]) for which in (True, False)) >= 2]
    assert compared.with_n == sum(len(groups[True][score]) for score in both)
    assert compared.without_n == sum(len(groups[False][score]) for score in both)
    if compared.difference is not None:
        weights = {
            score: len(groups[True][score])
            * len(groups[False][score])
            / (len(groups[True][score]) + len(groups[False][score]))
            for score in both
        }
        means = {score: [sum(groups[w][score]) / len(groups[w][score]) for w in (True, False)] for score in both}
        total = sum(weights[score] * (means[score][0] - means[score][1]) for score in both)
        assert compared.difference == pytest.approx(total / sum(weights.values()))

    causes = loop_reports.by_cause(selection)
    assert {cause.name: cause.count for cause in causes} == dict(rows.causes())
    assert {part.name: part.count for part in loop_reports.attributable(causes)} == dict(rows.attributable())
    bars = loop_reports.pareto(causes)
    assert not bars or bars[-1].so_far.share == 1
    return 40 + 8 * len(paces.bands) + len(causes)
