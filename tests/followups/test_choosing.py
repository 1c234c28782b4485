"""Who gets it, for any roster: the choice against a second, slower telling of the rule; and against the wall clock on
the weekends on which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followups.models import FollowUp
from followups.roster import Roster
from followups.rules import Candidate, pick_agent
from tests import factories
from tests.outreach import opened

NOW = datetime(2026, 5, 8, 12, tzinfo=UTC)
hours = st.integers(1, 6).map(lambda hour: NOW + timedelta(hours=hour))
candidates = st.builds(
    lambda user, team, starts, languages, load, idle: Candidate(
        user, team, starts == "now", None if starts in ("now", "never") else starts, frozenset(languages), load, idle
    ),
    st.integers(1, 9),
    st.integers(1, 4),
    st.one_of(st.just("now"), st.just("never"), hours),
    st.sets(st.sampled_from(["en", "nb", "de-AT"])),
    st.integers(0, 3),
    st.one_of(st.none(), hours),
)


def best(rows: list[Candidate], owning: int, fallback: tuple[int, ...], language: str, barred: set[int]) -> set[int]:
    """The rule as people tell it, one sieve after the other; whoever is left is as good as the others."""
    left = [c for c in rows if c.user_id not in barred and c.team_id in {owning, *fallback}]
    now = [c for c in left if c.is_on_shift]
    own = [c for c in now if c.team_id == owning]
    if now:
        left = own or now
    else:
        left = [c for c in left if c.shift_starts_at is not None]
        first = min((c.shift_starts_at for c in left if c.shift_starts_at), default=None)
        left = [c for c in left if c.shift_starts_at == first]
        left = [c for c in left if c.team_id == owning] or left
    left = [c for c in left if language in {spoken[:2] for spoken in c.languages}] or left
    least = min((c.open_load for c in left), default=0)
    left = [c for c in left if c.open_load == least]
    never = [c for c in left if c.idle_since is None]
    longest = min((c.idle_since for c in left if c.idle_since), default=None)
    return {c.user_id for c in never or [c for c in left if c.idle_since == longest]}


@given(
    st.lists(candidates, max_size=12, unique_by=lambda c: (c.user_id, c.team_id)),
    st.sampled_from([(), (2,), (2, 3)]),
    st.sampled_from(["en", "nb", "de", "fr"]),
    st.sets(st.integers(1, 9), max_size=3),
)
@settings(max_examples=400, deadline=None)
def test_the_choice_is_the_one_of_the_rule(rows, fallback, language, barred) -> None:
    chosen = pick_agent(
        rows, owning_team_id=1, fallback_team_ids=fallback, language=language, barred_user_ids=frozenset(barred)
    )
    expected = best(rows, 1, fallback, language, barred)
    assert (chosen is None) == (not expected)
    assert chosen is None or chosen.user_id == min(expected)


CHANGES = [
    ("Europe/Oslo", date(2026, 3, 29)),
    ("Europe/Oslo", date(2026, 10, 25)),
    ("America/Chicago", date(2026, 3, 8)),
    ("America/Chicago", date(2026, 11, 1)),
    ("Australia/Sydney", date(2026, 4, 5)),
    ("Australia/Sydney", date(2026, 10, 4)),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("zone", "sunday"), CHANGES)
def test_on_shift_is_what_the_wall_clock_says_also_when_the_clocks_change(zone, sunday) -> None:
    """Two people relieve each other at 08:00 and 20:00; every half hour of that weekend has its one."""
    team = factories.team("Connect", zone=zone, follows_sun=True)
    rated = factories.agent("rated", team, starts=None)
    day = factories.agent("day", team, starts=time(8), ends=time(20), zone=zone)
    night = factories.agent("night", team, starts=time(20), ends=time(8), zone=zone)
    follow_up = FollowUp.objects.select_related("policy").get(pk=opened(team, rated).pk)
    moment = datetime.combine(sunday - timedelta(days=1), time(6), tzinfo=UTC)
    for _ in range(96):
        chosen = Roster.load(at=moment).choose(follow_up, follow_up.policy, at=moment)
        expected = day if 8 <= moment.astimezone(ZoneInfo(zone)).hour < 20 else night
        assert chosen is not None
        assert (chosen.user_id, chosen.is_on_shift) == (expected.pk, True), moment
        moment += timedelta(minutes=30)
