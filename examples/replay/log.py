"""The incident log as steps to take: read the CSV, order it in time, and say what each row changed."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

NOBODY = "?"  # how the log writes null
COLUMNS = ("number", "incident_state", "caller_id", "category", "subcategory", "assignment_group", "assigned_to",
           "resolved_by", "sys_updated_at")  # fmt: skip
RESOLVED, CLOSED, AWAITING_CUSTOMER = "Resolved", "Closed", "Awaiting User Info"


class Act(Enum):
    OPEN = "open"
    ASSIGN = "assign"
    ASK = "ask"  # the customer is asked for information
    RESOLVE = "resolve"
    REOPEN = "reopen"
    ACCEPT = "accept"  # closed: the customer is content


@dataclass(frozen=True)
class Step:
    """One thing to tell the server. `group`, `person` and `solver` are ids of the log, "?" for nobody."""

    act: Act
    incident: str
    place: int  # of the incident in the file, from 0
    at: datetime  # of the log, local and naive; only its order matters here
    caller: str
    group: str
    person: str
    solver: str
    subject: str


class BadLog(ValueError):
    """The file is not such a log: says which line and what is wrong with it."""


def steps(path: Path, *, limit: int | None = None) -> list[Step]:
    """The steps of the first `limit` incidents (all of them if None) in the order of time, ties in file order. An
    incident's own steps stay in file order even where its clock went back."""
    timed: list[tuple[datetime, int, Step]] = []
    latest: dict[str, datetime] = {}
    places: dict[str, int] = {}
    before: dict[str, dict[str, str]] = {}
    for row in _rows(path):
        number = row["number"]
        if number not in before and limit is not None and len(before) >= limit:
            continue
        at = _moment(row["sys_updated_at"])
        latest[number] = max(latest.get(number, at), at)
        place = places.setdefault(number, len(places))
        for act in _acts(before.get(number), row):
            timed.append((latest[number], len(timed), _step(act, row, at, place)))
        before[number] = row
    return [step for _, _, step in sorted(timed, key=lambda item: item[:2])]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise BadLog(f"{path.name} lacks the column {missing[0]}; it needs {', '.join(COLUMNS)}.")
        for row in reader:
            try:
                _moment(row["sys_updated_at"])
            except (TypeError, ValueError):
                raise BadLog(
                    f"{path.name}, line {reader.line_num}: sys_updated_at is {row['sys_updated_at']!r};"
                    " write it as day/month/year hour:minute."
                ) from None
            yield row


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M")


def _acts(before: dict[str, str] | None, now: dict[str, str]) -> Iterator[Act]:
    """What changed from one row of an incident to its next."""
    state = now["incident_state"]
    was = before["incident_state"] if before else ""
    was_solved, is_solved = was in (RESOLVED, CLOSED), state in (RESOLVED, CLOSED)
    if before is None:
        yield Act.OPEN
    elif was_solved and not is_solved:
        yield Act.REOPEN
    # Who has it is settled before it is solved; the log renames people on solved incidents too, which changes nothing.
    if before is not None and _holder(before) != _holder(now) and not (was_solved and is_solved):
        yield Act.ASSIGN
    if state == AWAITING_CUSTOMER and was != AWAITING_CUSTOMER:
        yield Act.ASK
    if is_solved and not was_solved:
        yield Act.RESOLVE
    if state == CLOSED and was != CLOSED:
        yield Act.ACCEPT


def _holder(row: dict[str, str]) -> tuple[str, str]:
    return row["assignment_group"], row["assigned_to"]


def _step(act: Act, row: dict[str, str], at: datetime, place: int) -> Step:
    return Step(
        act=act,
        incident=row["number"],
        place=place,
        at=at,
        caller=row["caller_id"],
        group=row["assignment_group"],
        person=row["assigned_to"],
        solver=row["resolved_by"] if row["resolved_by"] != NOBODY else row["assigned_to"],
        subject=f"{row['number']} category {row['category']}, subcategory {row['subcategory']}",
    )
