"""Typed readers of the environment. A wrong value stops the start with one sentence that says what would be right."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def public_url() -> str:
    """The address customers and staff reach this server at, without a trailing slash."""
    value = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise ImproperlyConfigured(f"PUBLIC_URL is {value!r}; it must look like https://support.example.org (no path).")
    return value


def secret_key(var: Path, *, is_public: bool) -> str:
    """SECRET_KEY from the environment; on a local http:// set-up one is made and kept in `var`."""
    value = env.str("SECRET_KEY", default="")
    if value:
        return value
    if is_public:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. With an https:// PUBLIC_URL it must be a long random string, the same for"
            " every process."
        )
    kept = var / "secret_key"
    if not kept.exists():
        fresh = var / f"secret_key.{secrets.token_hex(4)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        try:
            # link() fails when another process was first: then both read that one's key.
            kept.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text()


def link_keys(default_secret: str) -> dict[str, str]:
    """The rotatable keys of survey links as {key id: secret}, newest first.

    NINES_LINK_KEYS is `id:secret,id:secret`; the first signs, all verify.
    """
    raw = env.str("NINES_LINK_KEYS", default="")
    if not raw:
        return {"0": f"survey-links:{default_secret}"}
    keys: dict[str, str] = {}
    for pair in raw.split(","):
        key_id, _, secret = pair.strip().partition(":")
        if not (key_id.isalnum() and len(key_id) <= 4 and len(secret) >= 32):
            raise ImproperlyConfigured(
                "NINES_LINK_KEYS must be id:secret,id:secret with an id of 1 to 4 letters or digits and a secret of"
                " 32 characters or more."
            )
        keys[key_id] = secret
    return keys


def rate(name: str) -> tuple[int, int] | None:
    """`600/minute` (or /second, /hour, /day) as (600, 60); None where it is not set."""
    raw = env.str(name, default="")
    if not raw:
        return None
    number, _, unit = raw.partition("/")
    seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}.get(unit)
    if not (number.isascii() and number.isdigit() and int(number) > 0) or seconds is None:
        raise ImproperlyConfigured(f"{name} is {raw!r}; it must look like 600/minute (second, minute, hour or day).")
    return int(number), seconds
