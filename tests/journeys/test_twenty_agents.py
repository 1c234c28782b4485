"""Twenty agents on one queue: nobody gets what another has, and open queues cost the database little."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from followups.models import FollowUp
from nps.desk.models import User
from tests import factories
from tests.journeys.test_at_once import at_once
from tests.staff import Office, to

pytestmark = pytest.mark.django_db(transaction=True)
AGENTS = 20


@pytest.fixture
def agents() -> list[tuple[User, Client]]:
    """Twenty of Billing, each signed in with a browser of their own."""
    office = Office.open()
    people = [factories.agent(f"agent{number}", office.billing) for number in range(AGENTS)]
    for number in range(10):
        office.answer(5, name=f"Customer {number}")
    browsers = []
    for person in people:
        browser = Client()
        browser.force_login(person)
        browsers.append((person, browser))
    return browsers


def test_each_is_claimed_by_one_and_the_others_hear_by_whom(agents: list[tuple[User, Client]]) -> None:
    rows = list(FollowUp.objects.waiting().in_queue_order().values_list("pk", flat=True))
    told: dict[int, list[tuple[User, int, str]]] = {pk: [] for pk in rows}

    def take_all(person: User, browser: Client) -> None:
        for pk in rows:
            answer = browser.post(to("followup-claim", pk, query="view=nobody"))
            told[pk].append((person, answer.status_code, answer.content.decode()))

    def taking(person: User, browser: Client) -> Any:
        return lambda: take_all(person, browser)

    assert at_once(*(taking(person, browser) for person, browser in agents)) == []
    for pk in rows:
        one = FollowUp.objects.select_related("assignee").get(pk=pk)
        won = [person for person, status, _ in told[pk] if status == 302]
        assert won == [one.assignee]
        assert one.history.filter(verb="claim").count() == 1
        lost = [words for _, status, words in told[pk] if status == 409]
        assert len(lost) == AGENTS - 1, "no other answer, such as that there is no such follow-up"
        assert all(f"{one.assignee} took this" in words for words in lost)
    print(f"\n{len(rows)} follow-ups, {AGENTS} agents, {AGENTS * len(rows)} claims: {len(rows)} won, none twice")


def test_twenty_open_queues_for_a_minute(agents: list[tuple[User, Client]], settings: Any) -> None:
    settings.QUEUE_COUNTS_SECONDS = 5.0
    rows = list(FollowUp.objects.waiting().in_queue_order().values_list("pk", "version"))
    begin = datetime.now(UTC)

    def ask(number: int, beat: int) -> int:
        _, browser = agents[number]
        pk, version = rows[number % len(rows)]
        asked = {"view": "nobody", "task": pk, "version": version, **({"counts": 1} if beat == 3 else {})}
        with CaptureQueriesContext(connection) as seen:
            answer = browser.get(to("followup-pulse", query=urlencode(asked)))
        assert answer.status_code == 200
        return len(seen)

    def minute(first: datetime) -> list[int]:
        spent = []
        # Each of them every 15 s, one after the other, with the counts on every fourth beat.
        for beat in range(4):
            for number in range(AGENTS):
                at = first + timedelta(seconds=15 * beat + 15 * number / AGENTS)
                with time_machine.travel(at, tick=False):
                    spent.append(ask(number, beat))
        return spent

    minute(begin)
    spent = minute(begin + timedelta(minutes=1))
    print(
        f"\n{AGENTS} open queues: {len(spent)} requests and {sum(spent)} statements a minute, at most {max(spent)} each"
    )
    assert len(spent) == 4 * AGENTS
    # Who asks (session, person, roles, teams) and what they see of those rows; the counts are taken once in 5 s.
    assert max(spent) <= 6
    assert sum(spent) <= 4 * AGENTS * 5 + 60 / 5
