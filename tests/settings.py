"""Settings of a test run: the product's own, on a database and in a var folder that no running product uses.

Worker and beat of live tests are started on these settings too; tests/live.py tells them which database it is."""

import os
import tempfile
from pathlib import Path

_process = os.environ.get("PYTEST_XDIST_WORKER", "")
if "NINES_VAR_DIR" not in os.environ:
    os.environ["NINES_VAR_DIR"] = os.environ["NINES_TEMPORARY_VAR_DIR"] = tempfile.mkdtemp(prefix="nines-test-")
if _process and Path(os.environ["NINES_VAR_DIR"]).name != _process:
    os.environ["NINES_VAR_DIR"] = str(Path(os.environ["NINES_VAR_DIR"]) / _process)

from config.settings import *  # noqa: E402, F403
from config.settings import BROKER_DIR, CACHES, DATABASES, STATIC_ROOT, STORAGES, env  # noqa: E402

if env.str("NINES_TEST_DATABASE", default=""):
    DATABASES["default"]["NAME"] = env.str("NINES_TEST_DATABASE")
# Threads that serve a request give their connection back at its end: a kept one would hold the test database open.
DATABASES["default"]["CONN_MAX_AGE"] = 0
CACHES["default"]["KEY_PREFIX"] = f"tests-{_process}"
# Processes of one run share a Redis; their hints must not reach each other's worker.
CELERY_TASK_DEFAULT_QUEUE = f"tests-{_process or 'main'}"
for _folder in (BROKER_DIR / "queue", BROKER_DIR / "control", STATIC_ROOT):
    _folder.mkdir(parents=True, exist_ok=True)

# Verbs are tested without a worker listening, and a failing receiver fails the test.
NUDGES_ENABLED = env.bool("NINES_NUDGES", default=False)
STRICT_WIRES = env.bool("NINES_STRICT_WIRES", default=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Tests of one thread must find their uncommitted rows; the deadline has tests of its own.
DATABASE_DEADLINE_SECONDS = STAFF_DEADLINE_SECONDS = 0
# Tests stop the clock, and what they have just written is to be counted.
QUEUE_COUNTS_SECONDS = 0
# Statements are counted, and what was kept would depend on the tests before; see tests/nps/test_kept_days.py.
KEEPS_DAYS = False
