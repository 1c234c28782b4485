"""The embedded broker: kombu's filesystem transport, with messages that appear whole or not at all.

kombu writes a message under its final name, where a reader that looks at that moment finds it empty and its worker
falls over; and it moves what it reads through the system's temporary folder, which may be on another disk."""

import logging
import os
import time
import uuid
from json import JSONDecodeError
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

logger = logging.getLogger("nines.broker")

TELL_EVERY = 60.0  # seconds between two lines about the same trouble


class Channel(filesystem.Channel):
    _told_at = -TELL_EVERY

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020}_{uuid.uuid4()}.{queue}.msg"
        beside = folder / f".{name}"  # a name that _get() takes for no queue's
        try:
            beside.write_text(dumps(payload))
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            beside.write_text(dumps(payload))
        beside.rename(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The oldest message of `queue`. Removing its file is the claim: of two readers one succeeds."""
        for name in self._waiting(queue):
            file = Path(self.data_folder_in) / name
            try:
                text = file.read_text()
                file.unlink()
                return loads(text)
            except FileNotFoundError:
                continue
            except JSONDecodeError:
                continue  # not one of ours, and gone now
            except OSError as error:
                self._note_trouble(error)
                continue
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for name in waiting:
            (Path(self.data_folder_in) / name).unlink(missing_ok=True)
        return len(waiting)

    def _waiting(self, queue: str) -> list[str]:
        """Names of the messages, oldest first. A folder that cannot be read has none: were that an error, the worker
        would end, and with it what it has in hand. It is said once a minute."""
        try:
            names = os.listdir(self.data_folder_in)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._note_trouble(error)
            return []
        return sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg")

    def _note_trouble(self, error: OSError) -> None:
        if time.monotonic() - self._told_at >= TELL_EVERY:
            logger.error("the broker's folder cannot be read; looking again and again: %s", error)
            self._told_at = time.monotonic()


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"
