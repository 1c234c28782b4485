"""A database that hangs: 503 in time, what was typed kept, and the late commit and the retry are one answer."""

import re
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.test import Client

from config.deadline import Breaker
from nps.survey import links
from nps.survey.models import Response
from tests.outage import nobody_can_write
from tests.survey_visits import invited

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    with nobody_can_write() as go_on:
        yield go_on


def nonce_of(text: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', text)
    assert found
    return found[1]


def test_a_hanging_database_keeps_what_was_typed_and_the_retry_is_the_same_answer(settings, request) -> None:
    settings.DATABASE_DEADLINE_SECONDS = 20
    address = f"/s/{links.token_of(invited())}/"
    client = Client()
    nonce = nonce_of(client.get(address).content.decode())
    go_on = request.getfixturevalue("hanging")
    settings.DATABASE_DEADLINE_SECONDS = 0.5

    began = time.monotonic()
    refused = client.post(address, {"score": "3", "nonce": nonce})
    assert time.monotonic() - began < 3
    assert refused.status_code == 503
    assert refused["Retry-After"]
    assert nonce_of(refused.content.decode()) == nonce
    assert 'name="score" value="3"' in refused.content.decode()

    began = time.monotonic()
    assert client.post(address, {"score": "3", "nonce": nonce}).status_code == 503
    assert time.monotonic() - began < 0.4, "the breaker answers at once"

    go_on.set()
    settings.DATABASE_DEADLINE_SECONDS = 20
    deadline = time.monotonic() + 20
    while client.post(address, {"score": "3", "nonce": nonce}).status_code != 303:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert Response.objects.get().score == 3


def test_a_program_is_told_to_try_again(settings, monkeypatch) -> None:
    settings.DATABASE_DEADLINE_SECONDS = 20
    monkeypatch.setattr(Breaker, "lets_through", lambda self: False)
    answer = Client().get("/api/v1/teams/", headers={"Authorization": "Bearer nines_x"})
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "5"


def test_an_open_breaker_lets_one_look_a_second(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("config.deadline.time.monotonic", lambda: now[0])
    breaker = Breaker()
    assert all(breaker.lets_through() for _ in range(5))
    breaker.missed(since=now[0] - 3)
    assert not breaker.lets_through()
    now[0] += 1.1
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.answered()
    assert all(breaker.lets_through() for _ in range(5))


def test_a_slow_database_that_answers_others_shuts_nobody_out(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("config.deadline.time.monotonic", lambda: now[0])
    breaker = Breaker()
    breaker.answered()
    breaker.missed(since=97.0)
    assert breaker.lets_through(), "somebody was answered while this one waited"
    now[0] = 104.0
    breaker.missed(since=101.0)
    assert not breaker.lets_through(), "nobody was"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/s/x/why/", "more than we can take"),
        ("/tickets/new/", "too much at once"),
        ("/admin/login/", "too much at once"),
    ],
)
def test_more_than_is_read_gets_a_page_that_says_so(settings, address: str, words: str) -> None:
    settings.DATABASE_DEADLINE_SECONDS = settings.STAFF_DEADLINE_SECONDS = 20
    for body in ({"comment": "ü" * 480_000}, {f"field{number}": "x" for number in range(1500)}):
        answer = Client(enforce_csrf_checks=True).post(
            address, urlencode(body), content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 413
        assert words in answer.content.decode()


def test_a_program_that_sends_too_much_is_told_in_its_own_shape(settings) -> None:
    settings.DATABASE_DEADLINE_SECONDS = 20
    answer = Client().post("/api/v1/tickets/", {"subject": "x" * 3_000_000}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert "2,500,000 bytes" in answer.json()["detail"]
