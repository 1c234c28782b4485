"""Strings that break programs, in every text of every way to write: kept as they came or refused, never a 5xx."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

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
    "follow-up decline": {"answer": ""},
    "follow-up reopen": {"reason": ""},
    "follow-up cancel": {"reason": ""},
}
FREE = [door for door in DOORS if door.texts]
SHARES = 5


def shown(door: Door, name: str, row: dict[str, Any]) -> Any:
    """What the answer says at `name`, or None where it does not show it."""
    told = SHOWN.get(door.name, {}).get(name, name)
    if not told or ("/" in told and not told.endswith("/0")):
        return None
    return row[told[:-2]][0] if told.endswith("/0") else row.get(told)


def tried(world: World, door: Door, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The answer; what it wrote is taken back, so that the next string finds the row as this one did."""
    client = world.key
    with transaction.atomic():
        answer = door.go(client, path, body)
        transaction.set_rollback(True)
    return answer.status_code, json.loads(answer.content)


def is_kept(door: Door, name: str, text: str, row: dict[str, Any]) -> bool:
    """A text of blanks may stand for none, and a lesson is kept without the blanks around it."""
    return shown(door, name, row) in (None, text, text.strip()) or not text.strip()


@pytest.mark.parametrize("door", FREE, ids=lambda door: door.name)
def test_made_up_strings(world: World, door: Door) -> None:
    """Each in each text by itself."""
    kept = refused = 0
    path, good = door.prepare(world)
    for text in MADE_UP:
        for name in door.texts:
            status, row = tried(world, door, path, placed(good, name, text))
            if status < 300:
                kept += 1
                assert is_kept(door, name, text, row), (name, text, row)
            else:
                refused += 1
                assert status == 422, (name, text, row)
                assert [error["pointer"] for error in row["errors"]] == [f"/{name}"], (name, text, row)
    assert kept
    assert refused >= 3 * len(door.texts), "NUL, a lone surrogate and a text that is too long are refused everywhere"


@pytest.mark.parametrize("door", FREE, ids=lambda door: door.name)
def test_naughty_strings(world: World, door: Door, shared_data: Path, is_thorough: bool) -> None:
    """In all free texts of a door at once; those of a set form (addresses, zones, languages) are tried above.

    Every string at every door with --thorough. Otherwise the doors share them out, so that each string comes to three
    or four doors, and the longest to all: a column has a length."""
    strings = json.loads((shared_data / "naughty" / "blns.json").read_text())
    strings += (shared_data / "naughty" / "csv_formula_injection.txt").read_text().splitlines()
    assert len(strings) > 500
    if not is_thorough:
        longest = sorted(strings, key=len)[-20:]
        strings = list(dict.fromkeys([*strings[FREE.index(door) % SHARES :: SHARES], *longest]))
    free = [name for name in door.texts if name.split("/")[-1] not in ("email", "language", "time_zone")]
    path, good = door.prepare(world)
    for text in strings:
        body = good
        for name in free:
            body = placed(body, name, text)
        status, row = tried(world, door, path, body)
        if status < 300:
            assert all(is_kept(door, name, text, row) for name in free), (text, row)
        else:
            assert status == 422, (text, row)
            assert {error["pointer"][1:] for error in row["errors"]} <= set(door.texts), (text, row)
