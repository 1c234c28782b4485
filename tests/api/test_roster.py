"""The roster over REST says what the page says; and a hand-over is acknowledged by whoever received it."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from followups.models import FollowUp, HistoryEntry
from followups.services import assigning
from nps.desk.hours import zone_named
from nps.desk.models import Absence, Team
from nps.desk.roster import Week, roster
from tests.api.conftest import World
from tests.api.doors import Scene
from tests.staff import NOW

ROSTER = "/api/v1/roster/"
pytestmark = pytest.mark.clock(NOW)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_it_says_what_the_page_says(world: World) -> None:
    Absence.objects.create(user=world.alice, starts_at=NOW, ends_at=NOW + timedelta(days=2), reason="Ill")
    told = world.key.get(ROSTER, {"week": "2026-W47", "time_zone": "Europe/Oslo"}).data
    teams = list(Team.objects.filter(is_active=True).order_by("name").prefetch_related("hours", "holidays"))
    page = roster(week=Week.read("2026-W47", zone_named("Europe/Oslo"), NOW), teams=teams)
    assert [(moment(gap["starts_at"]), gap["team"]) for gap in told["gaps"]] == [
        (gap.start, gap.team and gap.team.pk) for gap in page.gaps
    ]
    assert [team["team"] for team in told["teams"]] == [team.pk for team in teams]
    (billing,) = [team for team in told["teams"] if team["team"] == world.billing.pk]
    assert {world.alice.pk, world.anton.pk, world.lena.pk} >= set(billing["takers"]) >= {world.alice.pk, world.anton.pk}
    away = [one for one in billing["pieces"] if one["is_away"]]
    assert {one["user"] for one in away} == {world.alice.pk}
    keys = [(one["user"], one["starts_at"], one["is_away"]) for one in billing["pieces"]]
    assert len(keys) == len(set(keys)), "what reaches over midnight is there once"
    assert moment(told["cover"][0]["starts_at"]) == moment(told["starts_at"])
    assert all(one["ends_at"] == other["starts_at"] for one, other in pairwise(told["cover"]))
    assert moment(told["cover"][-1]["ends_at"]) == moment(told["ends_at"])


def test_each_reads_the_teams_that_their_page_shows(world: World) -> None:
    def teams(client) -> set[int]:
        return {team["team"] for team in client.get(ROSTER).data["teams"]}

    assert teams(world.as_(world.bob)) == {world.network.pk}
    assert teams(world.as_(world.lena)) == teams(world.key) == {world.billing.pk, world.network.pk}
    refused = world.as_(world.bob).get(ROSTER, {"team": world.billing.slug})
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, "/team")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("week", "48"), ("week", "2025-W53"), ("week", "2026-W00"), ("week", "1999-W01"), ("time_zone", "Mars/Base"),
     ("team", "no team"), ("team", "nobody"), ("teem", "billing")],
)  # fmt: skip
def test_a_wrong_parameter_is_named(world: World, parameter: str, value: str) -> None:
    answer = world.key.get(ROSTER, {parameter: value})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.data["errors"]] == [f"/{parameter}"]


def test_the_receiver_acknowledges_once(world: World) -> None:
    follow_up = Scene(world).open_follow_up()
    assigning.hand_over(follow_up=follow_up, to=world.alice, by=world.lena, at=NOW)
    address = f"/api/v1/follow-ups/{follow_up.pk}/acknowledge/"
    assert world.key.post(address, {"by": world.anton.pk}).status_code == 403
    for _ in range(2):
        assert world.as_(world.alice).post(address).status_code == 200
    assert FollowUp.objects.get(pk=follow_up.pk).acknowledged_at == NOW
    assert HistoryEntry.objects.filter(follow_up=follow_up, verb="acknowledge").count() == 1
    stale = world.key.post(address, {"by": world.alice.pk, "version": 1})
    assert stale.status_code == 409
