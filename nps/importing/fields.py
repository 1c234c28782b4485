"""What an importer takes in: its fields, each with a kind, and the order in which a plan offers them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nps.importing.kinds import Clock, Kind


@dataclass(frozen=True)
class Asked:
    """What a kind may depend on: how the map writes times, whether it lets long text be cut, and the present moment."""

    clock: Clock
    is_cut: bool
    now: datetime


@dataclass(frozen=True)
class Field:
    """A field of an importer. `sql`: text, moment, day, flag or number. `is_required`: each line must have a value,
    unless the map says what to do without."""

    name: str
    kind: Callable[[Asked], Kind]
    help: str
    sql: str = "text"
    is_required: bool = False
