"""run.py on machines that lack something: one sentence that says what to do, never a traceback."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.live import ROOT

pytestmark = pytest.mark.once


@pytest.fixture
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_under_test", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_is_told(run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    assert run.main([]) == 1
    assert capsys.readouterr().err == (
        "run.py: this is Python 3.9.2; Nines needs Python 3.11 or newer. Try: python3.11 run.py\n"
    )


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_venv_module_is_named_with_its_package(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path, missing: str
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else real(name))
    monkeypatch.setattr(run, "STAMP", tmp_path / "nothing")
    monkeypatch.setattr(run, "PYTHON", tmp_path / "nothing")
    assert run.main(["test"]) == 1
    said = capsys.readouterr().err
    assert "python3-venv" in said
    assert said.count("\n") == 1


def test_a_taken_port_is_said_before_anything_is_installed(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(run, "install", lambda wanted: pytest.fail("installed first"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run.main(["--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"port {port} is taken" in said
    assert "--port 8000" in said


@pytest.mark.parametrize("port", ["0", "65536", "http", "８０００", "-1"])
def test_a_port_that_is_none(run: ModuleType, capsys: pytest.CaptureFixture, port: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        run.main([f"--port={port}"])
    assert "is not a port; give a number from 1 to 65535" in capsys.readouterr().err


def test_help_names_every_word(run: ModuleType, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit, match="0"):
        run.main(["--help"])
    said = capsys.readouterr().out
    assert all(word in said for word in ("test", "bench", "faults", "--port", "--no-demo"))


@pytest.mark.parametrize("word", ["bench", "faults"])
def test_words_hand_over_with_their_arguments(run: ModuleType, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr(run, "install", lambda wanted: None)
    monkeypatch.setattr(run, "hand_over", handed.append)
    monkeypatch.setattr(run, "check_port", lambda port: None)
    monkeypatch.setattr(os, "environ", {})
    run.main([word, "--help"])
    assert handed[0] == ["-m", {"bench": "tests.benchmarks", "faults": "tests.faults"}[word], "--help"]


@pytest.mark.parametrize(
    ("arguments", "processors", "expected"),
    [
        ([], 2, ["-n", "3", "--dist", "worksteal"]),
        (["-q", "--durations=5"], 16, ["-n", "4", "--dist", "worksteal"]),
        (["-mnot once"], 2, ["-n", "3", "--dist", "worksteal"]),
        ([], 1, []),
        (["tests/nps"], 2, []),
        (["-k", "mailbox"], 2, []),
        (["--pdb"], 2, []),
    ],
)
def test_the_whole_suite_runs_side_by_side(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: list[str], processors: int, expected: list[str]
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(processors)), raising=False)
    assert run.side_by_side(arguments) == expected


# ---- a machine of its own: run.py in an empty folder, with pins that need no network -------------------------
@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "run.py", tmp_path)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("# nothing\n")
    (tmp_path / "manage.py").write_text("import os, sys; print(sys.argv[1:], os.environ['PUBLIC_URL'])\n")
    return tmp_path


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "run.py", "--port", port, *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_the_environment_is_made_once_mended_and_renewed(folder: Path) -> None:
    first = start(folder, "--no-demo")
    assert first.returncode == 0, first.stderr
    assert "Installing 0 pinned packages" in first.stdout
    assert "['supervise', '--port', '" in first.stdout
    assert "'--no-demo'] http://127.0.0.1:" in first.stdout

    assert "Installing" not in start(folder).stdout, "the second start has nothing to do"

    (folder / "requirements.txt").write_text("# other pins\n")
    assert "Installing" in start(folder).stdout

    (folder / ".venv" / "installing").touch()
    (folder / ".venv" / "marker-of-the-old-one").touch()
    mended = start(folder)
    assert "incomplete; making it anew" in mended.stdout
    assert not (folder / ".venv" / "marker-of-the-old-one").exists()


@pytest.mark.slow
def test_pip_that_fails_is_quoted(folder: Path) -> None:
    (folder / "requirements.txt").write_text(f"nothing-at-all @ file://{folder}/absent.whl --hash=sha256:{'0' * 64}\n")
    done = start(folder)
    assert done.returncode == 1
    assert "pip could not install requirements.txt" in done.stderr
    assert "absent.whl" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / ".venv" / "installed-pins.json").exists()


def test_the_pins_name_no_host_and_dev_holds_all_of_runtime() -> None:
    pins = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "index" not in text.replace("django-index", "")
        pins[name] = {line.split()[0] for line in text.splitlines() if line[:1].isalnum()}
        assert all("==" in pin for pin in pins[name])
    assert pins["requirements.txt"] <= pins["requirements-dev.txt"]


def test_the_stamp_tells_which_pins_are_in(run: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(run, "UNFINISHED", tmp_path / "installing")
    assert not run.is_installed(run.RUNTIME)
    for broken in ("", "[]", "{", "null"):
        run.STAMP.write_text(broken)
        assert not run.is_installed(run.RUNTIME)
    run.STAMP.write_text(json.dumps({run.RUNTIME: run.digest(run.RUNTIME)}))
    assert run.is_installed(run.RUNTIME)
    assert not run.is_installed(run.DEV)
    run.UNFINISHED.touch()
    assert not run.is_installed(run.RUNTIME)
