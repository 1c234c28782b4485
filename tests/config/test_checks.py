"""The system checks: each speaks when it should, and a right production set-up hears nothing at all."""

import os
import subprocess
import sys
from typing import Any

import pytest

from config import checks
from tests.live import ROOT

PRODUCTION = {
    "PUBLIC_URL": "https://support.example.org",
    "SECRET_KEY": "".join(chr(97 + n * 7 % 26) + str(n) for n in range(40)),
    "DATABASE_URL": "postgresql://nines@db.example.org/nines",
    "REDIS_URL": "redis://redis.example.org:6379/0",
    "EMAIL_URL": "smtp+tls://nines:secret@mail.example.org:587",
}


def manage(tmp_path: Any, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "NINES_VAR_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, timeout=120)


def ids(messages: list[Any]) -> set[str]:
    return {message.id for message in messages}


def test_production_is_clean(tmp_path: Any) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_what_is_missing_in_public_is_named(tmp_path: Any) -> None:
    done = manage(
        tmp_path, "check", "--deploy", PUBLIC_URL=PRODUCTION["PUBLIC_URL"], SECRET_KEY=PRODUCTION["SECRET_KEY"]
    )
    assert done.returncode == 1
    for number in ("E003", "W001", "W002", "W003"):
        assert f"nines.{number}" in done.stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PUBLIC_URL": "support.example.org"}, "it must look like https://"),
        ({"PUBLIC_URL": "https://support.example.org"}, "SECRET_KEY is not set"),
        ({"NINES_LINK_KEYS": "a:short"}, "NINES_LINK_KEYS must be"),
    ],
)
def test_a_wrong_variable_stops_the_start(tmp_path: Any, variables: dict[str, str], sentence: str) -> None:
    done = manage(tmp_path, "check", **variables)
    assert done.returncode == 1
    assert sentence in done.stderr


def test_eager_mode_is_refused(settings: Any) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    assert "nines.E001" in ids(checks.set_up_that_cannot_work(None))


def test_a_database_server_wants_a_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nines@db/nines")
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    assert ids(checks.set_up_that_cannot_work(None)) == {"nines.E002"}
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8000")
    assert checks.set_up_that_cannot_work(None) == []


def test_the_open_mailbox_is_never_public(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.IS_HTTPS, settings.MAILBOX_DIR, settings.DEBUG = True, "somewhere", True
    monkeypatch.setenv("EMAIL_URL", "smtp://mail.example.org")
    monkeypatch.setenv("PUBLIC_URL", "https://support.example.org")
    assert ids(checks.set_up_that_cannot_work(None)) == {"nines.E004", "nines.E005"}
