"""The operating notes say what the product does, and the units start and stop it as its own supervisor does."""

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from django.core.management import load_command_class

from config.meanings import MEANINGS
from nps.management.commands.supervise import children
from nps.outbox.services import delivering
from tests.live import ROOT

NOTES = (ROOT / "docs" / "operating.md").read_text()
UNITS = {path.stem.removeprefix("nines-"): path for path in (ROOT / "docs" / "systemd").glob("*.service")}


class Unit(ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(path: Path) -> Any:
    found = Unit(interpolation=None, strict=False)
    found.read(path)
    return found["Service"]


def test_every_line_of_readyz_is_explained_in_its_order() -> None:
    table = NOTES.partition("## What each line of `/readyz` means")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(MEANINGS)


@pytest.mark.parametrize(("app", "name"), [("followups", "hold_deliveries"), ("nps", "release_deliveries")])
def test_the_options_in_the_notes_exist(app: str, name: str) -> None:
    known = load_command_class(app, name).create_parser("manage.py", name).format_help()
    options = {
        option for line in re.findall(rf"manage\.py {name}.*", NOTES) for option in re.findall(r"--[\w-]+", line)
    }
    assert options
    assert {option for option in options if option not in known} == set()


def test_the_loggers_in_the_notes_exist() -> None:
    sources = "\n".join(
        path.read_text() for folder in ("config", "nps", "followups") for path in (ROOT / folder).rglob("*.py")
    )
    named = set(re.findall(r"^\| `(nines\.\w+)`", NOTES, re.MULTILINE))
    assert len(named) > 6
    assert {name for name in named if f'getLogger("{name}")' not in sources} == set()


def test_three_units_that_stop_as_the_supervisor_does() -> None:
    family = children(8000, {"DATABASE_URL": "postgres://x", "EMAIL_URL": "smtp://x"})
    assert set(UNITS) == {"web", "worker", "beat"} == set(family)
    for name, path in UNITS.items():
        service = unit(path)
        assert service["KillMode"] == "mixed", name
        assert float(service["TimeoutStopSec"]) >= family[name].grace, name
        program = {"web": "config.wsgi", "worker": "config worker", "beat": "config beat"}[name]
        assert program in service["ExecStart"]
        assert service["User"] == "nines"


def test_the_figures_in_the_notes() -> None:
    assert delivering.LEASE.total_seconds() == 60
    assert "(one minute)" in NOTES
    assert delivering.GIVE_UP_AFTER.total_seconds() == 72 * 3600
    assert "72 hours from the first try" in NOTES
