"""A column map: which column, constant or digest becomes which field, and how its cells are to be read. Pure.

{"encoding": "utf-8", "delimiter": ",", "nulls": ["", "?"], "zone": "Europe/Oslo",
 "lines": {"role": ["end-user"]},
 "fields": {"external_id": "number",
            "source": {"value": "incident-log"},
            "opened_at": {"column": "opened", "format": "%d/%m/%Y %H:%M"},
            "agent": {"columns": ["assigned_to", "resolved_by"], "prefix": "agent-"},
            "score": {"column": "rating", "values": {"8.0": "8"}, "if_null": "leave out"}}}"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from nps.errors import InvalidInput
from nps.importing.fields import Field
from nps.importing.reading import DELIMITERS, ENCODINGS

ERROR, LEAVE_OUT = "error", "leave out"
ISO = "iso"
TOP = ("encoding", "delimiter", "nulls", "zone", "lines", "events", "options", "fields")
KEYS = ("column", "columns", "value", "digest", "format", "zone", "values", "nulls", "prefix", "default", "if_null",
        "cut")  # fmt: skip
ORDERS = ("file", "time")
WHOLE_LINE = "*"


@dataclass(frozen=True)
class Source:
    """Where one field comes from and how its cells are read. Exactly one of `columns`, `value` and `digest` is set."""

    name: str
    columns: tuple[str, ...] = ()
    value: str | None = None
    digest: tuple[str, ...] = ()
    format: str = ISO
    zone: str = "UTC"
    values: Mapping[str, str | None] = field(default_factory=dict)
    prefix: str = ""
    default: str | None = None
    if_null: str = ERROR
    is_null_said: bool = False
    is_cut: bool = False


@dataclass(frozen=True)
class Map:
    """A checked column map."""

    sources: tuple[Source, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    lines: Mapping[str, frozenset[str]] = field(default_factory=dict)
    events: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(source.name for source in self.sources)


def read_map(spec: Any, fields: tuple[Field, ...], *, options: Mapping[str, tuple[str, ...]] | None = None) -> Map:
    """The checked map; InvalidInput names the place in it that is wrong and what would be right. `options` are the
    importer's own, each with its values."""
    _expect(isinstance(spec, dict), "map", "an object with “fields”")
    for key in spec:
        _expect(key in TOP, str(key), f"one of {', '.join(TOP)}")
    encoding, delimiter = spec.get("encoding", "utf-8"), spec.get("delimiter", ",")
    _expect(encoding in ENCODINGS, "encoding", f"one of {', '.join(ENCODINGS)}")
    _expect(delimiter in DELIMITERS, "delimiter", "one of , ; | and tab")
    chosen = spec.get("fields")
    _expect(isinstance(chosen, dict) and bool(chosen), "fields", "an object of field names")
    nulls, zone = _texts(spec.get("nulls", [""]), "nulls"), _zone(spec.get("zone", "UTC"), "zone")
    known = {one.name: one for one in fields}
    for name in chosen:
        _expect(name in known, f"fields.{name}", f"one of {', '.join(known)}")
    for one in fields:
        _expect(one.name in chosen or not one.is_required, "fields", f"complete: {one.name} is missing ({one.help})")
    sources = tuple(_source(name, chosen[name], nulls, zone) for name in known if name in chosen)
    return Map(
        sources=sources,
        encoding=encoding,
        delimiter=delimiter,
        lines=_lines(spec.get("lines", {})),
        events=_events(spec.get("events", "")),
        options=_options(spec.get("options", {}), options or {}),
    )


def _source(name: str, said: Any, nulls: tuple[str, ...], zone: str) -> Source:
    at = f"fields.{name}"
    if isinstance(said, str):
        said = {"column": said}
    _expect(isinstance(said, dict), at, "the name of a column, or an object")
    for key in said:
        _expect(key in KEYS, f"{at}.{key}", f"one of {', '.join(KEYS)}")
    origins = [key for key in ("column", "columns", "value", "digest") if key in said]
    _expect(len(origins) == 1, at, "exactly one of column, columns, value and digest")
    columns = _texts([said["column"]] if "column" in said else said.get("columns", []), f"{at}.columns")
    digest = _texts(said.get("digest", []), f"{at}.digest")
    _expect("value" in said or bool(columns or digest), at, "at least one column")
    value, default, prefix = said.get("value"), said.get("default"), said.get("prefix", "")
    _expect(value is None or isinstance(value, str), f"{at}.value", "text")
    _expect(default is None or isinstance(default, str), f"{at}.default", "text")
    _expect(isinstance(prefix, str), f"{at}.prefix", "text")
    values = said.get("values", {})
    is_plain = isinstance(values, dict) and all(one is None or isinstance(one, str) for one in values.values())
    _expect(is_plain, f"{at}.values", 'an object of texts, such as {"8.0": "8", "n/a": null}')
    if_null = said.get("if_null", ERROR)
    _expect(if_null in (ERROR, LEAVE_OUT), f"{at}.if_null", f"“{ERROR}” or “{LEAVE_OUT}”")
    own = _texts(said["nulls"], f"{at}.nulls") if "nulls" in said else nulls
    is_cut = said.get("cut", False)
    _expect(isinstance(is_cut, bool), f"{at}.cut", "true or false")
    return Source(
        name=name,
        columns=columns,
        value=value,
        digest=digest,
        format=_format(said.get("format", ISO), f"{at}.format"),
        zone=_zone(said.get("zone", zone), f"{at}.zone"),
        values={**dict.fromkeys(own), **values},
        prefix=prefix,
        default=default,
        if_null=if_null,
        is_null_said="if_null" in said,
        is_cut=is_cut,
    )


def _expect(is_right: bool, place: str, right: str) -> None:
    if not is_right:
        raise InvalidInput(f"The map is wrong at {place}: it must be {right}.", field=place, code="map")


def _texts(value: Any, place: str) -> tuple[str, ...]:
    _expect(isinstance(value, list) and all(isinstance(one, str) for one in value), place, "a list of texts")
    return tuple(value)


def _zone(value: Any, place: str) -> str:
    _expect(isinstance(value, str) and value in available_timezones(), place, "a time zone such as Europe/Oslo")
    return value


def _format(value: Any, place: str) -> str:
    right = "“iso”, or a format such as %d/%m/%Y %H:%M"
    _expect(isinstance(value, str) and (value == ISO or "%" in value), place, right)
    if value != ISO:
        try:
            sample = datetime(2026, 11, 18, 9, 30)
            datetime.strptime(sample.strftime(value), value)
        except ValueError:
            _expect(False, place, right)
    return value


def _lines(value: Any) -> Mapping[str, frozenset[str]]:
    _expect(isinstance(value, dict), "lines", 'an object such as {"role": ["end-user"]}')
    return {str(column): frozenset(_texts(wanted, f"lines.{column}")) for column, wanted in value.items()}


def _events(value: Any) -> str:
    _expect(value in ("", *ORDERS), "events", f"one of {', '.join(ORDERS)}, or left out")
    return value


def _options(value: Any, known: Mapping[str, tuple[str, ...]]) -> Mapping[str, str]:
    _expect(isinstance(value, dict), "options", "an object")
    for name, chosen in value.items():
        _expect(name in known, f"options.{name}", f"one of {', '.join(known)}" if known else "left out")
        _expect(chosen in known[name], f"options.{name}", f"one of {', '.join(known[name])}")
    return dict(value)
