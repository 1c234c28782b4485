"""S2: what a door does not offer cannot be written through it. Here all forged fields at once at every door;
`run.py faults S2` sends each by itself too."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.api.doors import DOORS
from tests.house.read_only import Forger
from tests.house.scenery import NOW, Scenery

pytestmark = pytest.mark.django_db


@pytest.fixture
def forger() -> Iterator[Forger]:
    with time_machine.travel(NOW, tick=False):
        yield Forger(Scenery())


def test_fields_that_are_not_offered_change_nothing(forger: Forger, is_thorough: bool) -> None:
    ways = forger.ways()
    if not is_thorough:  # Django admin takes what its forms have: a few of its models stand for the others
        by_admin = [way for way in ways if way.func == forger.by_admin]
        ways = [way for way in ways if way not in by_admin] + by_admin[::5]
    acts = [act for way in ways if (act := way())]
    seen = [forger.forge(act) for act in acts]
    assert [one for told in seen for one in told.failed] == []
    assert [one for told in seen for one in told.changed] == []
    doors = {act.name for act in acts}
    assert any(name.startswith("admin ") for name in doors)
    assert {*(f"REST {door.name}" for door in DOORS), "survey", "survey-why"} <= doors
    assert min(told.fields for told in seen) > 100
    # What is refused even when it is done as it should be proves nothing.
    assert [told.name for told in seen if not told.is_done] == []
