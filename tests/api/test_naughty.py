"""Strings that break programs, in every text of every way to write: kept as they came or refused, never a 5xx."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import World
from tests.api.doors import DOORS, Door, placed

MADE_UP = [
    "", " ", "\t\n", "null", "0", "é", "e\u0301", "日本語", "🏳️‍🌈", "\u202egnp.exe", "\ufeff", "a\u0000b",
    "\ud83d", "\x7f\x1b[31m", "<script>alert(1)</script>", "'; DROP TABLE nps_ticket; --", "{{ 7*7 }} {% if %}",
    "=HYPERLINK(0)", "%s%n%(x)s", "../../etc/passwd", "Robert\r\nBcc: a@b.example", "x" * 30_000, "\u2028", "\uffff",
    "\U0010ffff", "ﷺ" * 50,
]  # fmt: skip
#: where the row shows a text under another name, or not at all
SHOWN = {
    "ticket resolve": {"exception": "first_contact_exception"},
    "ticket reopen": {"reason": "reopen_reason"},
    "follow-up close": {"note": "outcome_note", "lesson_text": "", "promise/text": ""},
    "follow-up assign": {"note": ""},
    "follow-up reopen": {"reason": ""},
    "follow-up cancel": {"reason": ""},
}
FREE = [door for door in DOORS if door.texts]


def shown(door: Door, name: str, row: dict[str, Any]) -> Any:
    """What the answer says at `name`, or None where it does not show it."""
    told = SHOWN.get(door.name, {}).get(name, name)
    if not told or ("/" in told and not told.endswith("/0")):
        return None
    return row[told[:-2]][0] if told.endswith("/0") else row.get(told)


def fresh(body: dict[str, Any], mark: str) -> dict[str, Any]:
    """The body with ids and addresses of its own, so that it makes new rows."""
    changed = {name: fresh(value, mark) if isinstance(value, dict) else value for name, value in body.items()}
    own = {"external_id": f"E{mark}", "email": f"e{mark}@b.example"}
    return {**changed, **{name: value for name, value in own.items() if name in body}}


def try_all(world: World, door: Door, strings: list[str]) -> tuple[int, int]:
    """(kept, refused). Each string in each text of the door by itself, on a fresh row when the last was used up."""
    kept = refused = 0
    prepared = None
    for number, text in enumerate(strings):
        for name in door.texts:
            prepared = prepared or door.prepare(world)
            path, good = prepared
            body = placed(fresh(good, f"{number}-{door.texts.index(name)}"), name, text)
            answer = door.go(world.key, path, body)
            assert answer.status_code < 500, (name, text)
            if answer.status_code < 300:
                told = shown(door, name, json.loads(answer.content))
                assert told is None or told in (text, text.strip()) or not text.strip(), (name, text, told)
                kept, prepared = kept + 1, None
            else:
                problem = json.loads(answer.content)
                pointers = [error["pointer"] for error in problem.get("errors", [])]
                assert answer.status_code in (409, 422), (name, text, problem)
                assert any(pointer.endswith(name.split("/")[-1]) for pointer in pointers), (name, text, problem)
                refused += 1
    return kept, refused


@pytest.mark.parametrize("door", FREE, ids=lambda door: door.name)
def test_made_up_strings(world: World, door: Door) -> None:
    kept, refused = try_all(world, door, MADE_UP)
    assert kept
    assert refused >= 3 * len(door.texts), "NUL, a lone surrogate and a text that is too long are refused everywhere"


@pytest.mark.slow
@pytest.mark.parametrize("door", FREE, ids=lambda door: door.name)
def test_naughty_strings(world: World, door: Door, shared_data: Path) -> None:
    strings = json.loads((shared_data / "naughty" / "blns.json").read_text())
    strings += (shared_data / "naughty" / "csv_formula_injection.txt").read_text().splitlines()
    assert len(strings) > 500
    kept, refused = try_all(world, door, strings)
    assert kept + refused == len(strings) * len(door.texts)
