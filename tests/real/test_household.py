"""Children under one roof, with children that are made to fall, hang and shout."""

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from nps.management.processes import Child, Household
from tests.live import wait_for


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def house(said: list[str]) -> Iterator[list[Household]]:
    houses: list[Household] = []
    yield houses
    for one in houses:
        one.stop()


def child(name: str, code: str, grace: float = 5.0) -> Child:
    return Child(name, [sys.executable, "-uc", code], dict(os.environ), grace)


def turn_until(household: Household, what: object, seconds: float = 15.0) -> None:
    def look() -> object:
        household.turn(0.02)
        return what()  # type: ignore[operator]

    wait_for(look, seconds=seconds)


def test_lines_are_prefixed_whole_and_the_last_one_is_kept(said: list[str], house: list[Household]) -> None:
    code = "import sys; sys.stdout.write('one\\ntw'); sys.stdout.flush(); sys.stdout.write('o\\n\\xff'); sys.exit(3)"
    household = Household([child("web", code), child("worker", "import time; time.sleep(60)")], say=said.append)
    house.append(household)
    household.start(household.children[0])
    turn_until(household, lambda: any("ended with status 3" in line for line in said))
    assert said[:2] == ["web    | one", "web    | two"]
    assert said[2] == "web    | ÿ"


def test_who_keeps_falling_waits_longer_each_time(said: list[str], house: list[Household]) -> None:
    household = Household([child("beat", "raise SystemExit(1)")], say=said.append)
    house.append(household)
    household.start(household.children[0])
    turn_until(household, lambda: household.children[0].restarts == 3)
    pauses = [line.rpartition("again in ")[2] for line in said if "again in" in line]
    assert pauses == ["0.5 s", "1 s", "2 s"]


def test_who_does_not_listen_is_killed_with_all_it_started(said: list[str], house: list[Household]) -> None:
    deaf = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "p = subprocess.Popen([sys.executable, '-c', 'import signal, time; signal.signal(signal.SIGTERM,"
        " signal.SIG_IGN); time.sleep(60)']); print(p.pid); time.sleep(60)"
    )
    household = Household([child("web", deaf, grace=0.5)], say=said.append)
    household.start(household.children[0])
    turn_until(household, lambda: said)
    grandchild = int(said[0].rpartition(" ")[2])
    time.sleep(0.5)  # until it ignores TERM too
    began = time.monotonic()
    household.stop()
    assert time.monotonic() - began < 5
    assert not household.children[0].is_running

    def is_gone() -> bool:
        try:
            os.kill(grandchild, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{grandchild}/stat") as stat:  # nobody may be there to collect it
            return stat.read().rpartition(")")[2].split()[0] == "Z"

    wait_for(is_gone, seconds=5)


def test_who_is_renewed_may_finish(said: list[str], house: list[Household]) -> None:
    polite = (
        "import signal, sys, time\n"
        "def end(*_):\n    print('finished the mail in hand'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\nprint('ready')\ntime.sleep(60)"
    )
    household = Household([child("worker", polite)], say=said.append)
    house.append(household)
    worker = household.children[0]
    household.start(worker)
    turn_until(household, lambda: any(line.endswith("ready") for line in said))
    assert worker.process is not None
    before = worker.process.pid
    household.renew(worker, "no task came through")
    assert any("finished the mail in hand" in line for line in said)
    turn_until(household, lambda: worker.is_running)
    assert worker.process.pid != before


def test_whoever_is_stopped_asks_its_own_children_itself(said: list[str], house: list[Household]) -> None:
    hand = "print('began', flush=True); import time; time.sleep(1); print('finished the mail in hand', flush=True)"
    leader = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
        f"subprocess.Popen([sys.executable, '-c', {hand!r}]).wait()"
    )
    household = Household([child("worker", leader)], say=said.append)
    house.append(household)
    household.start(household.children[0])
    turn_until(household, lambda: any(line.endswith("began") for line in said))
    household.stop()
    assert any("finished the mail in hand" in line for line in said)


def test_killed_from_outside_is_named_and_mended(said: list[str], house: list[Household]) -> None:
    household = Household([child("worker", "print('up'); import time; time.sleep(60)")], say=said.append)
    house.append(household)
    household.start(household.children[0])
    turn_until(household, lambda: said)
    household.children[0].signal(signal.SIGKILL)
    turn_until(household, lambda: len([line for line in said if line.endswith("up")]) == 2)
    assert any("killed by SIGKILL" in line for line in said)
