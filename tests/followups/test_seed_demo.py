"""The demonstration: refused where something is, true to every promise of the product, and with work for today."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Q
from django.test import override_settings

from followups import rules
from followups.demo import seeding, staff
from followups.management.commands.seed_demo import LOGINS
from followups.models import Attempt, Confirmation, FollowUp, HistoryEntry, Lesson, Outcome, Promise
from followups.services import opening
from nps.desk.hours import ShiftPattern, current_window, occurrences
from nps.desk.models import Absence, Channel, Customer, Membership, Message, Resolution, Shift, Team, Ticket, User
from nps.desk.models.users import Role
from nps.desk.services import resolving
from nps.outbox.models import Delivery
from nps.survey.models import Click, Invitation, Response, ResponseRevision, SurveyDecision
from nps.survey.scoring import Counts, nps

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

#: A Thursday evening in Oslo: one team at work, one getting up, one asleep.
AT = datetime(2026, 11, 19, 17, 30, tzinfo=UTC)


# ---- before anything is there --------------------------------------------------------------------------------
def test_a_dry_run_says_what_it_would_make_and_makes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_demo", dry_run=True)
    said = capsys.readouterr().out
    assert "3 teams, 12 agents, 20 accounts with 60 customers" in said
    assert not Team.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize("weeks", [1, 53])
def test_a_length_that_makes_no_sense_is_refused(weeks: int) -> None:
    with pytest.raises(CommandError, match="from 2 to 52"):
        call_command("seed_demo", weeks=weeks)


@pytest.mark.once
def test_the_same_seed_and_moment_make_the_same_story() -> None:
    def story() -> list[object]:
        with transaction.atomic():
            seeding.seed(at=AT, weeks=2, seed=1)
            told = [
                list(Ticket.objects.order_by("pk").values_list("subject", "opened_at", "status", "assignee__username")),
                list(Response.objects.order_by("pk").values_list("score", "comment", "answered_at")),
                list(HistoryEntry.objects.order_by("pk").values_list("at", "verb", "actor__username")),
            ]
            transaction.set_rollback(True)
        return told

    assert story() == story()


# ---- twelve weeks --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker) -> Iterator[seeding.Made]:
    """Seeded once for this module and rolled back after it. A receiver that fails fails the test."""
    strict = override_settings(STRICT_WIRES=True, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), transaction.atomic():
        with strict:
            made = seeding.seed(at=AT)
        yield made
        transaction.set_rollback(True)


def test_it_is_refused_where_something_is(demo) -> None:
    before = Ticket.objects.count()
    with pytest.raises(CommandError, match=rf"holds {before} tickets already.*nothing was changed"):
        call_command("seed_demo")
    with pytest.raises(CommandError, match="already"):
        call_command("seed_demo", dry_run=True)
    assert Ticket.objects.count() == before


def test_the_organisation_is_as_large_as_was_promised(demo) -> None:
    assert Team.objects.values("time_zone").distinct().count() == Team.objects.count() == 3
    assert User.objects.filter(groups__name=Role.AGENT).count() == 12
    assert (Customer.objects.count(), Customer.objects.values("account").distinct().count()) == (60, 20)
    assert set(Customer.objects.values_list("language", flat=True)) == {"en", "de", "nb", "pl"}
    assert Membership.objects.filter(is_lead=True).count() == 3
    assert 400 < demo.tickets < 900
    assert set(Ticket.objects.values_list("channel", flat=True)) == set(Channel.values)
    assert set(Message.objects.values_list("kind", flat=True)) == set(Message.Kind.values)


def test_somebody_is_on_shift_at_every_minute_of_two_years(demo) -> None:
    """Two people, in fact: also at weekends and when the clocks change in one place and not yet in another."""
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    changes: Counter[datetime] = Counter()
    for shift in Shift.objects.filter(user__groups__name=Role.AGENT):
        for start, end in occurrences(shift.pattern(), since, until):
            changes[max(start, since)] += 1
            changes[end] -= 1
    present, fewest = 0, 99
    for moment in sorted(changes):
        present += changes[moment]
        if moment < until:
            fewest = min(fewest, present)
    assert fewest >= 2


def test_every_resolution_is_decided_once_for_every_kind_of_reason(demo) -> None:
    assert SurveyDecision.objects.count() == Resolution.objects.count() > 300
    assert Resolution.objects.filter(decision__isnull=True).count() == 0
    reasons = set(SurveyDecision.objects.values_list("reason", flat=True))
    assert reasons == {"", "opted_out", "no_address", "internal", "duplicate"}
    assert Resolution.objects.filter(shift_name="").count() == 0, "everybody resolves on shift"


def test_answers_are_believable(demo) -> None:
    scores = Counts.of(Response.objects.values_list("score", flat=True))
    assert 10 <= nps(scores).point <= 50
    assert 0.2 < scores.n / Invitation.objects.filter(delivered_at__isnull=False).count() < 0.45
    assert all(scores.by_score[score] for score in (2, 3, 4, 5, 6, 7, 8, 9, 10))
    for team in Team.objects.all():
        assert Response.objects.filter(team=team).count() >= 30, team
    assert Response.objects.exclude(comment="").filter(topics__isnull=False).distinct().count() > 20
    assert set(Response.objects.values_list("origin", flat=True)) == {"human", "phone"}
    moved = list(ResponseRevision.objects.exclude(old_score=F("new_score")).values_list("old_score", "new_score"))
    assert any(old > 8 >= new for old, new in moved)
    assert any(old <= 8 < new for old, new in moved)
    assert Click.objects.filter(is_scanner=True).exists()
    assert Invitation.objects.filter(clicks__is_scanner=False, response=None).exists(), "opened, not sent"


def test_no_text_is_left_with_a_hole_in_it(demo) -> None:
    holes = Q(body__contains="{") | Q(body__contains="}")
    assert not Message.objects.filter(holes).exists()
    assert not Ticket.objects.filter(Q(subject__contains="{") | Q(subject__contains="}")).exists()


def test_every_low_score_has_one_follow_up_and_a_high_one_only_if_it_was_low(demo) -> None:
    low = set(Response.objects.live().filter(score__lte=rules.THRESHOLD).values_list("pk", flat=True))
    with_one = list(FollowUp.objects.values_list("response_id", flat=True))
    assert low <= set(with_one)
    assert opening.missing().count() == 0
    assert len(with_one) == len(set(with_one))
    for pk in set(with_one) - low:
        assert ResponseRevision.objects.filter(response=pk, old_score__lte=rules.THRESHOLD).exists()


def test_it_is_never_given_to_the_one_who_was_rated(demo) -> None:
    rated = dict(FollowUp.objects.values_list("pk", "rated_agent_id"))
    assert FollowUp.objects.filter(assignee=F("rated_agent")).count() == 0
    given = HistoryEntry.objects.filter(verb__in=("assign", "hand_over"))
    assert [entry for entry in given if entry.detail["agent"] == rated[entry.follow_up_id]] == []


def test_whoever_is_assigned_is_on_shift_or_their_shift_begins_first(demo) -> None:
    patterns: dict[int, list[ShiftPattern]] = defaultdict(list)
    for shift in Shift.objects.filter(user__groups__name=Role.AGENT):
        patterns[shift.user_id].append(shift.pattern())
    aways = [absence.away() for absence in Absence.objects.all()]

    def is_on(user_id: int, at: datetime) -> bool:
        return current_window(patterns[user_id], aways, user_id, at) is not None

    assigned = list(HistoryEntry.objects.filter(verb="assign").select_related("follow_up"))
    assert len(assigned) >= FollowUp.objects.count() > 60
    for entry in assigned:
        eligible = set(patterns) - {entry.follow_up.rated_agent_id}
        on = {user_id for user_id in eligible if is_on(user_id, entry.at)}
        assert entry.detail["agent"] in on if on else not entry.detail["is_on_shift"]
        assert (entry.at - entry.follow_up.opened_at) < timedelta(minutes=1) or entry.follow_up.version > 3


def test_the_history_of_each_follow_up_is_complete(demo) -> None:
    histories: dict[int, list[HistoryEntry]] = defaultdict(list)
    for entry in HistoryEntry.objects.order_by("pk"):
        histories[entry.follow_up_id].append(entry)
    tries = dict(Attempt.objects.values_list("follow_up").annotate(Count("pk")))
    for follow_up in FollowUp.objects.all():
        entries = histories[follow_up.pk]
        assert entries[0].verb == "open"
        assert all(a.at <= b.at for a, b in pairwise(entries))
        status = ""
        for entry in (one for one in entries if one.to_status):
            assert entry.from_status == status
            if entry.verb in rules.TRANSITIONS:
                assert rules.next_status(entry.verb, status) == entry.to_status
            status = entry.to_status
        assert status == follow_up.status
        assert sum(entry.verb == "log_attempt" for entry in entries) == tries.get(follow_up.pk, 0)
        assert entries[-1].at <= AT


def test_everything_that_can_become_of_a_follow_up_has(demo) -> None:
    # “Nobody's yet” lasts a second here: somebody is always on shift.
    assert set(FollowUp.objects.values_list("status", flat=True)) == set(FollowUp.Status.values) - {"open"}
    assert set(FollowUp.objects.values_list("outcome", flat=True)) == {"", *Outcome.values}
    assert set(FollowUp.objects.values_list("lesson_kind", flat=True)) == {"", "new", "known", "nothing_new"}
    assert FollowUp.objects.snoozed(AT).exists()
    assert FollowUp.objects.overdue(AT).exists()
    assert FollowUp.objects.filter(is_repeat_detractor=True).exists()
    assert not FollowUp.objects.filter(outcome=Outcome.NOT_GIVEN, confirmed_by=F("closed_by")).exists()
    assert set(Confirmation.objects.values_list("state", flat=True)) == set(Confirmation.State.values)
    verbs = set(HistoryEntry.objects.values_list("verb", flat=True))
    assert verbs >= set(rules.TRANSITIONS) - {"claim", "start", "return"}
    assert verbs >= {"escalate", "tell_lead", "note", "undo_attempt", "score_changed", "promise_kept", "promise_broken"}
    assert FollowUp.objects.filter(about__in=("product", "price")).count() >= 2
    assert FollowUp.objects.filter(asked_again__response__isnull=False).count() >= 2
    today = Promise.objects.filter(kept_at=None, broken_at=None, due_on=AT.date())
    assert today.exists(), "somebody has to keep their word today"
    assert Promise.objects.filter(kept_at=None, broken_at=None, due_on__gte=AT.date()).exists()


def test_lessons_are_in_every_status_and_some_came_back(demo) -> None:
    # “No effect” is measured, and that takes more than these weeks.
    assert set(Lesson.objects.values_list("status", flat=True)) == set(Lesson.Status.values) - {"no_effect"}
    for lesson in Lesson.objects.filter(status="in_place"):
        assert lesson.history.filter(to_status="in_place", actor__isnull=False).exists()
    for lesson in Lesson.objects.all():
        assert lesson.times_seen == lesson.followups.count()
    assert Lesson.objects.filter(times_seen__gte=3).count() >= 3
    assert not Lesson.objects.filter(status="in_place", in_place_on=None).exists()


def test_the_past_is_mailed_and_only_the_last_two_hours_wait(demo) -> None:
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent", "bounced", "queued"}
    waiting = Delivery.objects.filter(status="queued")
    assert waiting.filter(purpose="survey.invitation").count() >= 3
    assert not waiting.filter(created_at__lt=AT - timedelta(hours=2, minutes=1)).exists()
    assert not Delivery.objects.filter(settled_at__gt=AT).exists()
    assert not Invitation.objects.filter(response__answered_at__lt=F("delivered_at")).exists()


def test_today_has_work_for_every_agent(demo) -> None:
    for agent in User.objects.filter(groups__name=Role.AGENT):
        mine = FollowUp.objects.unclosed().filter(assignee=agent)
        assert 3 <= mine.count() <= 8, agent
        assert mine.filter(due_at__lt=AT + timedelta(hours=24)).exists(), agent
        ready = Ticket.objects.unresolved().filter(assignee=agent).exclude(customer__email="")
        assert ready.count() >= 4, agent


def test_the_first_five_minutes_work(demo) -> None:
    sanna = User.objects.get(username="sanna")
    mine = Ticket.objects.filter(assignee=sanna, status=Ticket.Status.OPEN, customer__language="en")
    ticket = mine.filter(messages__kind=Message.Kind.ANSWER).order_by("pk").first()
    resolution = resolving.resolve(ticket=ticket, by=sanna, at=AT)
    assert resolution.decision.outcome == SurveyDecision.Outcome.INVITED


@pytest.mark.parametrize(("username", "password", "role"), LOGINS)
def test_the_logins_that_are_printed_sign_in(demo, username: str, password: str, role: str) -> None:
    user = authenticate(username=username, password=password)
    assert user is not None
    assert user.is_staff == ("agent" not in role)
    words = {"agent": not user.is_lead, "lead": user.is_lead, "manager": user.is_manager, "auditor": user.is_auditor}
    assert words.get(role.split()[0].strip(":,"), True)


def test_nobody_else_is_staff(demo) -> None:
    assert not User.objects.filter(is_staff=True, groups__name=Role.AGENT).exists()
    assert User.objects.filter(is_superuser=True).count() == 1
    assert set(User.objects.values_list("username", flat=True)) == set(staff.usernames())
