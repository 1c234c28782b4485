"""A database that hangs: 503 in time, what was typed kept, and the late commit and the retry are one answer."""

import re
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import Client

from config.deadline import Breaker
from nps.survey import links
from nps.survey.models import Response, Survey
from tests.survey_visits import invited

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Until the event is set, nobody else can write an answer."""
    go_on, is_held = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    if connection.vendor == "postgresql":
                        cursor.execute("LOCK TABLE nps_response IN ACCESS EXCLUSIVE MODE")
                    else:
                        Survey.objects.update(link_days=90)  # SQLite has one writer
                is_held.set()
                go_on.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(10)
    yield go_on
    go_on.set()
    thread.join()


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
    breaker.missed()
    assert not breaker.lets_through()
    now[0] += 1.1
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.answered()
    assert all(breaker.lets_through() for _ in range(5))
