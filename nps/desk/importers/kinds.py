"""What the desk's cells can be: each asks the function that REST and the pages ask."""

from collections.abc import Callable, Sequence

from nps.desk.contacts import clean_language, clean_zone
from nps.errors import InvalidInput
from nps.importing.fields import Asked, Field
from nps.importing.kinds import Checked, Choice, Day, Email, Flag, Kind, Moment, Number, Text

Maker = Callable[[Asked], Kind]


def text(most: int) -> Maker:
    return lambda asked: Text(most, is_cut=asked.is_cut)


def choice(values: Sequence[str]) -> Maker:
    return lambda asked: Choice(values)


def moment(name: str, help: str, *, is_required: bool = False) -> Field:
    return Field(name, lambda asked: Moment(asked.clock, asked.now), help, "moment", is_required)


def day(name: str, help: str) -> Field:
    return Field(name, lambda asked: Day(asked.clock), help, "day")


def number(name: str, help: str) -> Field:
    return Field(name, lambda asked: Number(), help, "number")


def flag(name: str, help: str) -> Field:
    return Field(name, lambda asked: Flag(), help, "flag")


def email(asked: Asked) -> Kind:
    return Email()


def zone(asked: Asked) -> Kind:
    return Checked(clean_zone, InvalidInput)


def language(asked: Asked) -> Kind:
    return Checked(clean_language, InvalidInput)
