"""Mails at once, in one digest a shift, or not at all; with real commits where two sweeps meet."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from followups import digests, mails
from followups.models import Digest, FollowUp, HeldNotice, NoticeChoice
from followups.notices import KINDS
from followups.services import assigning, changing_shifts, digesting, escalating, reaching_out, snoozing
from nps.desk.models import Absence
from nps.errors import InvalidInput
from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail
from tests import factories
from tests.at_once import at_once
from tests.factories import AT
from tests.outreach import close, opened

#: Sanna works from 8 to 16 in Oslo, an hour ahead of UTC
TODAY_8, TOMORROW_8 = datetime(2026, 11, 18, 7, tzinfo=UTC), datetime(2026, 11, 19, 7, tzinfo=UTC)
EVENING = datetime(2026, 11, 18, 18, tzinfo=UTC)


@pytest.fixture
def lena(billing):
    made = factories.agent("lena", billing, is_lead=True, role="Leads")
    made.memberships.update(takes_outreach=False)
    return made


def take_digest(user, *kinds: str, way: str = "digest", at: datetime = AT - timedelta(days=1)) -> None:
    digesting.choose(user=user, ways=dict.fromkeys(kinds or KINDS, way), at=at)
    Digest.objects.filter(user=user).delete()


def purposes(user) -> list[str]:
    return list(Delivery.objects.filter(recipient=user.email).order_by("pk").values_list("purpose", flat=True))


def written(digest: Digest, at: datetime) -> Mail | None:
    delivery = Delivery.objects.get(purpose="followups.digest", subject_id=digest.pk)
    return mails.build_digest(digests.load([digest.pk])[digest.pk], delivery, at)


# ---- choosing -------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(("way", "mailed", "held"), [("at_once", 1, 0), ("digest", 0, 1), ("off", 0, 0)])
def test_each_kind_goes_the_way_that_was_chosen(billing, mara, sanna, way, mailed, held) -> None:
    digesting.choose(user=sanna, ways={"assigned": way}, at=EVENING)
    assigning.assign(follow_up=opened(billing, mara), at=AT)
    assert purposes(sanna) == ["followups.assigned"] * mailed
    assert HeldNotice.objects.filter(user=sanna, kind="assigned").count() == held


@pytest.mark.django_db
def test_nothing_is_mailed_for_kinds_that_are_off_on_the_whole_way(billing, mara, sanna, lena) -> None:
    """From the assignment up the ladder: Sanna and Lena want no mails, and get none."""
    for user in (sanna, lena):
        take_digest(user, way="off")
    factories.agent("mona", starts=None, role="Managers")
    follow_up = opened(billing, mara, 2)
    FollowUp.objects.filter(pk=follow_up.pk).update(policy=follow_up.policy)
    assigning.assign(follow_up=follow_up, at=AT)
    for minutes in (-30, 1, 60 * 72):
        escalating.escalate_overdue(at=follow_up.first_contact_due_at + timedelta(minutes=minutes))
    assert purposes(sanna) == purposes(lena) == []
    assert Delivery.objects.filter(purpose="followups.escalated").count() == 1, "the manager wants hers"
    sentences = " ".join(follow_up.history.values_list("sentence", flat=True))
    assert "told Lena Berg (mails of this kind off)" in sentences
    assert digesting.send_digests(at=TOMORROW_8) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("ways", [{"due_soon": "never"}, {"birthdays": "off"}, {"assigned": "off", "overdue": ""}])
def test_a_choice_there_is_not_is_refused_and_nothing_written(sanna, ways) -> None:
    with pytest.raises(InvalidInput):
        digesting.choose(user=sanna, ways=ways, at=AT)
    assert not NoticeChoice.objects.exists()


@pytest.mark.django_db
def test_whoever_turns_to_the_digest_at_work_gets_the_first_with_the_next_shift(billing, mara, sanna) -> None:
    digesting.choose(user=sanna, ways={"assigned": "digest"}, at=AT)
    assigning.assign(follow_up=opened(billing, mara), at=AT)
    assert digesting.send_digests(at=AT) == 0
    assert digesting.send_digests(at=TOMORROW_8) == 1


# ---- when it is sent ------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_it_is_sent_once_as_the_shift_begins(billing, mara, sanna) -> None:
    take_digest(sanna)
    assert digesting.send_digests(at=TODAY_8 - timedelta(minutes=1)) == 0
    assert [digesting.send_digests(at=TODAY_8 + timedelta(minutes=n)) for n in (0, 1, 60, 479)] == [1, 0, 0, 0]
    assert digesting.send_digests(at=TOMORROW_8 + timedelta(hours=2)) == 1, "late, after a pause of the sweep"
    assert purposes(sanna) == ["followups.digest"] * 2


@pytest.mark.django_db
def test_an_absence_puts_it_off_and_overlapping_shifts_are_one(billing, mara, sanna) -> None:
    take_digest(sanna)
    Absence.objects.create(user=sanna, starts_at=AT - timedelta(days=1), ends_at=AT + timedelta(hours=1))
    assert digesting.send_digests(at=AT) == 0
    assert digesting.send_digests(at=AT + timedelta(hours=1)) == 1
    late = sanna.shifts.get()
    late.pk, late.name, late.starts, late.ends = None, "Long", time(12), time(20)
    late.save()
    assert digesting.send_digests(at=TOMORROW_8) == 1
    assert digesting.send_digests(at=TOMORROW_8 + timedelta(hours=6)) == 0
    # One that follows on another is a shift of its own.
    late.pk, late.starts, late.ends = None, time(20), time(23)
    late.save()
    assert digesting.send_digests(at=TOMORROW_8 + timedelta(hours=12)) == 1


@pytest.mark.django_db
def test_without_a_shift_it_comes_on_the_mornings_of_the_week(billing) -> None:
    mona = factories.agent("mona", starts=None, role="Managers")
    take_digest(mona)
    friday = datetime(2026, 11, 20, 7, tzinfo=UTC)
    made = [friday + timedelta(days=day) for day in range(4) if digesting.send_digests(at=friday + timedelta(days=day))]
    assert [moment.date() for moment in made] == [date(2026, 11, 20), date(2026, 11, 23)]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_one(billing, mara, sanna) -> None:
    take_digest(sanna)
    assigning.assign(follow_up=opened(billing, mara), at=AT - timedelta(days=1))
    made = []

    def sweep() -> None:
        made.append(digesting.send_digests(at=AT))

    assert at_once(sweep, sweep, sweep, sweep) == []
    assert sorted(made) == [0, 0, 0, 1]
    assert purposes(sanna) == ["followups.digest"]
    assert HeldNotice.objects.get().digest == Digest.objects.get()


@pytest.mark.django_db
def test_the_sweep_asks_as_much_for_many_as_for_few(billing, django_assert_num_queries) -> None:
    for number in range(3):
        take_digest(factories.agent(f"agent{number}", billing), "assigned")
    digesting.send_digests(at=AT)
    with django_assert_num_queries(4):
        assert digesting.send_digests(at=AT) == 0
    for number in range(3, 12):
        take_digest(factories.agent(f"agent{number}", billing), "assigned")
    digesting.send_digests(at=AT)
    with django_assert_num_queries(4):
        assert digesting.send_digests(at=AT) == 0


# ---- what it says ---------------------------------------------------------------------------------------------
@pytest.fixture
def full(billing, mara, sanna, lena) -> Digest:
    """Sanna's next morning: one of everything."""
    take_digest(sanna)
    tomas = factories.agent("tomas", billing, starts=time(20), ends=time(8))
    made = {}
    for name in ("Handed", "Overdue", "Due", "Later", "Asleep", "Closed"):
        made[name] = follow_up = opened(billing, mara, 5, name=f"{name} Person")
        holder = tomas if name == "Handed" else sanna
        assigning.hand_over(follow_up=follow_up, to=holder, at=AT, by=holder)
    due = {"Overdue": TOMORROW_8 - timedelta(hours=2), "Due": TOMORROW_8 + timedelta(hours=3)}
    for name, follow_up in made.items():
        FollowUp.objects.filter(pk=follow_up.pk).update(due_at=due.get(name, TOMORROW_8 + timedelta(days=2)))
        follow_up.refresh_from_db()
    snoozing.snooze(follow_up=made["Asleep"], until=TOMORROW_8 + timedelta(days=1), by=sanna, at=AT)
    close(made["Closed"], sanna)
    FollowUp.objects.filter(pk=made["Handed"].pk).update(due_at=TOMORROW_8 + timedelta(hours=5))
    assert changing_shifts.hand_over_at_shift_end(at=TOMORROW_8 + timedelta(minutes=1)) == 1
    assert digesting.send_digests(at=TOMORROW_8 + timedelta(minutes=2)) == 1
    return Digest.objects.get(user=sanna)


@pytest.mark.django_db
def test_what_is_theirs_stands_once_under_the_heading_that_fits(full, billing) -> None:
    at = TOMORROW_8 + timedelta(minutes=3)
    digested = digests.load([full.pk])[full.pk]
    found = {section.title: [row.customer.name for row in section.rows] for section in digested.sections(at)}
    assert found == {
        "Handed over to you, please acknowledge": ["Handed Person"],
        "Overdue": ["Overdue Person"],
        "Due in this shift": ["Due Person"],
        "Also yours": ["Later Person"],
        "Snoozed": ["Asleep Person"],
    }
    mail = written(full, at)
    assert mail is not None
    assert mail.subject == "Your shift: 5 follow-ups, 1 overdue"
    for part in (mail.text, mail.html):
        assert all(clock in part for clock in ("08:00", "16:00")), "her shift, in her zone"
        for name in ("Handed", "Overdue", "Due", "Later", "Asleep"):
            assert part.count(f"{name} Person") == 1
        assert "Closed Person" not in part
        assert "2 h 3 m overdue" in part
        assert "due 11:00" in part
        assert "/profile/notices/" in part
        assert part.count("/followups/") == 6, "each of the five, and the queue"
    assert "{" not in mail.text


@pytest.mark.django_db
def test_a_leads_digest_says_what_was_held_back_about_others(billing, mara, sanna, lena) -> None:
    take_digest(lena)
    follow_up = opened(billing, mara, 2, name="Ingrid Solheim")
    done = opened(billing, mara, 2, name="Pavel Horák")
    for one in (follow_up, done):
        assigning.hand_over(follow_up=one, to=sanna, by=sanna, at=AT)
    close(done, sanna)
    assert purposes(lena) == []
    digesting.send_digests(at=TOMORROW_8)
    mail = written(Digest.objects.get(user=lena), TOMORROW_8)
    assert mail is not None
    assert mail.subject == "Your shift: what happened"
    assert "Low scores at once" in mail.text
    assert "Ingrid Solheim" in mail.text
    assert "with Sanna Berg" in mail.text
    assert "Pavel" not in mail.text, "closed meanwhile"
    digesting.send_digests(at=TOMORROW_8 + timedelta(days=1))
    assert written(Digest.objects.order_by("pk").last(), TOMORROW_8 + timedelta(days=1)) is None, "said once"


@pytest.mark.django_db
def test_an_empty_a_late_or_a_refused_one_does_not_leave(billing, mara, sanna, full) -> None:
    assert written(full, full.shift_ends_at) is None
    NoticeChoice.objects.update(way="at_once")
    assert written(full, TOMORROW_8) is None
    NoticeChoice.objects.update(way="digest")
    assert written(full, TOMORROW_8) is not None
    for row in FollowUp.objects.unclosed():
        reaching_out.log_attempt(follow_up=row, via="phone", result="no_answer", by=sanna, at=TOMORROW_8)
        close(FollowUp.objects.get(pk=row.pk), sanna)
    assert written(full, TOMORROW_8) is None


@pytest.mark.django_db
def test_a_batch_of_digests_asks_three_times(billing, mara, django_assert_num_queries) -> None:
    agents = [factories.agent(f"agent{number}", billing) for number in range(4)]
    for agent in agents:
        take_digest(agent)
        assigning.hand_over(follow_up=opened(billing, mara), to=agent, at=AT)
    assert digesting.send_digests(at=TOMORROW_8) == 4
    made = list(Digest.objects.values_list("pk", flat=True))
    with django_assert_num_queries(3):
        loaded = digests.load(made)
    assert [len(one.mine) for one in loaded.values()] == [1] * 4
