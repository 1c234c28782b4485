"""The fault runs themselves: every test is there, the table says what was seen, one that falls short fails the run."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import __main__ as door
from tests.faults.display import Display
from tests.faults.registry import all_proofs
from tests.faults.running import Run
from tests.faults.table import Row, as_markdown, as_text


def test_every_test_of_the_table_is_there_and_they_run_in_order() -> None:
    faults, races = [f"F{n}" for n in range(1, 9)], [f"C{n}" for n in range(1, 6)]
    assert list(all_proofs()) == [*faults, *races, "B1", "B2", "S2", "S3", "S5", "S7", "S9", "L1"]
    assert all(proof.__doc__ for proof in all_proofs().values())


def test_the_tables_show_figure_and_what_was_seen() -> None:
    rows = [Row("F1", "missing 0 of 10,600", "0", True), Row("F1", "doubled ≤ 40", "41 | 2", False)]
    assert [line.split() for line in as_text(rows).splitlines()[1:]] == [
        ["F1", "missing", "0", "of", "10,600", "0", "ok"],
        ["F1", "doubled", "≤", "40", "41", "|", "2", "SHORT"],
    ]
    at = datetime(2026, 3, 1, tzinfo=UTC)
    written = as_markdown(rows, scale=0.02, seed=7, seconds={"F1": 61.4}, at=at).splitlines()
    assert written[0].startswith("Run on 01 March 2026, ")
    assert written[0].endswith(", scale 0.02, seed 7.")
    assert written[-2:] == [
        "| **F1** (61 s) | missing 0 of 10,600 | 0 | ok |",
        "|  | doubled ≤ 40 | 41 \\| 2 | **short** |",
    ]


def good(run: Run) -> None:
    """Holds."""
    run.expect_none("lost 0", 0)


def short(run: Run) -> None:
    """Does not hold."""
    run.expect("drained ≤ 60 s", "61 s", False)


def broken(run: Run) -> None:
    """Never ends well."""
    raise RuntimeError("the mail server is on fire")


def silent(run: Run) -> None:
    """Judges nothing."""


@pytest.mark.parametrize(
    ("proofs", "status", "said"),
    [
        ([good], 0, ["T0    lost 0           0     ok"]),
        ([good, short], 1, ["drained ≤ 60 s   61 s  SHORT", "lost 0"]),
        ([broken, good], 1, ["RuntimeError: the mail server is on fire  SHORT", "lost 0"]),
        ([silent], 1, ["judges something  nothing  SHORT"]),
    ],
)
def test_a_run_that_falls_short_exits_with_1(
    proofs: list, status: int, said: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(door, "all_proofs", lambda: {f"T{n}": one for n, one in enumerate(proofs)})
    monkeypatch.setattr(door.signal, "signal", lambda *_: None)
    assert door.main(["--scale", "0.02", "--seed", "5"]) == status
    out = capsys.readouterr().out
    assert "scale 0.02, seed 5" in out
    assert all(" ".join(one.split()) in " ".join(out.split()) for one in said)


@pytest.mark.parametrize("arguments", [["F99"], ["--scale", "0"], ["--scale", "2"]])
def test_what_cannot_be_run_is_refused_before_anything_starts(
    arguments: list[str], capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit, match="2"):
        door.main(arguments)
    assert "F99" in capsys.readouterr().err if arguments == ["F99"] else True


def test_a_table_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "all_proofs", lambda: {"T0": good})
    monkeypatch.setattr(door.signal, "signal", lambda *_: None)
    assert door.main(["--table", str(tmp_path / "table.md")]) == 0
    assert "| **T0** (0 s) | lost 0 | 0 | ok |" in (tmp_path / "table.md").read_text()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_is() -> None:
    display = Display(Terminal())
    display.begin("F3, 1 of 2")
    display.stage("answers", 10_000)
    display.step(1_204)
    assert display.line() == "F3, 1 of 2 · answers 1,204 of 10,000 · 0 s"
    display.end(["F3  lost 0  0  ok"])


def test_elsewhere_each_stage_is_one_line() -> None:
    out = io.StringIO()
    display = Display(out)
    display.begin("F3, 1 of 2")
    display.stage("answers", 10_000)
    display.step(10_000)
    display.end(["F3  lost 0  0  ok"])
    assert out.getvalue().splitlines() == ["F3, 1 of 2", "      0 s  answers (10,000)", "F3  lost 0  0  ok"]
