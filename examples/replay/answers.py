"""What the respondents say: scores and comments of real reviews, each used once and then from the start again."""

import csv
from dataclasses import dataclass
from itertools import count
from pathlib import Path

TENTH = 10  # the reviews know no 0: every tenth 1 becomes one


@dataclass(frozen=True)
class Opinion:
    score: int
    comment: str


def opinions(path: Path) -> list[Opinion]:
    """The reviews in file order; those without a rating are left out. ValueError if a rating is not 0 to 10."""
    read: list[Opinion] = []
    ones = count(1)
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            rating = (row.get("overall_rating") or "").strip()
            if not rating:
                continue
            score = int(float(rating))
            if score != float(rating) or not 0 <= score <= 10:
                raise ValueError(f"{path.name}, review {line - 1}: overall_rating {rating!r} is no whole 0 to 10.")
            if score == 1 and next(ones) % TENTH == 0:
                score = 0
            read.append(Opinion(score, (row.get("content") or "").strip()))
    if not read:
        raise ValueError(f"{path.name} holds no rated review; it needs overall_rating and content.")
    return read
