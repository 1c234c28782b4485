"""A team's working hours and holidays: written as people write them, tried before they are saved, and counted by."""

from datetime import date, time, timedelta

import pytest
from django.contrib.admin.models import LogEntry

from followups.models import FollowUp
from nps.desk.models import Holiday, Team, WorkingHours
from nps.desk.services import opening_hours
from nps.errors import InvalidInput
from tests.staff import NOW, Office, to

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]
WEEK = {f"day_{day}": "9-12, 13:00–17" for day in range(5)} | {"day_5": "", "day_6": "closed"}


def read(page) -> str:
    return " ".join(page.content.decode().split())


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ""),
        (" Closed ", ""),
        ("9-17", "09:00–17:00"),
        ("13:00–17:00, 9.00-12.00", "09:00–12:00, 13:00–17:00"),
        ("00:00—24:00", "00:00–24:00"),
        ("18:30 - 24; 6-7", "06:00–07:00, 18:30–24:00"),
    ],
)
def test_a_day_is_read_as_people_write_it_and_reads_the_same_again(typed: str, shown: str) -> None:
    day = opening_hours.read_day(typed, field="day_0")
    assert opening_hours.written(day) == shown
    assert opening_hours.read_day(shown, field="day_0") == day


@pytest.mark.parametrize(
    "typed",
    ["9", "9-", "nine to five", "25-26", "9:60-10", "17-9", "22-6", "24-24", "24:30-9", "9-12, 11-13", "22-24, 23-24",
     "９-17", "9-10,11-12,13-14,15-16,17-18,19-20,21-22", "9-12\x00"],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_what_would_be_right(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        opening_hours.read_day(typed, field="day_3")
    assert refused.value.field == "day_3"
    assert refused.value.sentence.endswith(".")


def test_a_lead_tries_a_week_and_saves_it(office: Office) -> None:
    page = to("team-hours", office.billing.pk)
    lena = office.as_(office.lena)
    tried = lena.post(page, {**WEEK, "preview": "1"})
    assert tried.status_code == 200
    assert "Nothing is saved yet" in read(tried)
    assert 'value="9-12, 13:00–17"' in read(tried), "what was typed stays"
    assert Team.objects.get(pk=office.billing.pk).follows_sun
    assert lena.post(page, WEEK).status_code == 302
    billing = Team.objects.get(pk=office.billing.pk)
    assert billing.calendar().weekly[0] == ((time(9), time(12)), (time(13), time(17)))
    assert billing.calendar().weekly[5:] == ((), ())
    assert not billing.follows_sun
    said = LogEntry.objects.get(user=office.lena).change_message
    assert "were around the clock; they are Mon 09:00–12:00, 13:00–17:00" in said
    assert "Nothing has changed" in read(lena.post(page, WEEK, follow=True))
    assert LogEntry.objects.count() == 1


def test_the_deadlines_shown_first_are_those_that_an_answer_then_gets(office: Office) -> None:
    lena = office.as_(office.lena)
    before = office.follow_up(3, at=NOW)
    tried = lena.post(to("team-hours", office.billing.pk), {**WEEK, "preview": "1"})
    (shown,) = [due for due in tried.context["dues"] if due.at == NOW and due.policy.pk == before.policy_id]
    lena.post(to("team-hours", office.billing.pk), WEEK)
    after = office.follow_up(3, at=NOW)
    assert (after.first_contact_due_at, after.close_due_at) == (shown.first_contact, shown.closed)
    kept = FollowUp.objects.get(pk=before.pk)
    assert kept.first_contact_due_at == before.first_contact_due_at, "a clock that runs keeps its deadline"
    assert kept.first_contact_due_at < shown.first_contact


def test_wrong_hours_keep_what_was_typed_and_save_nothing(office: Office) -> None:
    page = to("team-hours", office.billing.pk)
    refused = office.as_(office.lena).post(page, {**WEEK, "day_2": "22-6"})
    assert refused.status_code == 422
    assert "hours over midnight are written on both days" in read(refused)
    assert 'value="22-6"' in read(refused)
    empty = office.as_(office.lena).post(page, {})
    assert empty.status_code == 422
    assert "write hours on at least one day" in read(empty)
    assert WorkingHours.objects.filter(team=office.billing, starts=time(8)).count() == 5


def test_holidays_come_and_go_and_no_clock_runs_on_them(office: Office) -> None:
    lena, page = office.as_(office.lena), to("team-hours", office.billing.pk)
    today = NOW.date()
    lena.post(page, WEEK)
    office.follow_up(3)
    tomorrow = today + timedelta(days=1)
    for name in ("Founding day", "Founders’ day"):
        assert lena.post(to("holiday-add", office.billing.pk), {"on": tomorrow, "name": name}).status_code == 302
    holiday = Holiday.objects.get()
    assert (holiday.on, holiday.name) == (tomorrow, "Founders’ day"), "the same day again gets the new name"
    assert "Founders’ day" in read(lena.get(page))
    assert all(due.first_contact.date() != tomorrow for due in lena.get(page).context["dues"])
    past = lena.post(to("holiday-add", office.billing.pk), {"on": date(2020, 1, 1), "name": "Then"})
    assert past.status_code == 422
    assert "That day is past" in read(past)
    assert lena.post(to("holiday-remove", office.billing.pk, holiday.pk)).status_code == 302
    assert lena.post(to("holiday-remove", office.billing.pk, holiday.pk)).status_code == 404
    assert not Holiday.objects.exists()


def test_who_reads_and_who_changes(office: Office) -> None:
    billing, network = to("team-hours", office.billing.pk), to("team-hours", office.network.pk)
    sanna = office.as_(office.sanna)
    assert "A lead of the team or a manager changes them" in read(sanna.get(billing))
    assert sanna.post(billing, WEEK).status_code == 403
    assert sanna.get(network).status_code == 404
    assert office.as_(office.lena).get(network).status_code == 200
    assert office.as_(office.lena).post(network, WEEK).status_code == 403
    assert office.as_(office.otto).post(network, WEEK).status_code == 403
    assert office.as_(office.mira).post(network, WEEK).status_code == 302
    assert sanna.get(to("hours")).headers["Location"] == billing
