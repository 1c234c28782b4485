"""Which importers there are. Each district adds its own when the app is ready, so that maps of every kind can be
checked where they are edited."""

from typing import Any

from nps.errors import InvalidInput
from nps.importing.mapping import Map, read_map

_importers: dict[str, Any] = {}


def register(importer: Any) -> None:
    _importers[importer.kind] = importer


def kinds() -> list[str]:
    return list(_importers)


def checked(kind: str, spec: Any) -> Map:
    """The map of that kind, checked; InvalidInput says what is wrong with it."""
    if kind not in _importers:
        raise InvalidInput(f"kind must be one of {', '.join(_importers)}.", field="kind")
    importer = _importers[kind]
    mapping = read_map(spec, importer.fields, options=importer.options)
    importer.accept(mapping)
    return mapping
