"""Scores over time, drawn on the server: one dot an answer, by its day and its score. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

#: scores that have a line and a number at the side
LINES = (0, 5, 9, 10)
LABELLED = 14
ROOM = 15


@dataclass(frozen=True)
class Point:
    score: int
    on: date
    x: float
    y: float
    band: str
    is_numbered: bool = True

    @property
    def text_y(self) -> float:
        return self.y - 8 if self.score < 9 else self.y + 18


@dataclass(frozen=True)
class Chart:
    """In user units. `kind` is the class by which the style sheet shows one of two widths."""

    kind: str
    width: int
    height: int
    left: int
    right: float
    points: tuple[Point, ...]
    lines: tuple[tuple[int, float], ...]

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)

    @property
    def has_numbers(self) -> bool:
        """Every dot carries its score, where there is room."""
        return len(self.points) <= LABELLED

    @property
    def foot(self) -> float:
        return self.height - 4

    @property
    def words(self) -> str:
        if not self.points:
            return "No answers"
        scores = ", ".join(str(point.score) for point in self.points[-20:])
        first, last = self.points[0].on, self.points[-1].on
        if len(self.points) == 1:
            return f"One score: {scores}, on {first:%-d %b %Y}"
        which = f"Last {min(len(self.points), 20)} scores"
        return f"{which}, oldest first: {scores}. From {first:%-d %b %Y} to {last:%-d %b %Y}"


def band_of(score: int) -> str:
    return "pro" if score >= 9 else "pas" if score >= 7 else "det"


def charts_of(answers: Sequence[tuple[date, int]]) -> tuple[Chart, Chart]:
    """(wide, narrow) charts of (day, score), oldest first. Days that are alike share a place, a step apart."""
    return _chart(answers, "wide", 1100, 210), _chart(answers, "narrow", 330, 190)


def _chart(answers: Sequence[tuple[date, int]], kind: str, width: int, height: int) -> Chart:
    left, right, top, bottom = 30, width - 14, 16, height - 34

    def y(score: int) -> float:
        return round(top + (10 - score) * (bottom - top) / 10, 1)

    days = [on.toordinal() for on, _ in answers]
    span = days[-1] - days[0] if days else 0
    points: list[Point] = []
    for number, (on, score) in enumerate(answers):
        share = (on.toordinal() - days[0]) / span if span else (number + 1) / (len(answers) + 1)
        place = round(left + 14 + share * (right - left - 28), 1)
        # A number that would lie on another says nothing; the table below has them all.
        near = [one for one in points if one.is_numbered and place - one.x < ROOM and abs(one.y - y(score)) < 2 * ROOM]
        points.append(Point(score, on, place, y(score), band_of(score), is_numbered=not near))
    return Chart(kind, width, height, left, right, tuple(points), tuple((score, y(score)) for score in LINES))
