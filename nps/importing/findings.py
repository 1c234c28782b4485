"""What is wrong with a file or with a line of it, and the file in which every such line is written down."""

import csv
import os
from collections import Counter
from pathlib import Path
from typing import Any

from nps import csv_out

HEADINGS = ("line", "column", "what is wrong", "what would be right", "what became of it")
MOST_LISTED = 100_000
SHOWN = 60

REFUSED = "refused"
LEFT_OUT = "left out"
CHANGED = "taken, changed"


def excerpt(cell: str | None) -> str:
    """A cell as it may stand in a sentence: short, and on one line."""
    if not cell:
        return "nothing"
    text = cell if len(cell) <= SHOWN else f"{cell[:SHOWN]}…"
    return f"“{' '.join(text.split()) if text.isprintable() else ascii(text)[1:-1]}”"


def place_for(path: Path) -> Path:
    """Where wrong lines of `path` are listed: beside it, else (it is no file, or nobody may write there) here."""
    name = f"{path.name or 'import'}.errors.csv"
    listed = path.parent / name
    may_write = os.access(listed, os.W_OK) if listed.exists() else os.access(path.parent, os.W_OK)
    return listed if path.is_file() and may_write else Path(name)


class BadFile(Exception):
    """The file as a whole cannot be taken. Names what is wrong and what would be right; nothing was written."""

    def __init__(self, wrong: str, right: str, *, line: int | None = None, column: str = "") -> None:
        place = "".join([f"line {line:,}: " if line else "", f"column {column}: " if column else ""])
        super().__init__(f"{place}{wrong} {right}")


class Findings:
    """Lines that were refused, left out or changed, written to a CSV as they are found; memory stays flat. The file is
    made with the first finding, for its owner's eyes: it quotes what customers said."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self.first = ""
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> "Findings":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        else:
            self._forget_earlier_run()

    def add(self, line: int, column: str, wrong: str, right: str, became: str = REFUSED) -> None:
        self.counts[became] += 1
        if not self.first and became == REFUSED:
            self.first = f"line {line:,}, {column or 'the whole line'}: {wrong} {right}"
        total = sum(self.counts.values())
        if total > MOST_LISTED:
            return
        if self._file is None:
            self._open()
        last = total == MOST_LISTED
        self._writer.writerow([csv_out.cell(cell) for cell in (line, column, wrong, right, became)])
        if last:
            self._writer.writerow(["", "", f"More than {MOST_LISTED:,} lines; the rest is counted only.", "", ""])

    @property
    def is_written(self) -> bool:
        return self._file is not None

    @property
    def refused(self) -> int:
        return self.counts[REFUSED]

    def _open(self) -> None:
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise BadFile(
                f"The list of wrong lines cannot be written to {self.path}: {error.strerror}.",
                "Name another place with --errors.",
            ) from None
        self._file = os.fdopen(handle, "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(HEADINGS)

    def _forget_earlier_run(self) -> None:
        """A list of an earlier run would be read as this one's. Only a file that begins as ours does is removed."""
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                is_ours = file.readline().rstrip("\r\n") == ",".join(HEADINGS)
        except (OSError, UnicodeDecodeError):
            return
        if is_ours:
            self.path.unlink(missing_ok=True)
