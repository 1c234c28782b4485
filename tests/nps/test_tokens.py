"""Links and nonces: one string each, no second spelling, no forged one, nothing told apart."""

import random
import string
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps.survey.tokens import PURPOSES, BadNonce, DeadLink, make_nonce, read, read_nonce, sign

KEYS = {"b": "new secret " * 3, "a": "old secret " * 3}
NOW = datetime(2026, 5, 8, 12, tzinfo=UTC)
EXPIRES = NOW + timedelta(days=90)
BASE64URL = string.ascii_letters + string.digits + "-_"


def is_alive(token, keys=KEYS, at=NOW):
    try:
        return bool(read(token, keys=keys, at=at))
    except DeadLink:
        return False


def is_good(nonce, invitation_id=7, purpose="answer", keys=KEYS, at=NOW):
    try:
        return bool(read_nonce(nonce, invitation_id, purpose, keys=keys, at=at))
    except BadNonce:
        return False


@settings(deadline=None)
@given(st.integers(1, 2**63 - 1), st.datetimes(datetime(2026, 6, 1), datetime(2100, 1, 1)))
def test_what_was_signed_is_read(invitation_id, expires_at):
    expires_at = expires_at.replace(tzinfo=UTC)
    token = sign(invitation_id, expires_at, keys=KEYS)
    assert read(token, keys=KEYS, at=NOW) == invitation_id
    assert sign(invitation_id, expires_at, keys=KEYS) == token
    assert sign(invitation_id, expires_at.astimezone(timezone(timedelta(hours=9))), keys=KEYS) == token
    assert len(token) <= 40
    assert set(token) <= set(BASE64URL + ".")


def test_ten_thousand_bit_flips_open_nothing():
    rng = random.Random(1)
    accepted = 0
    for turn in range(10_000):
        token = sign(rng.randrange(1, 2 ** rng.randrange(1, 63)), EXPIRES, keys=KEYS)
        key_id, encoded = token.split(".")
        if turn % 2:  # of the characters as they stand in the link
            flipped = bytearray(token.encode())
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
            forged = flipped.decode("latin-1")
        else:  # of the bytes they stand for
            flipped = bytearray(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
            forged = f"{key_id}.{urlsafe_b64encode(flipped).decode().rstrip('=')}"
        assert forged != token
        accepted += is_alive(forged)
    assert accepted == 0


def test_random_tokens_open_nothing():
    rng = random.Random(2)
    tokens = ("b." + "".join(rng.choices(BASE64URL, k=rng.randrange(1, 50))) for _ in range(20_000))
    assert not any(map(is_alive, tokens))


@pytest.mark.parametrize("invitation_id", [1, 255, 256, 70_000, 2**24, 2**32, 2**40, 2**48, 2**63 - 1])
def test_one_string_per_id_expiry_and_key(invitation_id):
    """No other last character, no padding, no leading zero, no other alphabet."""
    token = sign(invitation_id, EXPIRES, keys=KEYS)
    assert [last for last in BASE64URL if is_alive(token[:-1] + last)] == [token[-1]]
    key_id, encoded = token.split(".")
    raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    padded = urlsafe_b64encode(b"\0" + raw).decode().rstrip("=")
    others = [token + "=", token + "A", token[:-1], f" {token}", f"{token}\n", f"{key_id}.{padded}"]
    others += [encoded, f".{encoded}", f"{key_id}.{key_id}.{encoded}", token.swapcase(), f"{key_id}."]
    assert not any(map(is_alive, others))


def test_mac_is_at_least_128_bits():
    encoded = sign(1, EXPIRES, keys=KEYS).split(".")[1]
    raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    assert (len(raw) - 1 - 4) * 8 >= 128  # less one byte of id and four of expiry


@pytest.mark.parametrize(
    "junk", ["", ".", "b.", "b.A", "b.é", "\ud800", "\0", "b." + "A" * 500, None, 7, b"b.AAAA"], ids=repr
)
def test_malformed_is_as_dead_as_any(junk):
    assert not is_alive(junk)
    assert not is_good(junk)


def test_an_id_beyond_any_database_is_dead_and_not_an_error():
    body = urlsafe_b64encode(b"\xff" * 28).decode().rstrip("=")
    assert not is_alive(f"b.{body}")


def test_dead_links_are_not_told_apart():
    token = sign(7, EXPIRES, keys=KEYS)
    told = set()
    for dead, at in [(token, EXPIRES), (f"{token}A", NOW), ("x.AAAA", NOW), ("", NOW), ("b" * 10**6, NOW)]:
        with pytest.raises(DeadLink) as caught:
            read(dead, keys=KEYS, at=at)
        told.add((type(caught.value), caught.value.args, str(caught.value)))
    assert told == {(DeadLink, (), "This link does not work any more.")}


def test_expiry():
    token = sign(7, EXPIRES, keys=KEYS)
    assert is_alive(token, at=EXPIRES - timedelta(seconds=1))
    assert not is_alive(token, at=EXPIRES)


def test_keys_rotate():
    old = sign(7, EXPIRES, keys={"a": KEYS["a"]})
    assert sign(7, EXPIRES, keys=KEYS).startswith("b.")
    assert is_alive(old)
    assert not is_alive(old, keys={"b": KEYS["b"]})
    assert not is_alive(old, keys={"a": "another secret"})
    assert not is_alive("b." + old.split(".")[1])
    # The same secret under another id signs another string.
    assert not is_alive("c." + old.split(".")[1], keys={"c": KEYS["a"]})
    assert not is_alive(old, keys={})


@pytest.mark.parametrize("keys", [{}, {"a": ""}, {"": "secret"}, {"a.b": "secret"}, {"a\0": "secret"}], ids=repr)
def test_an_unusable_key_is_said_to_who_signs(keys):
    with pytest.raises(ValueError, match="signing key"):
        sign(7, EXPIRES, keys=keys)
    assert not is_alive(sign(7, EXPIRES, keys=KEYS), keys=keys)


@pytest.mark.parametrize(
    ("invitation_id", "expires_at"),
    [
        (0, EXPIRES),
        (-1, EXPIRES),
        (2**63, EXPIRES),
        (7, datetime(2026, 8, 8)),
        (7, datetime(2200, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_cannot_be_signed(invitation_id, expires_at):
    with pytest.raises(ValueError):
        sign(invitation_id, expires_at, keys=KEYS)


# Nonces


def test_a_nonce_is_good_for_its_invitation_and_purpose_alone():
    for purpose in PURPOSES:
        nonce = make_nonce(7, purpose, keys=KEYS, at=NOW)
        good = [(number, other) for number in (7, 8, 77) for other in PURPOSES if is_good(nonce, number, other)]
        assert good == [(7, purpose)]
    with pytest.raises(ValueError, match="purpose"):
        make_nonce(7, "delete", keys=KEYS, at=NOW)


def test_every_page_load_has_its_own_id():
    nonces = [make_nonce(7, "answer", keys=KEYS, at=NOW) for _ in range(200)]
    ids = {read_nonce(nonce, 7, "answer", keys=KEYS, at=NOW) for nonce in nonces}
    assert len(ids) == 200
    assert {len(random_id) for random_id in ids} == {22}
    again = read_nonce(nonces[0], 7, "answer", keys=KEYS, at=NOW + timedelta(hours=1))
    assert again == read_nonce(nonces[0], 7, "answer", keys=KEYS, at=NOW)


def test_a_nonce_ages():
    nonce = make_nonce(7, "answer", keys=KEYS, at=NOW)
    assert is_good(nonce, at=NOW + timedelta(days=7))
    assert not is_good(nonce, at=NOW + timedelta(days=7, seconds=1))
    assert is_good(nonce, at=NOW - timedelta(minutes=5))
    assert not is_good(nonce, at=NOW - timedelta(minutes=6))
    with pytest.raises(BadNonce):
        read_nonce(nonce, 7, "answer", keys=KEYS, at=NOW + timedelta(seconds=61), max_age_seconds=60)


def test_nonces_do_not_bend():
    rng = random.Random(3)
    accepted = 0
    for _ in range(3_000):
        flipped = bytearray(make_nonce(7, "answer", keys=KEYS, at=NOW).encode())
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        accepted += is_good(flipped.decode("latin-1"))
    assert accepted == 0
    nonce = make_nonce(7, "answer", keys=KEYS, at=NOW)
    assert [last for last in BASE64URL if is_good(nonce[:-1] + last)] == [nonce[-1]]


def test_a_nonce_is_no_link_and_a_link_is_no_nonce():
    assert not any(is_alive(make_nonce(7, purpose, keys=KEYS, at=NOW)) for purpose in PURPOSES)
    for expires_at in (EXPIRES, NOW):
        token = sign(7, expires_at, keys=KEYS)
        assert not any(is_good(token, 7, purpose) for purpose in PURPOSES)
