"""The rules of the closed loop: every step of the table, every tier of the choice, every count of tries."""

import pickle
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations, product

import pytest

from followups.rules import (
    ASSIGNED,
    CANCELLED,
    CLOSED,
    IN_PROGRESS,
    OPEN,
    STATUSES,
    THRESHOLD,
    TRANSITIONS,
    AttemptFact,
    Candidate,
    IllegalTransition,
    could_not_reach_allowed,
    due_times,
    needs_outreach,
    next_status,
    pick_agent,
)
from nps.desk.hours import Calendar

# Written out once more, by hand: what each verb makes of each status; what is not here is illegal.
STEPS = {
    ("assign", OPEN): ASSIGNED,
    ("claim", OPEN): ASSIGNED,
    ("hand_over", ASSIGNED): ASSIGNED,
    ("hand_over", IN_PROGRESS): IN_PROGRESS,
    ("release", ASSIGNED): OPEN,
    ("release", IN_PROGRESS): OPEN,
    ("start", ASSIGNED): IN_PROGRESS,
    ("log_attempt", ASSIGNED): IN_PROGRESS,
    ("log_attempt", IN_PROGRESS): IN_PROGRESS,
    ("snooze", OPEN): OPEN,
    ("snooze", ASSIGNED): ASSIGNED,
    ("snooze", IN_PROGRESS): IN_PROGRESS,
    ("wake", OPEN): OPEN,
    ("wake", ASSIGNED): ASSIGNED,
    ("wake", IN_PROGRESS): IN_PROGRESS,
    ("close", ASSIGNED): CLOSED,
    ("close", IN_PROGRESS): CLOSED,
    ("ask_second", ASSIGNED): IN_PROGRESS,
    ("ask_second", IN_PROGRESS): IN_PROGRESS,
    ("decline", ASSIGNED): ASSIGNED,
    ("decline", IN_PROGRESS): IN_PROGRESS,
    ("withdraw", ASSIGNED): ASSIGNED,
    ("withdraw", IN_PROGRESS): IN_PROGRESS,
    ("reopen", CLOSED): ASSIGNED,
    ("reopen", CANCELLED): ASSIGNED,
    ("return", CLOSED): OPEN,
    ("return", CANCELLED): OPEN,
    ("cancel", OPEN): CANCELLED,
    ("cancel", ASSIGNED): CANCELLED,
    ("cancel", IN_PROGRESS): CANCELLED,
    ("say_about", OPEN): OPEN,
    ("say_about", ASSIGNED): ASSIGNED,
    ("say_about", IN_PROGRESS): IN_PROGRESS,
    ("say_about", CLOSED): CLOSED,
}


@pytest.mark.parametrize(("verb", "status"), list(product(TRANSITIONS, STATUSES)))
def test_every_verb_in_every_status(verb, status):
    if (verb, status) in STEPS:
        assert next_status(verb, status) == STEPS[verb, status]
        return
    with pytest.raises(IllegalTransition) as caught:
        next_status(verb, status)
    assert (caught.value.verb, caught.value.status) == (verb, status)
    assert status.replace("_", " ") in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_the_table_has_no_other_verb_and_the_sentence_says_what_would_be_right():
    assert {verb for verb, _ in STEPS} == set(TRANSITIONS)
    assert str(IllegalTransition("close", OPEN)) == (
        "A follow-up that is open cannot be closed: it would have to be assigned or in progress."
    )
    assert str(IllegalTransition("start", CLOSED)).endswith("it would have to be assigned.")
    with pytest.raises(KeyError):
        next_status("delete", OPEN)


def test_eight_or_below_needs_outreach():
    assert THRESHOLD == 8
    assert [score for score in range(11) if needs_outreach(score)] == list(range(9))
    assert [score for score in range(11) if needs_outreach(score, 6)] == list(range(7))


# Who gets it. Team 1 owns it, teams 2 and 3 stand in, team 9 has nothing to do with it.

NOW = datetime(2026, 5, 8, 12, tzinfo=UTC)
SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=5)


def who(user_id, team_id=1, starts_at=None, languages=("en",), load=0, idle=None):
    """On shift unless `starts_at` says when; `starts_at="never"` is neither."""
    is_on = starts_at is None
    starts = None if is_on or starts_at == "never" else starts_at
    return Candidate(user_id, team_id, is_on, starts, frozenset(languages), load, idle)


def pick(*candidates, language="en", barred=(), fallback=(2, 3)):
    """The chosen user id, the same in whatever order the candidates come."""
    chosen = {
        pick_agent(
            order,
            owning_team_id=1,
            fallback_team_ids=fallback,
            language=language,
            barred_user_ids=frozenset(barred),
        )
        for order in permutations(candidates)
    }
    [one] = chosen
    return one and (one.user_id, one.team_id)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(who(9, load=50, languages=()), who(1, team_id=2), id="owning team before stand-in"),
        pytest.param(who(9, team_id=3, load=50, languages=()), who(1, starts_at=SOON), id="on shift first"),
        pytest.param(who(9, 3, SOON, (), 50), who(1, 1, LATER), id="whose shift begins first"),
        pytest.param(who(9, 1, SOON, (), 50), who(1, 2, SOON), id="same start: owning team"),
        pytest.param(who(9, load=50), who(1, languages=["nb"]), id="language before load"),
        pytest.param(who(9, load=1, idle=NOW), who(1, load=2), id="load before idleness"),
        pytest.param(who(9, idle=NOW), who(1, idle=SOON), id="longest idle"),
        pytest.param(who(9), who(1, idle=NOW), id="never had one is longest idle"),
        pytest.param(who(1), who(9), id="user id last"),
        pytest.param(who(9, 1, SOON), who(1, 1, SOON, ["nb"]), id="language among those who come on together"),
        pytest.param(who(9, 3, load=1), who(1, 2, load=2), id="stand-in teams are one tier"),
    ],
)
def test_the_order_of_choice(better, worse):
    assert pick(better, worse) == (better.user_id, better.team_id)
    assert pick(worse) == (worse.user_id, worse.team_id)


def test_never_the_barred_nor_a_stranger_nor_one_without_a_shift():
    assert pick(who(1), who(2, load=9), barred=[1]) == (2, 1)
    assert pick(who(1), who(1, team_id=2), barred=[1]) is None
    assert pick(who(1, team_id=9)) is None
    assert pick(who(1, team_id=2), fallback=()) is None
    assert pick(who(1, starts_at="never"), who(2, 3, LATER)) == (2, 3)
    assert pick(who(1, starts_at="never")) is None
    assert pick() is None


def test_one_person_in_several_teams_is_taken_in_the_owning_one():
    assert pick(who(1, team_id=3), who(1, team_id=1), who(1, team_id=2)) == (1, 1)
    assert pick(who(1, team_id=3), who(1, team_id=2)) == (1, 2)


def test_a_language_is_matched_by_its_first_part_and_none_asks_for_none():
    assert pick(who(9, languages=["EN"]), who(1, languages=["nb"]), language="en-GB") == (9, 1)
    assert pick(who(9, languages=["pt-br"]), who(1), language="pt_PT") == (9, 1)
    assert pick(who(9), who(1, languages=[]), language="") == (1, 1)


# Attempts and due times


def tries(*facts):
    return [AttemptFact(channel, outcome, date(2026, 5, day)) for channel, outcome, day in facts]


@pytest.mark.parametrize(
    ("attempts", "is_allowed", "words"),
    [
        (tries(), False, "0 of 3 attempts, on 0 of 2 days, by 0 of 2 channels"),
        (
            tries(("phone", "no_answer", 4), ("phone", "voicemail", 4)),
            False,
            "2 of 3 attempts, on 1 of 2 days, by 1 of 2 channels",
        ),
        (
            tries(("phone", "no_answer", 4), ("email", "emailed", 4), ("phone", "no_answer", 4)),
            False,
            "3 of 3 attempts, on 1 of 2 days, by 2 of 2 channels",
        ),
        (
            tries(*[("phone", "no_answer", day) for day in (4, 5, 6)]),
            False,
            "3 of 3 attempts, on 3 of 2 days, by 1 of 2 channels",
        ),
        (
            tries(("phone", "no_answer", 4), ("phone", "voicemail", 5), ("email", "emailed", 5)),
            True,
            "3 of 3 attempts, on 2 of 2 days, by 2 of 2 channels",
        ),
    ],
)
def test_could_not_reach_needs_attempts_days_and_channels(attempts, is_allowed, words):
    assert could_not_reach_allowed(attempts, needed=3, days=2, channels=2) == (is_allowed, words)


def test_the_words_of_a_small_policy():
    attempts = tries(("phone", "no_answer", 4))
    verdict = could_not_reach_allowed(attempts, needed=1, days=1, channels=1)
    assert verdict == (True, "1 of 1 attempt, on 1 of 1 day, by 1 of 1 channel")


def test_who_was_reached_was_not_out_of_reach():
    attempts = tries(*[("phone", "no_answer", day) for day in (4, 5, 7)], ("chat", "reached", 6))
    is_allowed, words = could_not_reach_allowed(attempts, needed=2, days=2, channels=1)
    assert not is_allowed
    assert "reached on 6 May 2026" in words


def test_due_times_are_in_the_teams_hours():
    oslo = Calendar("Europe/Oslo", (((time(9), time(17)),),) * 5 + ((), ()))
    friday = datetime(2026, 3, 27, 14, tzinfo=UTC)  # 15:00 in Oslo; the clocks change on Sunday
    contact, closed = due_times(oslo, friday, 4, 3)
    assert contact == datetime(2026, 3, 30, 9, tzinfo=UTC)
    assert closed == datetime(2026, 4, 1, 15, tzinfo=UTC)


def test_closing_is_never_due_before_the_first_contact():
    one_hour_a_day = Calendar("UTC", (((time(9), time(10)),),) * 7)
    contact, closed = due_times(one_hour_a_day, NOW, 16, 8)
    assert closed == contact == datetime(2026, 5, 24, 10, tzinfo=UTC)
