"""What every test stands on: hints off and broken wires loud (tests/settings.py), nothing remembered from the test
before; and the larger things a test may ask for: a mail server, a worker, a browser, the shared data."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from nps.remembered import Remembered
from tests.live import ROOT, LiveStack
from tests.smtp_sink import Sink, start

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = "NO CHROMIUM FOUND: install Debian's package chromium, or name one in CHROMIUM, to run the browser tests"
SHARED_DATA = Path(os.environ.get("NINES_SHARED_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    Remembered.forget_all()
    yield
    Remembered.forget_all()


def is_embedded() -> bool:
    """Whether this run is on SQLite, the embedded default."""
    return django_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


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
