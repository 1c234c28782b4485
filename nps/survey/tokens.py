"""Survey, pure: the signed link of an invitation, and the nonce of one load of its page.

Neither is stored. Both are made of a key id, a dot, and base64url of the facts and an HMAC-SHA-256 cut to 128
bits. A check makes the one right string again and compares in constant time, so no second spelling passes.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

Purpose = Literal["answer", "change", "reason", "stop"]
PURPOSES: tuple[Purpose, ...] = ("answer", "change", "reason", "stop")

NONCE_MAX_AGE_SECONDS = 7 * 24 * 3600  # a page left open over a weekend is still good
CLOCK_SKEW_SECONDS = 300  # between the servers that make and read a nonce

_MAC_BYTES = 16
_TIME_BYTES = 4
_RANDOM_BYTES = 16
_ID_LIMIT = 2**63
_LINK, _NONCE = b"nines survey link 1", b"nines page nonce 1"
_SHAPE = re.compile(r"([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{1,64})", re.ASCII)


class DeadLink(Exception):
    """This link does not work: unknown, tampered, malformed or expired, and it never says which."""

    def __str__(self) -> str:
        return "This link does not work any more."


class BadNonce(Exception):
    """Not a nonce that this page made for this act, or too old: show the page again with a new one."""

    def __str__(self) -> str:
        return "This page is no longer fresh. Please send it once more."


def sign(invitation_id: int, expires_at: datetime, *, keys: Mapping[str, str]) -> str:
    """The link token of an invitation, always the same for the same id, expiry (whole seconds) and key.

    `keys` maps key ids ([A-Za-z0-9_-], up to 32) to secrets; the first signs. ValueError for no usable key,
    an id that is not positive, or an expiry without time zone or past the year 2105.
    """
    return _link(_signing_key(keys), keys, invitation_id, _seconds(expires_at))


def read(token: str, *, keys: Mapping[str, str], at: datetime) -> int:
    """The invitation id of a token that one of the keys signed, not expired at `at`; else DeadLink."""
    key_id, body = _open(token, keys, DeadLink)
    number = body[: -_TIME_BYTES - _MAC_BYTES]
    if not 1 <= len(number) <= 8:
        raise DeadLink
    invitation_id = int.from_bytes(number, "big")
    expires = int.from_bytes(body[len(number) : len(number) + _TIME_BYTES], "big")
    if not 1 <= invitation_id < _ID_LIMIT or not _same(token, _link(key_id, keys, invitation_id, expires)):
        raise DeadLink
    if at.timestamp() >= expires:
        raise DeadLink
    return invitation_id


def make_nonce(invitation_id: int, purpose: Purpose, *, keys: Mapping[str, str], at: datetime) -> str:
    """A new nonce for one load of an invitation's page at `at`, good for one purpose. Errors as in `sign`."""
    if purpose not in PURPOSES:
        raise ValueError(f"“{purpose}” is no purpose of a nonce.")
    random = secrets.token_bytes(_RANDOM_BYTES)
    return _nonce(_signing_key(keys), keys, invitation_id, purpose, _seconds(at), random)


def read_nonce(
    nonce: str,
    invitation_id: int,
    purpose: Purpose,
    *,
    keys: Mapping[str, str],
    at: datetime,
    max_age_seconds: int = NONCE_MAX_AGE_SECONDS,
) -> str:
    """The random id (22 characters, one per page load) of a nonce made for this invitation and purpose.

    BadNonce otherwise. It may be read again: that one nonce makes one answer is for the caller's constraint.
    """
    key_id, body = _open(nonce, keys, BadNonce)
    if len(body) != _TIME_BYTES + _RANDOM_BYTES + _MAC_BYTES:
        raise BadNonce
    made, random = int.from_bytes(body[:_TIME_BYTES], "big"), body[_TIME_BYTES:-_MAC_BYTES]
    if not _same(nonce, _nonce(key_id, keys, invitation_id, purpose, made, random)):
        raise BadNonce
    if not -CLOCK_SKEW_SECONDS <= at.timestamp() - made <= max_age_seconds:
        raise BadNonce
    return _encode(random)


def made_at(nonce: str, *, keys: Mapping[str, str]) -> datetime:
    """When the page of a nonce was made, to the second (UTC), of one that read_nonce has accepted; BadNonce for what
    has not its shape."""
    _, body = _open(nonce, keys, BadNonce)
    return datetime.fromtimestamp(int.from_bytes(body[:_TIME_BYTES], "big"), UTC)


def _link(key_id: str, keys: Mapping[str, str], invitation_id: int, expires: int) -> str:
    if not 1 <= invitation_id < _ID_LIMIT:
        raise ValueError("An invitation id is a positive whole number below 2**63.")
    facts = invitation_id.to_bytes((invitation_id.bit_length() + 7) // 8, "big")
    facts += expires.to_bytes(_TIME_BYTES, "big")
    return _seal(key_id, keys, facts, [_LINK])


def _nonce(key_id: str, keys: Mapping[str, str], invitation_id: int, purpose: str, made: int, random: bytes) -> str:
    facts = made.to_bytes(_TIME_BYTES, "big") + random
    return _seal(key_id, keys, facts, [_NONCE, purpose.encode(), str(invitation_id).encode()])


def _seal(key_id: str, keys: Mapping[str, str], facts: bytes, context: list[bytes]) -> str:
    # No part but the last can hold a NUL, so different parts never make the same message.
    message = b"\0".join([*context, key_id.encode(), facts])
    mac = hmac.new(keys[key_id].encode(), message, hashlib.sha256).digest()[:_MAC_BYTES]
    return f"{key_id}.{_encode(facts + mac)}"


def _open(text: str, keys: Mapping[str, str], error: type[DeadLink | BadNonce]) -> tuple[str, bytes]:
    """(key id, facts and mac) of a string of the right shape whose key is known; nothing is verified yet."""
    match = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if match is None or not keys.get(match[1]):
        raise error
    key_id, encoded = match.groups()
    if len(encoded) % 4 == 1:
        raise error
    return key_id, urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def _signing_key(keys: Mapping[str, str]) -> str:
    key_id = next(iter(keys), "")
    if not re.fullmatch("[A-Za-z0-9_-]{1,32}", key_id) or not keys[key_id]:
        raise ValueError("Survey links need a signing key: an id of letters and digits, and a secret.")
    return key_id


def _seconds(moment: datetime) -> int:
    if moment.utcoffset() is None:
        raise ValueError("A datetime needs a time zone here.")
    seconds = int(moment.astimezone(UTC).timestamp())
    if not 0 <= seconds < 2 ** (8 * _TIME_BYTES):
        raise ValueError("A link's time must lie between 1970 and 2105.")
    return seconds


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
