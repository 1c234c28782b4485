"""Keys of programs: shown once, hashed, scoped, expiring, revocable; and the description of the API."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from nps.desk.models import ApiKey
from tests.api.conftest import World


def ask(secret: str, scheme: str = "Bearer") -> tuple[int, str]:
    answer = APIClient().get("/api/v1/teams/", HTTP_AUTHORIZATION=f"{scheme} {secret}")
    return answer.status_code, answer.data.get("detail", "") if answer.status_code != 200 else ""


def issued(**kwargs) -> tuple[ApiKey, str]:
    return ApiKey.issue(name="Sync", scopes=["read"], **{"at": timezone.now(), **kwargs})


def test_only_the_digest_is_kept(db: None) -> None:
    key, secret = issued()
    assert secret.startswith("nines_")
    assert secret not in str(ApiKey.objects.filter(pk=key.pk).values().get())
    assert ask(secret) == (200, "")
    assert ask(secret, "bearer") == (200, ""), "the scheme's case does not matter"


def test_keys_that_are_none(db: None) -> None:
    _, secret = issued()
    for wrong in ("", "x", secret[:-1], secret.upper(), f"{secret} {secret}", "é", "nines_" + "x" * 9000):
        status, detail = ask(wrong)
        assert (status, "not known" in detail) == (401, True), wrong
    assert ask(secret, "Token")[0] == 401
    assert ask(secret, "Basic")[0] == 401


def test_keys_that_are_over(db: None) -> None:
    key, secret = issued(at=timezone.now() - timedelta(days=366))
    status, detail = ask(secret)
    assert (status, "expired" in detail) == (401, True)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=None)
    assert ask(secret)[0] == 200
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    status, detail = ask(secret)
    assert (status, "revoked" in detail) == (401, True)


def test_the_last_use_is_written_once_a_minute(db: None, django_assert_num_queries) -> None:
    key, secret = issued()
    ask(secret)
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    assert first is not None
    with django_assert_num_queries(2):  # the key and the list
        ask(secret)
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(minutes=2))
    ask(secret)
    assert ApiKey.objects.get(pk=key.pk).last_used_at >= first


def test_the_command_prints_the_secret_once(db: None) -> None:
    out = StringIO()
    call_command("create_api_key", "ticket sync", "--scopes", "read", "tickets:write", stdout=out, stderr=StringIO())
    secret = out.getvalue().strip()
    key = ApiKey.objects.get()
    assert (key.name, key.scopes) == ("ticket sync", ["read", "tickets:write"])
    assert key.expires_at is not None
    assert ask(secret) == (200, "")
    call_command("create_api_key", "for ever", "--days", "0", stdout=StringIO(), stderr=StringIO())
    assert ApiKey.objects.get(name="for ever").expires_at is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["x", "--scopes", "write"], "tickets:write"),
        (["", "--scopes", "read"], "name"),
        (["x" * 81], "name"),
        (["x", "--days", "-1"], "--days"),
        (["x", "--owner", "nobody"], "Nobody who works here signs in as nobody"),
    ],
)
def test_the_command_says_what_is_wrong(db: None, arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("create_api_key", *arguments)
    assert not ApiKey.objects.exists()


def test_the_command_names_an_owner(world: World) -> None:
    call_command("create_api_key", "board", "--owner", "maya", stdout=StringIO(), stderr=StringIO())
    assert ApiKey.objects.get(name="board").created_by == world.maya
    with pytest.raises(CommandError, match="signs in as nora"):
        call_command("create_api_key", "board", "--owner", "nora")


# ---- the description ----------------------------------------------------------------------------------------
def test_the_committed_description_is_the_present_one(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(fresh))
    committed = settings.BASE_DIR / "docs" / "openapi.yaml"
    assert fresh.read_text() == committed.read_text(), (
        "the API has changed: `manage.py spectacular --file docs/openapi.yaml`, and read the difference"
    )


def test_the_description_is_served(db: None, client: Client) -> None:
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    assert b"/api/v1/follow-ups/{id}/close/" in answer.content


def test_the_docs_need_nothing_from_elsewhere(db: None, client: Client) -> None:
    """The page names no other host, and is the only one that may set inline styles; scripts never may."""
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert b"http" not in page.content.replace(b"http-equiv", b"")
    policy = page["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src" not in policy
    assert "default-src 'self'" in policy
    assert client.get("/api/docs/?script=").status_code == 200
    assert "unsafe-inline" not in client.get("/api/v1/teams/")["Content-Security-Policy"]


def test_a_session_reads_too(world: World) -> None:
    assert world.as_(world.alice).get("/api/v1/teams/").status_code == 200
    both = world.as_(world.alice)
    both.credentials(HTTP_AUTHORIZATION="Bearer nines_wrong")
    assert both.get("/api/v1/teams/").status_code == 401, "a wrong key is not forgiven for a session beside it"
