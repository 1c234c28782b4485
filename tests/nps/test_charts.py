"""Drawings are pure: the same numbers, inside the picture, with a name, and whatever is written is text."""

import re
from datetime import date, timedelta
from itertools import combinations
from xml.etree import ElementTree

import pytest

from nps.survey import charts, trends
from nps.survey.reports import Week
from nps.survey.scoring import Counts, nps

MONDAY = date(2026, 8, 31)


def weeks(*scores: list[int], size: int = 1) -> list[Week]:
    made = []
    for place, given in enumerate(scores):
        counts = Counts.of(given)
        made.append(Week(MONDAY + timedelta(weeks=place * size), counts, nps(counts), size))
    return made


def numbers(drawing: str, *names: str) -> list[float]:
    return [float(value) for name in names for value in re.findall(rf'\b{name}="(-?[\d.]+)"', drawing)]


@pytest.mark.parametrize(
    ("value", "words"), [(42.5, "+43"), (-4.5, "−5"), (0.4, "0"), (-0.4, "0"), (None, "–"), (100.0, "+100")]
)
def test_scores_are_read_with_their_sign(value: float | None, words: str) -> None:
    assert charts.signed(value) == words


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("width", [720, 330])
def test_a_trend_stays_inside_its_picture(width: int, size: int) -> None:
    some = weeks([10] * 40, [0] * 40, [], [9] * 5, [10] * 30, size=size)
    last_day = some[-1].begins_on + timedelta(days=7 * size - 1)
    events = [trends.Event(MONDAY, "At the very start"), trends.Event(last_day, "On the last day <b>of all</b>")]
    drawing = trends.trend(some, events, width=width, height=236)
    ElementTree.fromstring(drawing)
    assert "<b>" not in drawing
    assert all(0 <= x <= width for x in numbers(drawing, "x1", "x2", "cx"))
    assert all(0 <= y <= 236 for y in numbers(drawing, "y1", "y2", "cy"))
    points = re.findall(r'points="([^"]+)"', drawing)
    assert all(0 <= float(y) <= 236 for shape in points for y in re.findall(r",([\d.]+)", shape))
    assert drawing.count("<circle") == 3, "weeks under 30 answers have no point"
    assert drawing.count("<polygon") == 2, "nothing is drawn over a week without answers"


@pytest.mark.parametrize("width", [720, 330])
def test_many_events_have_numbers_that_lie_on_no_other(width: int) -> None:
    days = [MONDAY + timedelta(days=number // 3) for number in range(8)]
    drawing = trends.trend(
        weeks(*[[10] * 30] * 12), [trends.Event(day, "A change") for day in days], width=width, height=236
    )
    places = re.findall(r'<text class="m" x="([\d.]+)" y="([\d.]+)" text-anchor="middle">(\d)<title>', drawing)
    assert [number for _, _, number in places] == list("12345678")
    spots = [(float(x), float(y)) for x, y, _ in places]
    for one, other in combinations(spots, 2):
        assert abs(one[0] - other[0]) >= trends.NUMBER or abs(one[1] - other[1]) >= trends.NUMBER
    assert all(0 < y < 200 for _, y in spots)


def test_a_trend_without_one_answer_is_a_trend_of_nothing() -> None:
    drawing = trends.trend(weeks([], []), width=720, height=236)
    ElementTree.fromstring(drawing)
    assert "none has enough answers to be scored" in drawing
    assert "<circle" not in drawing


def test_bars_of_a_distribution_are_as_high_as_their_counts() -> None:
    drawing = charts.distribution(Counts.of([0] * 5 + [7] * 10 + [10] * 20))
    heights = [float(height) for height in re.findall(r'width="25" height="([\d.]+)"', drawing)]
    assert heights[10] == 2 * heights[7] == 4 * heights[0]
    assert heights[1:7] == [0.0] * 6
    assert re.findall(r">(\d+%)<", drawing) == ["14%", "29%", "57%"]
    ElementTree.fromstring(charts.distribution(Counts()))


def test_named_bars_are_named_in_full_for_those_who_cannot_see_them() -> None:
    long = "Knowledge of the representative & more"
    drawing = charts.bars([(long, 3), ("None", 0)], tones=("det",), is_wide=False)
    ElementTree.fromstring(drawing)
    assert "Knowledge of the representative &amp; more: 3; None: 0" in drawing


@pytest.mark.parametrize("is_wide", [True, False])
def test_a_long_name_stands_on_two_lines_and_is_not_cut(is_wide: bool) -> None:
    for name in ("Knowledge of the representative", "Hand-over between agents", "Closed with lesson or “nothing new”"):
        drawing = charts.bars([(name, 3)], tones=("det",), is_wide=is_wide)
        shown = "".join(ElementTree.fromstring(drawing)[0].itertext())
        assert shown.replace(" ", "") == name.replace(" ", "")
    endless = charts.bars([("Word " * 30, 3)], tones=("det",), is_wide=is_wide)
    assert endless.count("<tspan") == 2
    assert "…</tspan>" in endless


def test_no_bars_are_no_drawing_that_breaks() -> None:
    assert charts.bars([], tones=("det",), is_wide=True)


@pytest.mark.parametrize("scores", [[], [10], [0] * 40, [10] * 40])
def test_a_range_bar_holds_its_interval(scores: list[int]) -> None:
    found = nps(Counts.of(scores))
    drawing = charts.range_bar(found)
    ElementTree.fromstring(drawing)
    assert all(0 <= x <= 210 for x in numbers(drawing, "x1", "x2", "cx"))
    assert ("<circle" in drawing) is found.is_scored
    ElementTree.fromstring(charts.interval(found, None))


def test_a_stack_shows_every_part_that_is_something() -> None:
    parts = [("under 1 h", 10), ("1 to 4 h", 0), ("later", 30)]
    drawing = charts.stack(parts, late_from=2, is_wide=True)
    widths = [float(width) for width in re.findall(r'<rect [^>]*width="([\d.]+)"', drawing)]
    assert len(widths) == 2
    assert widths[1] + 2 == pytest.approx(3 * (widths[0] + 2))
    assert re.findall(r'class="f-(\w+)" x', drawing) == ["pro", "det"]
    assert 'aria-label="under 1 h: 10; 1 to 4 h: 0; later: 30"' in drawing
    assert ">25%<" in drawing
    assert ">75%<" in drawing
