"""The whole loop from outside: a program of its own replays incidents against live pages and a real worker, receives
the mail, answers, calls back, and finds no difference between its own book and what the product reports."""

import csv
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from nps.desk.models import ApiKey
from tests import factories
from tests.live import ROOT, LiveStack
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

SCOPES = ["read", "tickets:write", "followups:write"]
COMMENTS = [
    ("1.0", "Nobody called back. I had to write three times before anyone read what I had sent."),
    ("8.0", "Quick once I got through, but the form is a maze."),
    ("10.0", "Sånn skal det gjøres — takk!"),
    ("6.0", 'The answer said "done". It was not:\nthe invoice is still wrong.'),
    ("", "A review without a rating is no answer."),
    ("9.0", "Friendly and fast."),
    ("3.0", "<b>Three</b> people & three different answers; Zażółć gęślą jaźń 🙃"),
    ("7.0", "Fine."),
    ("5.0", "=SUM(A1:A9) was all the reply I got."),
    ("0.0", "Never again."),
]
#: number, caller, its states in order; a caller that 41 divides has no address, one that 43 divides is a colleague
INCIDENTS = [
    ("INC9000001", "2403", "New Active Resolved Closed"),
    ("INC9000002", "370", "New Awaiting_User_Info Active Resolved Active Resolved Closed"),
    ("INC9000003", "82", "Active Resolved Closed"),
    ("INC9000004", "86", "New Resolved Closed"),
    ("INC9000005", "4414", "New Active Awaiting_User_Info Resolved Closed"),
    ("INC9000006", "4414", "Resolved Closed"),
    ("INC9000007", "1009", "New Active Resolved Active Resolved Active Resolved Closed"),
    ("INC9000008", "3394", "New Awaiting_Problem Resolved Closed"),
    ("INC9000009", "527", "Awaiting_User_Info Resolved"),
    ("INC9000010", "2471", "New Active Resolved Closed"),
    ("INC9000011", "2403", "New Resolved Closed"),
    ("INC9000012", "900", "New Active"),
]
HEADER = (
    "number", "incident_state", "caller_id", "category", "subcategory", "assignment_group", "assigned_to",
    "resolved_by", "sys_updated_at",
)  # fmt: skip


@pytest.fixture
def replayed(
    settings: Any, transactional_db: None, live_server: Any, tmp_path: Path
) -> Iterator[tuple[LiveStack, list[str]]]:
    """Live pages, worker and beat that mail to a free port, and the replay's command line up to its log."""
    settings.NUDGES_ENABLED = True
    settings.PUBLIC_URL = live_server.url
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    stack = LiveStack(live_server.url, Sink(port=port), tmp_path)
    key = ApiKey.issue(name="replay", scopes=SCOPES, at=timezone.now())[1]
    command = [sys.executable, "examples/replay_incident_log.py", "--url", stack.url, "--api-key", key]
    try:
        stack.start_worker()
        stack.start_beat()
        yield stack, [*command, "--smtp-port", str(port), "--timeout", "100"]
    finally:
        stack.stop()


def hire() -> None:
    """Two teams; of each somebody is always on shift and somebody never is, in zones on both sides of the date line."""
    billing, platform = factories.team("Billing"), factories.team("Platform", zone="Australia/Sydney", follows_sun=True)
    always = {"starts": time(9), "ends": time(9)}
    factories.agent("sanna", billing, **always)
    factories.agent("tomas", billing, **always, zone="Pacific/Auckland")
    factories.agent("priya", platform, **always, zone="Pacific/Honolulu")
    factories.agent("callum", platform, billing, **always, zone="Asia/Kolkata")
    yesterday = (timezone.now().weekday() + 4) % 7
    factories.agent("jonas", billing, starts=time(9), ends=time(10), weekdays=[yesterday])
    factories.agent("signe", platform, starts=None)


def write_made_up(folder: Path) -> tuple[Path, Path]:
    log, reviews = folder / "log.csv", folder / "reviews.csv"
    with log.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for place, (number, caller, states) in enumerate(INCIDENTS):
            for turn, state in enumerate(states.split()):
                group, person = 70 + place % 3, (12 + place + turn // 2) if turn else "?"
                at = f"{1 + turn}/3/2016 {8 + place % 4:02}:{7 * turn:02}"
                writer.writerow([number, state.replace("_", " "), caller, 26, 174, group, person, 53 + place, at])
    with reviews.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["overall_rating", "content"])
        writer.writerows(COMMENTS)
    return log, reviews


def replay(command: list[str], stack: LiveStack, log: Path, reviews: Path, *more: str) -> dict[str, str]:
    """The table's numbers by name, after a run that found no difference."""
    whole = [*command, "--log", str(log), "--reviews", str(reviews), *more]
    run = subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    told = f"{run.stdout}\n{run.stderr}\n{stack.worker.said()[-4000:]}"
    assert run.stdout.splitlines()[-1] == "Differences: 0", told
    assert run.returncode == 0, told
    assert "Traceback" not in stack.worker.said(), stack.worker.said()[-4000:]
    lines = [line.rsplit(maxsplit=3) for line in run.stdout.splitlines() if len(line.split()) > 3]
    return {words[0].strip(): words[1] for words in lines if len(words) == 4}


def test_a_made_up_log_comes_back_without_a_difference(replayed: tuple[LiveStack, list[str]], tmp_path: Path) -> None:
    hire()
    stack, command = replayed
    told = replay(command, stack, *write_made_up(tmp_path), "--answer-share", "1", "--change-share", "0.5")
    assert told["incidents opened"] == "12"
    assert told["resolutions"] == "14"
    assert told["undone by a reopening"] == "3"
    assert told["decided: no_address"] == told["decided: internal"] == "1"
    assert int(told["survey mails delivered"]) + int(told["cancelled before sending"]) == int(told["decided: invited"])
    assert int(told["answers"]) >= 8
    assert int(told["follow-ups closed"]) >= 5
    assert int(told["changed by the customer"]) >= 1


def test_the_first_incidents_of_the_real_log_come_back_without_a_difference(
    replayed: tuple[LiveStack, list[str]], shared_data: Path
) -> None:
    hire()
    stack, command = replayed
    log, reviews = shared_data / "incident_log" / "incident_event_log_head.csv", shared_data / "reviews" / "seat.csv"
    told = replay(command, stack, log, reviews, "--limit", "40", "--answer-share", "0.5")
    assert told["incidents opened"] == "40"
    assert told["resolutions"] == "41"
    assert told["undone by a reopening"] == "1"


def test_a_replay_that_cannot_begin_says_why(tmp_path: Path) -> None:
    log, reviews = write_made_up(tmp_path)
    log.write_text("number,state\n")
    command = [sys.executable, "examples/replay_incident_log.py", "--api-key", "none", "--smtp-port", "2525"]
    run = subprocess.run(
        [*command, "--log", str(log), "--reviews", str(reviews)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "lacks the column incident_state" in run.stderr
