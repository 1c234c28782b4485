"""Survey, pure: what counts as a score, the same at every door."""

import re

LOWEST, HIGHEST = 0, 10
_SCORE = re.compile("10|[0-9]")


class ScoreError(ValueError):
    """Not a score. `code` is for programs, `str()` is a sentence for people."""

    code = "invalid_score"

    def __str__(self) -> str:
        return "Score must be a whole number from 0 to 10."


def parse_score(text: object) -> int:
    """0 to 10 out of the exact ASCII text "0" … "10", or out of a real int (JSON); else ScoreError.

    Python's `int()` is not asked: it takes "１０", "1_0" and " 8 ". A bool and 8.0 are no scores.
    """
    if isinstance(text, str) and _SCORE.fullmatch(text):
        return int(text)
    if isinstance(text, int) and not isinstance(text, bool) and LOWEST <= text <= HIGHEST:
        return int(text)
    raise ScoreError
