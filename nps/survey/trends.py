"""The score from week to week, drawn on the server, pure: see charts.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from nps.survey.charts import n, signed
from nps.survey.reports import Week

LEFT, TOP, RIGHT, BOTTOM = 34, 12, 44, 26
ROOM, ROOM_FOR_YEARS = 40, 64  # least room from one label of the time axis to the next
IN_WORDS = 2  # events up to which the drawing holds their words; of more it holds numbers
NUMBER = 14  # room that a number takes
YEARLY = 13  # weeks a point, from which on labels say the year


def day_label(day: date, before: date | None = None) -> str:
    """“1 Sep”, and the bare number while the month stays the same."""
    return f"{day.day}" if before is not None and before.month == day.month else f"{day.day} {day:%b}"


@dataclass(frozen=True)
class Event:
    """Something that happened on a day, drawn as a dashed line with its words or its number."""

    on: date
    words: str


@dataclass(frozen=True)
class _Frame:
    """Where a day and a score are on the drawing; `middles` are the days that stand for each week or span."""

    width: int
    height: int
    first: date
    days: int
    middles: tuple[float, ...]
    lowest: int
    highest: int
    step: int

    def x(self, day: float) -> float:
        return LEFT + (self.width - LEFT - RIGHT) * day / self.days

    def mid(self, place: int) -> float:
        return self.x(self.middles[place])

    def y(self, score: float) -> float:
        room = self.height - TOP - BOTTOM
        return TOP + room * (self.highest - score) / (self.highest - self.lowest)


def trend(weeks: Sequence[Week], events: Sequence[Event] = (), *, width: int, height: int) -> SafeString:
    """The score by week or span of weeks, at least one, with its 95 % interval as a band. Under the small-n guard there
    is an interval and no point."""
    frame = _frame(weeks, width, height)
    parts = [
        _scale(frame),
        _bands(frame, weeks),
        _events(frame, events),
        _points(frame, weeks),
        _days(frame, weeks),
    ]
    return format_html(
        '<svg class="chart {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        "f-wide" if width > 500 else "f-narrow",
        width,
        height,
        _trend_name(weeks),
        mark_safe("".join(parts)),
    )


def _frame(weeks: Sequence[Week], width: int, height: int) -> _Frame:
    """Room for every day, for every interval and for 0, in whole steps."""
    first = weeks[0].begins_on
    begins = [(week.begins_on - first).days for week in weeks]
    days = begins[-1] + 7 * weeks[-1].weeks
    middles = tuple((begin + end) / 2 for begin, end in zip(begins, [*begins[1:], days], strict=True))
    answered = [week for week in weeks if week.counts.n]
    low = min([week.nps.low for week in answered] + [0.0])
    high = max([week.nps.high for week in answered] + [40.0])
    step = 20 if high - low <= 100 else 25 if high - low <= 150 else 50
    return _Frame(width, height, first, days, middles, step * floor(low / step), step * ceil(high / step), step)


def _trend_name(weeks: Sequence[Week]) -> str:
    by = span_words(weeks)
    scored = [week for week in weeks if week.nps.is_scored]
    if not scored:
        return f"NPS by {by} with 95 percent interval; none has enough answers to be scored"
    first, last = scored[0], scored[-1]
    return (
        f"NPS by {by} with 95 percent interval, from {signed(first.nps.point)} from {first.begins_on:%-d %B} on "
        f"to {signed(last.nps.point)} from {last.begins_on:%-d %B} on"
    )


def span_words(weeks: Sequence[Week]) -> str:
    """“week”, “2 weeks”: what each point of the drawing stands for."""
    size = weeks[-1].weeks if weeks else 1
    return "week" if size == 1 else f"{size} weeks"


def _scale(frame: _Frame) -> SafeString:
    return format_html_join(
        "",
        '<line class="f-line" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="26" y="{}" text-anchor="end">{}</text>',
        (
            (LEFT, frame.width - 8, n(frame.y(score)), n(frame.y(score)), n(frame.y(score) + 4), signed(score))
            for score in range(frame.lowest, frame.highest + 1, frame.step)
        ),
    )


def _runs(flags: Sequence[bool]) -> list[list[int]]:
    """Places of True, in unbroken runs."""
    runs: list[list[int]] = []
    for place, is_on in enumerate(flags):
        if not is_on:
            continue
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _bands(frame: _Frame, weeks: Sequence[Week]) -> SafeString:
    shapes = []
    for run in _runs([week.counts.n > 0 for week in weeks]):
        if len(run) == 1:
            x, week = frame.mid(run[0]), weeks[run[0]]
            corners = [(x - 6, week.nps.high), (x + 6, week.nps.high), (x + 6, week.nps.low), (x - 6, week.nps.low)]
        else:
            corners = [(frame.mid(place), weeks[place].nps.high) for place in run]
            corners += [(frame.mid(place), weeks[place].nps.low) for place in reversed(run)]
        shapes.append((" ".join(f"{n(x)},{n(frame.y(score))}" for x, score in corners),))
    return format_html_join("", '<polygon class="f-band" points="{}"/>', shapes)


def _points(frame: _Frame, weeks: Sequence[Week]) -> SafeString:
    is_scored = [week.nps.is_scored for week in weeks]
    spots = [(frame.mid(place), frame.y(week.nps.point or 0)) for place, week in enumerate(weeks)]
    lines = ((" ".join(f"{n(spots[place][0])},{n(spots[place][1])}" for place in run),) for run in _runs(is_scored))
    dots = (
        (
            n(spots[place][0]),
            n(spots[place][1]),
            _week_in_words(week),
        )
        for place, week in enumerate(weeks)
        if is_scored[place]
    )
    drawn = format_html_join("", '<polyline class="f-course" points="{}"/>', lines)
    drawn += format_html_join("", '<circle class="f-week" cx="{}" cy="{}" r="3.5"><title>{}</title></circle>', dots)
    if any(is_scored):
        last = max(place for place, scored in enumerate(is_scored) if scored)
        x, y = spots[last]
        drawn += format_html(
            '<text class="k" x="{}" y="{}">{}</text>', n(x + 9), n(y + 4), signed(weeks[last].nps.point)
        )
    return drawn


def _week_in_words(week: Week) -> str:
    score = f"{signed(week.nps.point)}, {signed(week.nps.low)} to {signed(week.nps.high)}"
    span = "Week of" if week.weeks == 1 else f"{week.weeks} weeks from"
    return f"{span} {week.begins_on:%-d %b}: {score}, {week.counts.n} answers"


def _events(frame: _Frame, events: Sequence[Event]) -> SafeString:
    labels = _in_words(frame, events) if len(events) <= IN_WORDS else _numbered(frame, events)
    return format_html_join(
        "",
        '<line class="f-event" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="m" x="{}" y="{}" text-anchor="{}">{}<title>{}</title></text>',
        labels,
    )


def _numbered(frame: _Frame, events: Sequence[Event]) -> list[tuple[Any, ...]]:
    """Each with its number on its line; where two are close, the later one's is a row below."""
    drawn, ends = [], list[float]()
    for number, event in enumerate(events, 1):
        x = frame.x((event.on - frame.first).days)
        row = next((row for row, end in enumerate(ends) if x - end >= NUMBER), len(ends))
        ends[row:] = [x, *ends[row + 1 :]]
        line = (n(x), n(x), TOP, frame.height - BOTTOM)
        drawn.append((*line, n(x), TOP + 10 + NUMBER * row, "middle", number, f"{day_label(event.on)}: {event.words}"))
    return drawn


def _in_words(frame: _Frame, events: Sequence[Event]) -> list[tuple[Any, ...]]:
    drawn = []
    for number, event in enumerate(events):
        x = frame.x((event.on - frame.first).days)
        is_right = x > frame.width / 2
        shown = event.words if len(event.words) <= 44 else f"{event.words[:43].rstrip()}…"
        if frame.width < 500 and len(shown) > 24:
            shown = f"{shown[:23].rstrip('…')}…"
        words_at = (n(x - 6 if is_right else x + 6), 22 + 16 * number, "end" if is_right else "start", shown)
        drawn.append((n(x), n(x), TOP, frame.height - BOTTOM, *words_at, event.words))
    return drawn


def _days(frame: _Frame, weeks: Sequence[Week]) -> SafeString:
    """A week's Monday under its point; where a point stands for several weeks, each Monday where it is."""
    room = (frame.width - LEFT - RIGHT) / len(weeks)
    is_long = weeks[-1].weeks >= YEARLY
    every = max(1, ceil((ROOM_FOR_YEARS if is_long else ROOM if frame.width > 500 else 52) / room))
    labels: list[tuple[Any, ...]] = []
    before, last_x = None, 0.0
    for place in range(0, len(weeks), every):
        day = weeks[place].begins_on
        is_span = weeks[place].weeks > 1
        x = frame.x((day - frame.first).days) if is_span else frame.mid(place)
        if labels and x - last_x < (ROOM_FOR_YEARS if is_long else ROOM) - 8:
            labels.pop()  # the first span may be too short for its own
        words = f"{day:%b %Y}" if is_long else day_label(day, before)
        labels.append((n(x), frame.height - 6, "start" if is_span else "middle", words))
        before, last_x = day, x
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', labels)
