"""The CSV reader: what it takes, what it refuses and how it says so; with properties over mutilated files."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nps.importing.findings import BadFile
from nps.importing.reading import reading

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: anything that UTF-8 can hold
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.lists(st.text("abcdefgh_", min_size=1, max_size=6), min_size=1, max_size=5, unique=True)


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "lines.csv"
    path.write_bytes(content)
    return path


def read(path: Path, **options: str) -> tuple[list[str], list[tuple[int, list[str]]], list[tuple[int, int]]]:
    """Header, (line, cells) of the right width, (line, cells) of others."""
    rows: list[tuple[int, list[str]]] = []
    odd: list[tuple[int, int]] = []
    with reading(path, **options) as file:
        for batch in file.batches():
            rows += zip(batch.lines, batch.rows, strict=True)
            odd += batch.odd
        return file.header, rows, odd


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(BadFile) as refused:
        read(path, **options)
    return str(refused.value)


def as_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


# ---- what is taken -------------------------------------------------------------------------------------------
def test_lines_are_numbered_as_an_editor_numbers_them(tmp_path: Path) -> None:
    path = write(tmp_path, b'id,note\r\n1,"two\r\nlines"\r\n\r\n2,one\r\n')
    assert read(path) == (["id", "note"], [(2, ["1", "two\r\nlines"]), (5, ["2", "one"])], [])


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbfid,name\n1,Ingrid\n")
    assert read(path)[0] == ["id", "name"]


def test_utf_16_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "id;name\n1;Kari Å\n".encode("utf-16"))
    assert read(path, encoding="utf-16", delimiter=";")[1] == [(2, ["1", "Kari Å"])]


def test_a_line_of_another_width_is_told_apart(tmp_path: Path) -> None:
    path = write(tmp_path, b"id,name\n1\n2,Ingrid,x\n3,Kari\n")
    assert read(path)[1:] == ([(4, ["3", "Kari"])], [(2, 1), (3, 3)])


def test_a_cell_of_200_kb_is_a_cell(tmp_path: Path) -> None:
    path = write(tmp_path, b"id,note\n1," + b"x" * 200_000 + b"\n2,y\n")
    assert [len(cells[1]) for _, cells in read(path)[1]] == [200_000, 1]


def test_the_limit_of_the_module_is_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    read(write(tmp_path, b"id\n1\n"))
    assert csv.field_size_limit() == before


# ---- what is refused -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "wrong", "right"),
    [
        (b"", "empty", "name the columns"),
        (b"\n\n", "empty", "name the columns"),
        (b"id,name,id\n", "line 1: column id: The column id is there twice", "Rename"),
        (b"id;name;x\n1;2;3\n", "holds “;” 2 times", "--delimiter ';'"),
        (b"id\tname\n", "holds a tab 1 times", "--delimiter tab"),
        ("id,name\n1,2\n".encode("utf-16"), "UTF-16", "--encoding utf-16"),
        ("id,name\n1,2\n".encode("utf-16-le"), "NUL", "--encoding utf-16-le"),
        (b"id,name\n1,Kari\n2,\xe9t\xe9\n", "line 3: The byte 0xE9 is not UTF-8", "--encoding cp1252"),
        (b'id,name\n1,"Kari\n2,x\n', "line 2: A quote is opened here and never closed", "Close it"),
        (b'id,name\n1,"Ka"ri\n', "line 2: The line is not CSV", "Double every quote"),
        (b"PK\x03\x04rest", "zip archive (or an .xlsx workbook)", "CSV as text"),
        (b"id,note\n1," + b"x" * 1_000_001 + b"\n", "line 2: A cell is longer than 1,000,000", "Shorten it"),
        (b",,\n1,2,3\n", "names 3 columns", "names are right"),
    ],
)
def test_a_bad_file_is_refused_with_its_place_and_a_remedy(
    tmp_path: Path, content: bytes, wrong: str, right: str
) -> None:
    said = refusal(write(tmp_path, content))
    assert wrong in said
    assert right in said


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "This is a directory." in refusal(tmp_path)
    assert "no such file" in refusal(tmp_path / "none.csv")
    assert "device or a pipe" in refusal(Path("/dev/null"))
    assert "utf-7" in refusal(write(tmp_path, b"id\n"), encoding="utf-7")


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with reading(write(tmp_path, b"overall_rating,date\n")) as file, pytest.raises(BadFile) as refused:
        file.column("overal_rating")
    assert "Did you mean overall_rating?" in str(refused.value)


# ---- properties ----------------------------------------------------------------------------------------------
@MANY
@given(names, st.data())
def test_what_was_written_is_read(tmp_path: Path, header: list[str], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.lists(texts, min_size=len(header), max_size=len(header)), max_size=8))
    rows = [row for row in rows if len(row) > 1 or row[0]]  # a single empty cell is an empty line
    got, read_rows, odd = read(write(tmp_path, as_csv([header, *rows])))
    assert got == header
    assert [cells for _, cells in read_rows] == rows
    assert odd == []


@MANY
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)
    try:
        header, rows, _ = read(path)
    except BadFile:
        return
    assert all(len(cells) == len(header) for _, cells in rows)


@MANY
@given(st.data())
def test_a_mutilated_file_gives_right_lines_or_a_refusal(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes removed, doubled and put in anywhere: nothing but BadFile ever comes out, and line numbers rise."""
    content = bytearray(
        as_csv([["id", "score", "note"], *[[str(n), "8.0", f'said "{n}"\nand left'] for n in range(6)]])
    )
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1)) if content else 0
        what = data.draw(
            st.sampled_from([b"", b'"', b"\x00", b",", b"\n", b"\r", b"\xff", b"\xef\xbb\xbf", b"'", b"x"])
        )
        content[place : place + data.draw(st.integers(0, 3))] = what
    try:
        _, rows, odd = read(write(tmp_path, bytes(content)))
    except BadFile:
        return
    lines = [line for line, _ in rows]
    assert lines == sorted(set(lines))
    assert not set(lines) & {line for line, _ in odd}
