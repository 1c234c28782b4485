"""What every test stands on: hints off and broken wires loud (tests/settings.py), nothing remembered from the test
before; and the larger things a test may ask for: a mail server, a worker, a browser, the shared data."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase

from nps.remembered import Remembered
from tests import database
from tests.live import ROOT, LiveStack
from tests.smtp_sink import Sink, start
from tests.staff import Office

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = "NO CHROMIUM FOUND: install Debian's package chromium, or name one in CHROMIUM, to run the browser tests"
SHARED_DATA = Path(os.environ.get("NINES_SHARED_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    Remembered.forget_all()
    if not django_settings.REDIS_URL:  # there it would be everybody's; and ids do not come again on PostgreSQL
        cache.clear()
    yield
    Remembered.forget_all()


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest) -> Iterator[None]:
    """The clock stands still where the test's mark says, such as `clock(NOW)`."""
    mark = request.node.get_closest_marker("clock")
    if mark is None:
        yield
        return
    with time_machine.travel(*mark.args, tick=False):
        yield


@pytest.fixture
def office() -> Office:
    """A small organisation of staff (tests/staff.py)."""
    return Office.open()


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered for seconds stays so: on a slow machine it would be read anew in the middle of a count."""
    monkeypatch.setattr("nps.remembered.time", SimpleNamespace(monotonic=lambda: 0.0))


def is_embedded() -> bool:
    """Whether this run is on SQLite, the embedded default."""
    return django_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


# ---- the database --------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """See tests/database.py. Tests that commit put back what a fresh database holds, and nothing is made anew."""
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        database.make()
        fresh = database.Fresh()

    def put_back(test: TransactionTestCase) -> None:
        fresh.restore()

    usual = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = put_back  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = usual  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        database.destroy(name)


# ---- servers -------------------------------------------------------------------------------------------------
@pytest.fixture
def smtp_sink(settings: Any) -> Iterator[Sink]:
    """A real SMTP server that the product sends to in this test."""
    controller = start(sink := Sink())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    yield sink
    controller.stop()


@pytest.fixture
def live_stack(
    settings: Any, transactional_db: None, live_server: Any, smtp_sink: Sink, tmp_path: Path
) -> Iterator[LiveStack]:
    """Pages, a real worker process on the test database, hints on. Beat on request: `live_stack.start_beat()`."""
    settings.NUDGES_ENABLED = True
    settings.PUBLIC_URL = live_server.url
    stack = LiveStack(live_server.url, smtp_sink, tmp_path)
    try:
        stack.start_worker()
        yield stack
    finally:
        stack.stop()


# ---- the shared data -----------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real-world input beside the project; tests that need it skip where it is not."""
    if not SHARED_DATA.is_dir():
        pytest.skip("THE SHARED DATA IS NOT HERE: name its folder in NINES_SHARED_DATA")
    return SHARED_DATA


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="all combinations, where otherwise a share is tried")


@pytest.fixture(scope="session")
def is_thorough(request: pytest.FixtureRequest) -> bool:
    """Whether to try every combination, which takes minutes longer."""
    return bool(request.config.getoption("--thorough"))


# ---- a browser -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real chromium."""
    named = os.environ.get("CHROMIUM")
    found = named or next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    if not found or not Path(found).exists():
        pytest.skip(NO_CHROMIUM)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """One headless browser for the run; each test opens contexts of its own."""
    from playwright.sync_api import sync_playwright

    # Playwright's synchronous API runs an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page at 1440 × 900; a script error or a refused script on it fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(15_000)
    fresh = context.new_page()
    problems: list[str] = []
    fresh.on("pageerror", lambda error: problems.append(str(error)))
    fresh.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield fresh
    context.close()
    assert not problems, problems


# ---- what a run tells ----------------------------------------------------------------------------------------
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    has_real_parts = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "shared_data" in fixtures:
            item.add_marker(pytest.mark.shared_data)
        if "chromium" in fixtures:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("real") and not has_real_parts:
            item.add_marker(pytest.mark.skip("needs DATABASE_URL and REDIS_URL; .ci/run sets them"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    def count(outcome: str, mark: str) -> int:
        reports = terminalreporter.stats.get(outcome, [])
        return sum(1 for report in reports if mark in report.keywords and report.when in {"call", "setup"})

    ran = count("passed", "shared_data") + count("failed", "shared_data")
    terminalreporter.write_line(f"Tests on shared data: {ran} ran, {count('skipped', 'shared_data')} skipped")
    if without := sum("NO CHROMIUM" in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(f"{without} browser tests skipped: {NO_CHROMIUM}", red=True, bold=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    temporary = os.environ.get("NINES_TEMPORARY_VAR_DIR")
    if temporary and not hasattr(config, "workerinput"):
        shutil.rmtree(temporary, ignore_errors=True)
