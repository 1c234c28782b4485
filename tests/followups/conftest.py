"""The office whose follow-ups these tests look at."""

from collections.abc import Iterator

import pytest
import time_machine

from tests import factories
from tests.staff import NOW, Office


@pytest.fixture
def office(db: None) -> Iterator[Office]:
    """Open for business, with the clock standing at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield Office.open()


@pytest.fixture
def billing():
    return factories.team()


@pytest.fixture
def mara(billing):
    """Of billing, on shift by day; the tests have her rated."""
    return factories.agent("mara", billing)


@pytest.fixture
def sanna(billing):
    return factories.agent("sanna", billing)
