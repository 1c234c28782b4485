"""By what an imported row is known: the system it came from, and its id there."""

from nps.importing.staging import Staging

SOURCE = "import"  # of files that name no system


def source_of(staging: Staging) -> str:
    """SQL of the system's name."""
    return f"COALESCE({staging['source']}, '{SOURCE}')"


def key_of(staging: Staging) -> str:
    """SQL of one text that no other pair of source and id gives."""
    if not staging.has("source"):
        return staging["external_id"]
    return f"LENGTH({source_of(staging)}) || ':' || {source_of(staging)} || {staging['external_id']}"


def is_known_as(staging: Staging, alias: str) -> str:
    """SQL that the row `alias` came of this line."""
    return (
        f"{alias}.source = {source_of(staging)} AND {alias}.external_id = {staging['external_id']}"
        f" AND NOT ({alias}.external_id = '')"
    )
