"""What each kind of message is made of. Districts register their builders; the outbox knows none of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nps.outbox.models import Delivery
from nps.statements import Stamp


@dataclass(frozen=True)
class Mail:
    """A rendered message, ready for an envelope. It comes from the house's own address; `from_name` says which person
    there wrote it."""

    subject: str
    text: str
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    reply_to: str = ""
    from_name: str = ""


@dataclass(frozen=True)
class Purpose:
    """`load(ids)` reads the subjects of one batch; `build(subject, delivery, at)` renders, or says None when it is
    no longer wanted; `settled(delivery, at)` runs in the transaction that marks the verdict. Where there is a
    `sent(delivery, at)`, it says what is written along when the mail went out, and `settled` has the rest."""

    load: Callable[[Iterable[int]], dict[int, Any]]
    build: Callable[[Any, Delivery, datetime], Mail | None]
    settled: Callable[[Delivery, datetime], None] | None = None
    sent: Callable[[Delivery, datetime], Stamp] | None = None


_purposes: dict[str, Purpose] = {}


def register(name: str, purpose: Purpose) -> None:
    _purposes[name] = purpose


def purpose(name: str) -> Purpose | None:
    return _purposes.get(name)
