"""What must be true before the first process starts: folders, tables, static files, and a demo where nothing is yet."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError, connection

Say = Callable[[str], None]
SEED = "seed_demo"


def make_folders() -> None:
    """The filesystem broker raises in worker and publisher alike when one of its folders is gone."""
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if folder := settings.CELERY_BROKER_TRANSPORT_OPTIONS.get(name):
            Path(str(folder)).mkdir(parents=True, exist_ok=True)


def migrate(say: Say) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CommandError(f"the database cannot be used: {reason}. Is DATABASE_URL right, and does it run?") from error
    finally:
        connection.close()


def collect_static(say: Say) -> None:
    """`collectstatic`, unless no source file changed since the last time."""
    if settings.DEBUG:
        return
    kept = Path(settings.STATIC_ROOT) / ".sources"
    now = _static_fingerprint()
    if kept.exists() and kept.read_text() == now:
        return
    say("Collecting static files …")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    kept.write_text(now)


def _static_fingerprint() -> str:
    seen = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list(ignore_patterns=[]):
            about = os.stat(storage.path(path))
            seen.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    return seen.hexdigest()


# ---- the demo organisation -----------------------------------------------------------------------------------
class Demo:
    """Made once, in an empty database of a local set-up; remembered beside the data in the var folder."""

    def __init__(self, env: dict[str, str], say: Say) -> None:
        self._env, self._say = env, say
        self._unfinished = settings.VAR_DIR / "demo-unfinished"
        self._made = settings.VAR_DIR / "demo-made"
        self._database = f"{settings.DATABASES['default']['ENGINE']} {connection.settings_dict['NAME']}"

    @property
    def is_here(self) -> bool:
        return self._made.exists() and self._made.read_text() == self._database

    def make_if_wanted(self) -> None:
        # Its passwords are public: never where the outside can reach the pages.
        if settings.IS_HTTPS or SEED not in get_commands():
            return
        if self._unfinished.exists() and self._unfinished.read_text() == self._database:
            self._start_over()
        if get_user_model()._default_manager.exists():
            return
        connection.close()
        self._unfinished.write_text(self._database)
        self._say("The database is empty: making a demo organisation …")
        if subprocess.run([sys.executable, "manage.py", SEED], env=self._env, cwd=settings.BASE_DIR).returncode:
            raise CommandError(f"`manage.py {SEED}` failed, see above. --no-demo starts without it.")
        self._made.write_text(self._database)
        self._unfinished.unlink()

    def _start_over(self) -> None:
        if connection.vendor != "sqlite":
            raise CommandError(
                "the last start was interrupted while it made the demo. Empty the database, or start with --no-demo."
            )
        self._say("The last start was interrupted while it made the demo; beginning again.")
        connection.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{connection.settings_dict['NAME']}{suffix}").unlink(missing_ok=True)
        shutil.rmtree(settings.BROKER_DIR, ignore_errors=True)
        make_folders()
        migrate(self._say)

    def told(self) -> list[str]:
        """The lines to print once the pages answer: who can sign in, and what to try first."""
        if not self.is_here:
            return FIRST_USER if not get_user_model().objects.exists() else []
        module = sys.modules[type(_command(SEED)).__module__]
        logins: list[tuple[str, str, str]] = getattr(module, "LOGINS", [])
        first: list[str] = getattr(module, "TRY_FIRST", [])
        lines = [f"  {username:<10} {password:<12} {role}" for username, password, role in logins]
        if lines:
            lines = ["", "Sign in as", *lines]
        return [*lines, *(["", "Try first", *(f"  {line}" for line in first)] if first else [])]


FIRST_USER = [
    "",
    "Nobody can sign in yet. Make the first user in another terminal, then add teams and people under Admin:",
    "  .venv/bin/python manage.py createsuperuser",
]


def _command(name: str) -> Any:
    app = get_commands()[name]
    return load_command_class(app, name) if isinstance(app, str) else app
