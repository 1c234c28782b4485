"""A CSV file as batches of lines with their numbers. Pure but for the file: knows nothing of what the cells mean."""

import csv
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

from nps.importing.findings import BadFile, excerpt

ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "iso-8859-2", "iso-8859-15", "cp1250", "cp1252")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LONGEST_CELL = 1_000_000
MOST_COLUMNS = 2_000
BATCH_ROWS, BATCH_CHARACTERS = 2_000, 4_000_000

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"PK\x03\x04": "a zip archive (or an .xlsx workbook)",
          b"\x1f\x8b": "gzip-compressed", b"%PDF": "a PDF"}  # fmt: skip


@dataclass
class Batch:
    """Lines of the width of the header. `lines` holds the number of each row's first line in the file; `odd` those of
    another width, as (line, cells)."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    odd: list[tuple[int, int]] = field(default_factory=list)


class CsvFile:
    """An open file: its header, and its lines as batches. `size` in bytes, `position` how many were read."""

    def __init__(self, file: IO[str], size: int, encoding: str, delimiter: str) -> None:
        self._file, self.size = file, size
        self._encoding, self._delimiter = encoding, delimiter
        self._reader = csv.reader(file, delimiter=delimiter, strict=True)
        self._line = 1
        self.header = self._read_header()

    @property
    def position(self) -> int:
        return min(self._file.buffer.tell(), self.size)  # type: ignore[attr-defined]

    def column(self, name: str) -> int:
        """The place of the column of that name; BadFile says which there are."""
        if name in self.header:
            return self.header.index(name)
        near = get_close_matches(name, self.header, n=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        shown = ", ".join(self.header[:40]) + (" …" if len(self.header) > 40 else "")
        raise BadFile(f"There is no column {name}.", f"{guess}The columns are: {shown}.", line=1, column=name)

    def batches(self) -> Iterator[Batch]:
        width, batch, characters = len(self.header), Batch(), 0
        for line, row in self._rows():
            if len(row) == width:
                batch.rows.append(row)
                batch.lines.append(line)
            elif row:
                batch.odd.append((line, len(row)))
            characters += sum(map(len, row))
            if len(batch.lines) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
                yield batch
                batch, characters = Batch(), 0
        if batch.lines or batch.odd:
            yield batch

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        reader = self._reader
        begins = reader.line_num + 1
        try:
            for row in reader:
                yield begins, row
                begins = reader.line_num + 1
        except csv.Error as error:
            raise self._broken(error, begins) from None
        except UnicodeError:  # UTF-16 without its mark raises the plain one
            raise self._undecodable(begins) from None

    def _read_header(self) -> list[str]:
        for line, row in self._rows():
            if row:
                self._line = line
                return self._checked(row)
        raise BadFile("The file is empty.", "Its first line must name the columns.", line=1)

    def _checked(self, header: list[str]) -> list[str]:
        text = "".join(header)
        if "\x00" in text:
            raise BadFile(
                "The names of the columns hold NUL characters, as a UTF-16 file read as UTF-8 does.",
                "Save the file as UTF-8, or say --encoding utf-16-le.",
                line=self._line,
            )
        others = {sign: text.count(sign) for sign in DELIMITERS if sign != self._delimiter}
        most = max(others, key=lambda sign: others[sign])
        if len(header) == 1 and others[most]:
            name = "a tab" if most == "\t" else f"“{most}”"
            raise BadFile(
                f"The first line is one single column for the {DELIMITERS.get(self._delimiter, 'delimiter')}, and holds"
                f" {name} {others[most]} times.",
                f"Say --delimiter {'tab' if most == chr(9) else repr(most)}.",
                line=self._line,
            )
        names = [name.strip() for name in header]
        if twice := sorted({name for name in names if name and names.count(name) > 1}):
            raise BadFile(f"The column {twice[0]} is there twice.", "Rename or remove one of them.", line=self._line,
                          column=twice[0])  # fmt: skip
        if not any(names) or len(names) > MOST_COLUMNS:
            raise BadFile(f"The first line names {len(names):,} columns.", f"1 to {MOST_COLUMNS:,} names are right.",
                          line=self._line)  # fmt: skip
        return names

    def _broken(self, error: csv.Error, begins: int) -> BadFile:
        said = str(error)
        if "field larger" in said:
            return BadFile(
                f"A cell is longer than {LONGEST_CELL:,} characters.",
                "Shorten it, or close the quote that opens it.",
                line=begins,
            )
        if "unexpected end" in said:
            return BadFile("A quote is opened here and never closed.", "Close it, or double it.", line=begins)
        return BadFile(f"The line is not CSV ({said}).", "Double every quote inside a quoted cell.", line=begins)

    def _undecodable(self, begins: int) -> BadFile:
        line, byte = _first_undecodable(self._file.name, self._encoding, begins)
        wrong = (
            f"The byte {byte} is not {self._encoding.upper()}." if byte else f"This is not {self._encoding.upper()}."
        )
        right = "Save the file as UTF-8, or say in what it is, such as --encoding cp1252."
        return BadFile(wrong, right, line=line)


def _first_undecodable(path: str, encoding: str, begins: int) -> tuple[int, str]:
    """The decoder stumbles somewhere in a buffer; this finds the line. UTF-16 has no lines of bytes to look at."""
    if encoding.startswith("utf-16"):
        return begins, ""
    with open(path, "rb") as raw:
        for number, content in enumerate(raw, start=1):
            try:
                content.decode(encoding)
            except UnicodeDecodeError as error:
                return number, f"0x{content[error.start]:02X}"
    return begins, ""


@contextmanager
def reading(path: Path, *, encoding: str = "utf-8", delimiter: str = ",") -> Iterator[CsvFile]:
    """The open file, its header read. BadFile where it cannot be read as CSV: says why and what would be right."""
    with _opened(path, encoding) as file:
        limit = csv.field_size_limit(LONGEST_CELL)  # the module's own 128 KiB would end the file at a long comment
        try:
            yield CsvFile(file, path.stat().st_size, encoding, delimiter)
        finally:
            csv.field_size_limit(limit)


def _opened(path: Path, encoding: str) -> IO[Any]:
    if encoding not in ENCODINGS:
        raise BadFile(f"The encoding {excerpt(encoding)} is not known.", f"Choose out of: {', '.join(ENCODINGS)}.")
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise BadFile("This is no file but a device or a pipe.", "Write the lines to a file first.")
        with path.open("rb") as raw:
            start = raw.read(4)
        for mark, what in _MARKS.items():
            if start.startswith(mark) and not (what == encoding == "utf-16"):
                advice = "Save it as UTF-8, or say --encoding utf-16." if what == "utf-16" else "Send CSV as text."
                raise BadFile(f"The file is {'UTF-16' if what == 'utf-16' else what}.", advice, line=1)
        # A byte order mark before UTF-8, as spreadsheets write it, is no part of the first column's name.
        return path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> BadFile:
    advice = {
        errno.ENOENT: ("There is no such file.", "Check the path."),
        errno.EISDIR: ("This is a directory.", "Name a CSV file in it."),
        errno.EACCES: ("There is no permission to read it.", "Give this user the right to read the file."),
    }
    return BadFile(*advice.get(error.errno or 0, (f"It cannot be read: {error.strerror}.", "Check the path.")))
