"""The mail of figures: who gets it and when, what stands in it, and that the page says the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from followups import briefing_mails, briefings
from followups.models import Briefing, Lesson, Measurement, RootCause
from followups.services import briefing, digesting
from nps.desk.models import Team, User
from nps.errors import InvalidInput
from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail
from tests.at_once import at_once
from tests.factories import AT
from tests.staff import Office

pytestmark = pytest.mark.django_db

#: A Monday; eight in the morning in Oslo, an hour ahead of UTC, and in Auckland, thirteen hours ahead of it.
MONDAY = date(2026, 11, 23)
EIGHT, EIGHT_THERE = datetime(2026, 11, 23, 7, tzinfo=UTC), datetime(2026, 11, 22, 19, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mona(office: Office) -> User:
    return office.mira


@pytest.fixture
def lena(office: Office) -> User:
    return office.lena


def made(user: User) -> list[tuple[str, date]]:
    return list(Briefing.objects.filter(user=user).order_by("pk").values_list("rhythm", "day"))


def written(user: User, at: datetime = EIGHT) -> Mail | None:
    one = Briefing.objects.filter(user=user).latest("pk")
    delivery = Delivery.objects.get(purpose="followups.briefing", subject_id=one.pk)
    return briefing_mails.build(briefings.load([one.pk])[one.pk], delivery, at)


def answers(office: Office, team: Team, scores: dict[int, int], at: datetime) -> None:
    for score, number in scores.items():
        for _ in range(number):
            office.answer(score, at=at, team=team)


# ---- who and when ---------------------------------------------------------------------------------------------
def test_managers_get_it_on_monday_at_eight_and_leads_each_morning(office, mona, lena) -> None:
    for at, of_mona, of_lena in [
        (EIGHT - MINUTE, 0, 0),
        (EIGHT, 1, 1),
        (EIGHT + MINUTE, 1, 1),
        (EIGHT + timedelta(hours=24), 1, 2),
        (EIGHT + timedelta(days=7), 2, 3),
    ]:
        briefing.send_briefings(at=at)
        assert (len(made(mona)), len(made(lena))) == (of_mona, of_lena), at
    assert made(mona)[0] == ("weekly", MONDAY)
    assert [rhythm for rhythm, _ in made(lena)] == ["daily"] * 3
    assert Delivery.objects.filter(purpose="followups.briefing").values_list("priority", flat=True)[0] < 0
    assert not Briefing.objects.exclude(user__in=[mona, lena]).exists(), "nobody else leads or manages"


def test_eight_is_eight_where_one_lives_and_the_days_are_the_organisations(office, mona) -> None:
    User.objects.filter(pk=mona.pk).update(time_zone="Pacific/Auckland")
    briefing.send_briefings(at=EIGHT_THERE - MINUTE)
    assert made(mona) == []
    briefing.send_briefings(at=EIGHT_THERE)
    assert made(mona) == [("weekly", date(2026, 11, 22))], "Monday there is Sunday here: the days before it are told"


@pytest.mark.parametrize(("late", "weekly", "daily"), [(5, 1, 1), (7, 1, 0), (47, 1, 0), (49, 0, 0)])
def test_what_an_outage_held_up_too_long_is_left_out(office, mona, lena, late, weekly, daily) -> None:
    briefing.send_briefings(at=EIGHT + timedelta(hours=late))
    days = [day for _, day in made(lena) if day == MONDAY]
    assert (len(made(mona)), len(days)) == (weekly, daily)


def test_who_turns_it_off_gets_none_even_if_it_was_on_its_way(office, mona) -> None:
    answers(office, office.billing, {10: 3}, EIGHT - timedelta(days=2))
    briefing.send_briefings(at=EIGHT)
    assert written(mona) is not None
    digesting.choose(user=mona, ways={"weekly": "off"}, at=EIGHT)
    assert written(mona) is None
    briefing.send_briefings(at=EIGHT + timedelta(days=7))
    assert len(made(mona)) == 1
    with pytest.raises(InvalidInput):
        digesting.choose(user=mona, ways={"weekly": "digest"}, at=EIGHT)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_one(office, mona) -> None:
    at_once(*[lambda: briefing.send_briefings(at=EIGHT)] * 4)
    assert len(made(mona)) == 1
    assert Delivery.objects.filter(purpose="followups.briefing", recipient=mona.email).count() == 1


# ---- what stands in it ----------------------------------------------------------------------------------------
def test_it_says_how_sure_it_is_where_it_is_lowest_and_what_is_late(office, mona) -> None:
    week, before = EIGHT - timedelta(days=3), EIGHT - timedelta(days=10)
    answers(office, office.billing, {2: 26, 10: 5}, week)
    answers(office, office.network, {10: 31}, week)
    answers(office, office.billing, {10: 31}, before)
    briefing.send_briefings(at=EIGHT)
    mail = written(mona)
    assert mail is not None
    assert mail.subject.startswith("Your week: NPS +16, down 84, a clear change, 26 overdue")
    for text in (mail.text, mail.html):
        assert "62 answers" in text
        assert "Down 84, a clear change against the 7 days before." in text
        assert "31 answers then." in text
        assert "Billing" in text
        assert "more than chance" in text
        assert "26 opened" in text
        assert "Monday 16 November" in text
        assert "Sunday 22 November" in text
    client = Client()
    client.force_login(mona)
    page = client.get("/dashboard/?first=2026-11-16&last=2026-11-22").content.decode()
    assert "/dashboard/?first=2026-11-16&last=2026-11-22" in mail.text
    assert "62 answers" in page.replace("\xa0", " ")


def test_a_change_against_too_few_is_not_told_and_the_page_says_the_same(office, mona) -> None:
    week, before = EIGHT - timedelta(days=3), EIGHT - timedelta(days=10)
    answers(office, office.billing, {9: 15, 7: 9, 3: 6}, week)
    answers(office, office.billing, {0: 3}, before)
    briefing.send_briefings(at=EIGHT)
    mail = written(mona)
    assert mail is not None
    assert mail.subject.startswith("Your week: NPS +30, ")
    told = "Too few to compare with the 7 days before: 3 answers then."
    client = Client()
    client.force_login(mona)
    page = client.get("/dashboard/?first=2026-11-16&last=2026-11-22").content.decode()
    for text in (mail.subject, mail.text, mail.html):
        assert "clear" not in text
        assert "up " not in text
    assert told in mail.text
    assert told in mail.html
    assert told in page


def test_a_lead_reads_of_the_teams_that_they_lead_alone(office, lena) -> None:
    answers(office, office.network, {1: 12}, EIGHT - timedelta(days=2))
    briefing.send_briefings(at=EIGHT)
    assert written(lena) is None, "there is nothing to say of Billing, so there is no mail"
    answers(office, office.billing, {3: 2}, EIGHT - timedelta(days=2))
    mail = written(lena)
    assert mail is not None
    assert mail.subject.startswith("Your teams this morning: Billing 2 answers")
    assert "Network" not in mail.text
    assert "no NPS below" in mail.text


def test_what_was_learned_and_what_was_proven(office, mona) -> None:
    cause = RootCause.objects.filter(parent__isnull=False).first()
    new = Lesson.objects.create(text="Say who calls <back>.", root_cause=cause, created_at=EIGHT - timedelta(days=2))
    old = Lesson.objects.create(
        text="One owner for each refund.",
        root_cause=cause,
        created_at=AT - timedelta(days=90),
        status=Lesson.Status.IN_PLACE,
        in_place_on=date(2026, 9, 1),
        effect=Lesson.Effect.PROVEN,
    )
    for day, verdict in ((MONDAY - timedelta(days=9), "too_early"), (MONDAY - timedelta(days=4), "proven")):
        Measurement.objects.create(
            lesson=old, measured_on=day, at=EIGHT, in_place_on=old.in_place_on, scope="All teams", verdict=verdict,
            sentence="Cases fell from 9 to 2 of 100.", before_carried=9, before_resolved=100, after_carried=2,
            after_resolved=100, difference=-7, low=-12, high=-2,
        )  # fmt: skip
    briefing.send_briefings(at=EIGHT)
    mail = written(mona)
    assert mail is not None
    assert new.text in mail.text
    assert "Say who calls &lt;back&gt;." in mail.html
    assert "Cases fell from 9 to 2 of 100." in mail.text
    briefing.send_briefings(at=EIGHT + timedelta(days=7))
    assert written(mona, EIGHT + timedelta(days=7)) is None, "last week's news is no news"


def test_nothing_at_all_is_no_mail(office, mona) -> None:
    briefing.send_briefings(at=EIGHT)
    assert written(mona) is None


# ---- the choice -----------------------------------------------------------------------------------------------
def test_the_page_offers_it_to_those_it_comes_to(office, mona, lena) -> None:
    def offered(user: User) -> set[str]:
        client = Client()
        client.force_login(user)
        page = client.get(reverse("notices")).content.decode()
        return {name for name in ("weekly", "daily") if f'id="{name}"' in page}

    assert offered(mona) == {"weekly"}
    assert offered(lena) == {"daily"}
    assert offered(office.sanna) == set()
    client = Client()
    client.force_login(mona)
    assert client.post(reverse("notices"), {"all": "digest"}).status_code == 302
    assert mona.notice_choices.get(kind="weekly").way == "at_once"
