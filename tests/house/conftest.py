"""What the tests of admin and of the figures share: a house with two teams, and its manager's browser."""

import pytest
from django.test import Client

from tests.managed import House, browser_of


@pytest.fixture
def house() -> House:
    return House.open()


@pytest.fixture
def manager(house: House) -> Client:
    return browser_of(house.manager)
