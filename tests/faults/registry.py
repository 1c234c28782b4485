"""Which tests there are. A module of this folder adds one with `@proof("S1")` above a function that takes a `Run`; the
module is found by being here. Keep imports of Django's models inside the functions."""

import importlib
import pkgutil
from collections.abc import Callable

from tests.faults.running import Run

Proof = Callable[[Run], None]
GROUPS = "FCBSL"  # the order in which they run: faults, races, bad input, shields, load
_proofs: dict[str, Proof] = {}


def proof(name: str) -> Callable[[Proof], Proof]:
    """Makes a function a test under `name`, such as F1. Its docstring's first line is shown while it runs."""

    def register(run: Proof) -> Proof:
        if name in _proofs:
            raise ValueError(f"two tests are called {name}")
        _proofs[name] = run
        return run

    return register


def all_proofs() -> dict[str, Proof]:
    """Every test by name, in the order in which they run."""
    import tests.faults as folder

    for module in pkgutil.iter_modules(folder.__path__):
        if module.name not in ("__main__", "conftest") and not module.name.startswith("test_"):
            importlib.import_module(f"tests.faults.{module.name}")
    return {name: _proofs[name] for name in sorted(_proofs, key=lambda name: (GROUPS.find(name[0]), name))}
