"""System checks of the set-up as a whole: what would run, and be wrong. E stops every command, W speaks on
`check --deploy`."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

ONE_PROCESS_CACHES = ("locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache")


@register(Tags.compatibility)
def set_up_that_cannot_work(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):
        found.append(
            Error(
                "Celery is in eager mode: every customer would wait for the mail server.",
                hint="Remove CELERY_TASK_ALWAYS_EAGER; without REDIS_URL the filesystem broker serves.",
                id="nines.E001",
            )
        )
    if os.environ.get("DATABASE_URL") and not os.environ.get("PUBLIC_URL"):
        found.append(
            Error(
                "DATABASE_URL is set and PUBLIC_URL is not: the links in every mail would lead to this machine only.",
                hint="Set PUBLIC_URL to the address customers reach, such as https://support.example.org.",
                id="nines.E002",
            )
        )
    if settings.IS_HTTPS:
        found += _wrong_in_public()
    return found


def _wrong_in_public() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not os.environ.get("EMAIL_URL"):
        found.append(
            Error(
                "PUBLIC_URL is https and EMAIL_URL is not set: no mail would reach anybody.",
                hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.example.org:587.",
                id="nines.E003",
            )
        )
    if settings.DEBUG:
        found.append(
            Error(
                "DEBUG is on behind an https PUBLIC_URL: error pages would show settings and data to strangers.",
                hint="Unset DEBUG.",
                id="nines.E004",
            )
        )
    if settings.MAILBOX_DIR:
        found.append(
            Error(
                "The mailbox page, which asks for no login, would be public.",
                hint="Unset NINES_MAILBOX_DIR.",
                id="nines.E005",
            )
        )
    return found


@register(Tags.caches, deploy=True)
def cache_of_one_process(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    backend = str(settings.CACHES["default"]["BACKEND"])
    if not settings.IS_HTTPS or not backend.endswith(ONE_PROCESS_CACHES):
        return []
    return [
        Warning(
            f"The cache is {backend.rpartition('.')[2]}, which several processes or machines do not share well.",
            hint="Set REDIS_URL.",
            id="nines.W001",
        )
    ]


@register(Tags.compatibility, deploy=True)
def broker_in_a_folder(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.IS_HTTPS or not settings.CELERY_BROKER_URL.startswith("filesystem:"):
        return []
    return [
        Warning(
            "The broker is a folder on this machine; it serves one machine and a few messages a second.",
            hint="Set REDIS_URL.",
            id="nines.W002",
        )
    ]


@register(Tags.database, deploy=True)
def database_in_a_file(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.IS_HTTPS or "sqlite3" not in settings.DATABASES["default"]["ENGINE"]:
        return []
    return [
        Warning(
            "The database is SQLite: one writer at a time, on one machine.",
            hint="Set DATABASE_URL to a PostgreSQL database.",
            id="nines.W003",
        )
    ]
