"""The embedded broker: every message arrives once and whole, whoever looks and whoever wipes the folder."""

import multiprocessing
import shutil
import time
from pathlib import Path
from queue import Empty
from typing import Any

from kombu import Connection

import config.broker  # noqa: F401  (registers the transport)

MESSAGES = 600


def channel(folder: Path) -> Any:
    for name in ("queue", "control"):
        (folder / name).mkdir(exist_ok=True)
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
    }
    return Connection("filesystem://localhost", transport_options=options).channel()


def publish(folder: Path, first: int) -> None:
    to = channel(folder)
    for number in range(first, first + MESSAGES):
        to._put("work", {"number": number, "padding": "x" * 5000})


def read(folder: Path, until: float, found: Any) -> None:
    source = channel(folder)
    while time.monotonic() < until and len(found) < 2 * MESSAGES:
        try:
            found.append(source._get("work")["number"])
        except Empty:
            time.sleep(0.001)


def test_two_writers_and_two_readers_lose_and_double_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        found = manager.list()
        until = time.monotonic() + 60
        workers = [context.Process(target=publish, args=(tmp_path, first)) for first in (0, MESSAGES)]
        workers += [context.Process(target=read, args=(tmp_path, until, found)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=90)
        assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
        assert sorted(found) == list(range(2 * MESSAGES))


def test_oldest_first_and_queues_apart(tmp_path: Path) -> None:
    one = channel(tmp_path)
    for number in range(3):
        one._put("work", number)
    one._put("homework", "other")
    assert one._size("work") == 3
    assert [one._get("work") for _ in range(3)] == [0, 1, 2]
    assert one._size("homework") == 1
    assert one._purge("homework") == 1


def test_a_wiped_folder_is_an_empty_queue(tmp_path: Path) -> None:
    one = channel(tmp_path)
    shutil.rmtree(tmp_path / "queue")
    try:
        one._get("work")
    except Empty:
        pass
    else:
        raise AssertionError("nothing can be in it")
    one._put("work", "again")
    assert one._get("work") == "again"


def test_a_torn_file_is_passed_over(tmp_path: Path) -> None:
    one = channel(tmp_path)
    (tmp_path / "queue" / "0000_torn.work.msg").write_text("")
    one._put("work", "whole")
    assert one._get("work") == "whole"
    assert one._size("work") == 0
