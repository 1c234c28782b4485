"""What every test stands on: hints off, broken wires loud, nothing remembered from the test before."""

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings

from nps.remembered import Remembered
from tests.smtp_sink import Sink, start


@pytest.fixture(autouse=True)
def quiet_house(settings, request: pytest.FixtureRequest) -> None:
    """Verbs are tested without a worker listening, and a failing receiver fails the test."""
    if request.node.get_closest_marker("real") is None:
        settings.NUDGES_ENABLED = False
        settings.STRICT_WIRES = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    Remembered.forget_all()
    yield
    Remembered.forget_all()


def is_embedded() -> bool:
    """Whether this run is on SQLite, the embedded default."""
    return django_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


@pytest.fixture
def smtp_sink(settings) -> Iterator["Sink"]:
    """A real SMTP server that the product sends to in this test."""
    controller = start(sink := Sink())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    yield sink
    controller.stop()
