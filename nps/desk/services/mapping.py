"""Keep a column map under its name."""

from datetime import datetime
from typing import Any

from nps.desk.models import ColumnMap
from nps.errors import InvalidInput
from nps.importing import registry
from nps.text import clean_text


def save_map(*, name: str, kind: str, spec: Any, at: datetime, note: str = "") -> ColumnMap:
    """The map, new or changed. InvalidInput if it is wrong, or if that name holds a map of another kind."""
    name = clean_text(name, field="name", max_length=80, is_required=True)
    registry.checked(kind, spec)
    kept, is_new = ColumnMap.objects.get_or_create(
        name=name, defaults={"kind": kind, "spec": spec, "note": note, "changed_at": at}
    )
    if is_new:
        return kept
    if kept.kind != kind:
        raise InvalidInput(f"The map {name} is one of {kept.kind}; choose another name.", field="name")
    kept.spec, kept.changed_at = spec, at
    kept.save(update_fields=["spec", "changed_at"])
    return kept


def install_maps(*, kind: str, presets: dict[str, tuple[str, Any]], at: datetime) -> None:
    """Presets (name → note and map) that are not there yet. What a manager changed is never touched."""
    known = set(ColumnMap.objects.filter(name__in=presets).values_list("name", flat=True))
    ColumnMap.objects.bulk_create(
        (
            ColumnMap(name=name, kind=kind, spec=spec, note=note, changed_at=at)
            for name, (note, spec) in presets.items()
            if name not in known
        ),
        ignore_conflicts=True,
    )
