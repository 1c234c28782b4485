"""Lists as CSV, streamed. A text cell that a spreadsheet would run as a formula is neutralised; numbers are not."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import StreamingHttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str | int | float | Decimal:
    """`value` as one cell: times in UTC as ISO 8601, nothing for None, yes and no for booleans."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    # A spreadsheet shows the apostrophe's rest as the text it is.
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Echo:
    """A file that hands back each written line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def lines(headings: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """CSV lines, the headings first, with CRLF as RFC 4180 has it."""
    writer = csv.writer(_Echo())
    yield writer.writerow([cell(heading) for heading in headings])
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def follow(row: Any, trail: str) -> Any:
    """The value at the end of `trail`, such as "customer__name"; a choice's label, nothing where the way ends early."""
    for step in trail.split("__"):
        if row is None:
            return None
        display = getattr(row, f"get_{step}_display", None)
        try:
            row = display() if display else getattr(row, step)
        except ObjectDoesNotExist:
            return None  # such as the answer to an invitation that nobody answered
    return row() if callable(row) else row


def download_rows(
    filename: str, columns: Sequence[tuple[str, str]], rows: Any, *, refused: Iterable[str] = ()
) -> StreamingHttpResponse:
    """All rows of a QuerySet, streamed; `columns` pairs headings with trails, what they touch being selected. `refused`
    says which filters were not understood: a line each before the rows, so that nobody takes all for some."""
    said = ([f"filter not understood: {sentence}"] for sentence in refused)
    cells = ([follow(row, trail) for _, trail in columns] for row in rows.iterator(chunk_size=1000))
    return download(filename, [heading for heading, _ in columns], chain(said, cells))


def download(filename: str, headings: Sequence[str], rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """A streamed attachment; memory stays flat however many rows there are."""
    return StreamingHttpResponse(
        lines(headings, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"},
    )
