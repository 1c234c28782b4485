"""The walls of the house: who may know whom, how long a file may be, what must never be committed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = [
    ROOT / "run.py",
    ROOT / "manage.py",
    *sorted(
        path
        for folder in ("config", "nps", "followups", "tests", "examples")
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts
    ),
]


def test_the_districts_know_only_what_comes_before_them() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("folder", ["nps", "templates/nps"])
def test_nps_never_says_followup(folder: str) -> None:
    said = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".txt"}
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"follow[-_ ]?up", line, re.IGNORECASE)
    ]
    assert said == []


def test_a_file_over_400_lines_is_two_files() -> None:
    long = {str(p.relative_to(ROOT)): n for p in PYTHON if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}


def test_every_module_opens_by_saying_which_room_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in PYTHON
        if (text := path.read_text().strip()) and not re.match(r'(#!.*\n)?"""', text)
    ]
    assert silent == []


def test_there_are_no_rooms_for_odds_and_ends() -> None:
    names = {"utils", "helpers", "common", "misc"}
    assert [str(p.relative_to(ROOT)) for p in PYTHON if names & {*p.parts, p.stem}] == []


def test_no_model_is_ordered_by_default() -> None:
    from django.apps import apps

    ours = [m for m in apps.get_models() if m._meta.app_label in ("nps", "followups")]
    assert ours
    assert [m.__name__ for m in ours if m._meta.ordering] == []


@pytest.mark.django_db
def test_every_model_has_its_migration() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_pins_carry_hashes_and_no_host() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert not re.search(r"https?://|^--", text, re.MULTILINE), name
        pinned = re.findall(r"^[a-z0-9].*==", text, re.MULTILINE | re.IGNORECASE)
        assert len(pinned) > 20
        assert text.count("--hash=sha256:") >= len(pinned)


def test_services_take_the_time_as_a_parameter() -> None:
    """Only doors read the clock."""
    clocks = re.compile(r"timezone\.now\(|datetime\.now\(|time\.time\(")
    services = [
        p for p in PYTHON if "services" in p.parts or p.name in ("rules.py", "scoring.py", "hours.py", "tokens.py")
    ]
    assert [str(p.relative_to(ROOT)) for p in services if clocks.search(p.read_text())] == []
