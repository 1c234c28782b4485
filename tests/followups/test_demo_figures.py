"""Every figure of the demonstration's dashboard once more, in plain Python over its rows."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from followups.demo import seeding
from followups.reports import Selection
from nps.desk.models import Team, User
from nps.survey.charts import signed
from nps.survey.reports import Scope
from tests.agreeing import loop_agrees, survey_agrees
from tests.plainly import Rows, interval, net

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
AT = datetime(2026, 11, 19, 17, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Seeded once for this module and rolled back after it."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), transaction.atomic():
        with quick:
            seeding.seed(at=AT)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def page(demo: None) -> Iterator[Any]:
    with time_machine.travel(AT, tick=False):
        client = Client()
        client.force_login(User.objects.get(username="runa"))
        yield client.get("/dashboard/")


def test_every_figure_is_that_of_the_rows(page: Any) -> None:
    scope = page.context["chosen"].scope
    rows = Rows(scope.since, scope.until, page.context["at"])
    assert len(rows.scores()) > 100
    compared = survey_agrees(scope, rows) + loop_agrees(Selection.of(scope), rows)
    print(f"figures compared: {compared}")
    assert compared > 400


def test_the_page_says_what_the_rows_say(page: Any) -> None:
    scope: Scope = page.context["chosen"].scope
    rows = Rows(scope.since, scope.until, page.context["at"])
    words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))
    scores = rows.scores()
    low, high = interval(scores)
    assert f"NPS {signed(net(scores))} " in words
    assert f"Likely range (95%): {signed(low)} to {signed(high)}" in words
    assert f"from {len(scores)} answers" in words
    assert f"{rows.answered(of_delivered=True):,} of {rows.delivered():,} questions delivered" in words
    assert f"{rows.answered():,} of {len(rows.live()):,} resolutions" in words
    in_time, due = rows.reached_in_time()
    assert f"{in_time} of {due} due or reached" in words
    closed = sum(row["status"] == "closed" for row in rows.kept())
    assert f"{closed} of {len(rows.kept())} opened" in words
    higher = sum(n for (a, b), n in rows.recovery().items() if (b > 6) + (b > 8) > (a > 6) + (a > 8))
    assert f"{higher} of {sum(rows.recovery().values())} who answered again" in words
    states = rows.first_contact()
    held = states["accepted"] + states["assumed"]
    assisted = sum(states[name] for name in page.context["fcr"].states)
    assert f"{held} of {assisted} (likely" in words
    teams = {name: given for name, (given, _) in rows.groups("team").items() if len(given) >= 30}
    worst = min(teams, key=lambda name: net(teams[name]) or 0)
    assert f"Where to look: {worst} is lowest at {signed(net(teams[worst]))}" in words
    assert "chance" in words.split("Where to look:")[1][:160]


def test_narrowed_to_a_team_they_still_agree(page: Any) -> None:
    team = Team.objects.order_by("pk")[0]
    scope = page.context["chosen"].scope
    rows = Rows(scope.since, scope.until, page.context["at"])
    rows.answers = [row for row in rows.answers if row["team_id"] == team.pk]
    rows.resolutions = [row for row in rows.resolutions if row["team_id"] == team.pk]
    rows.follow_ups = [row for row in rows.follow_ups if row["team_id"] == team.pk]
    narrowed = Scope(scope.since, scope.until, team=team)
    assert survey_agrees(narrowed, rows) + loop_agrees(Selection.of(narrowed), rows) > 300


def test_the_page_makes_as_many_statements_as_in_a_small_house(page: Any) -> None:
    client = Client()
    client.force_login(User.objects.get(username="runa"))
    client.get("/dashboard/")
    with CaptureQueriesContext(connection) as seen:
        client.get("/dashboard/")
    assert len(seen) == 35
