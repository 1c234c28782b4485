"""The roster of a week and the planning of shifts, as pages."""

import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.admin.models import LogEntry

from nps.desk.hours import zone_named
from nps.desk.models import Absence, Shift, WorkingHours
from nps.desk.roster import Week, roster
from tests import factories
from tests.staff import NOW, to

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]
LATE = {"name": "Late", "weekdays": ["0", "1"], "starts": "16:00", "ends": "00:00", "time_zone": "Europe/Oslo"}


def read(page) -> str:
    return " ".join(page.content.decode().split())


def test_the_week_is_in_the_address_and_what_is_no_week_is_this_one(office) -> None:
    lena = office.as_(office.lena)
    for asked, shown in (("2026-W50", "2026-W50"), ("2026-W53", "2026-W53"), ("", "2026-W47")):
        assert f"week {shown}" in read(lena.get(to("roster", query=f"week={asked}")))
    for nonsense in ("2025-W53", "9999-W52", "0000-W01", "2026-W00", "x", "２０２６-W50", "%00"):
        assert "week 2026-W47" in read(lena.get(to("roster", query=f"week={nonsense}")))
    page = read(lena.get(to("roster", query="week=2026-W47&team=billing")))
    assert "?team=billing&amp;week=2026-W46" in page or "?week=2026-W46&amp;team=billing" in page
    assert page.count('<span class="pill accent">Today</span>') == 1


@pytest.mark.parametrize(
    ("zone", "week", "lengths"),
    [
        ("Europe/Oslo", "2026-W13", [24, 24, 24, 24, 24, 24, 23]),
        ("Europe/Oslo", "2026-W43", [24, 24, 24, 24, 24, 24, 25]),
        ("Australia/Sydney", "2026-W40", [24, 24, 24, 24, 24, 24, 23]),
        ("UTC", "2026-W13", [24] * 7),
    ],
)
def test_weeks_in_which_the_clocks_change(office, zone, week, lengths) -> None:
    found = Week.read(week, zone_named(zone), NOW)
    days = roster(week=found, teams=[office.billing, office.network]).days
    assert [len(day.hours) for day in days] == lengths
    assert all(one.end == other.start for one, other in itertools.pairwise(days))
    type(office.lena).objects.filter(pk=office.lena.pk).update(time_zone=zone)
    page = read(office.as_(office.lena).get(to("roster", query=f"week={week}")))
    assert page.count("hours: the clocks change") == sum(length != 24 for length in lengths)


def test_a_gap_is_said_in_words_and_so_is_who_can_help(office) -> None:
    """Network is open from 8 to 16 and Karl is its only one; Billing follows the sun, by day."""
    Absence.objects.create(user=office.karl, starts_at=NOW, ends_at=NOW + timedelta(hours=2))
    found = roster(week=Week.read("", zone_named("Europe/Oslo"), NOW), teams=[office.billing, office.network])
    [helped] = [gap for gap in found.gaps if gap.team is not None]
    assert (helped.team, helped.start, helped.end) == (office.network, NOW, NOW + timedelta(hours=2))
    assert office.sanna in helped.covered_by
    nobody = [gap for gap in found.gaps if gap.team is None]
    assert nobody[0].end == datetime(2026, 11, 16, 7, tzinfo=UTC), "until the first shift of the week"
    page = read(office.as_(office.lena).get(to("roster")))
    assert "Network is open and none of its people is on shift" in page
    assert "Nobody who takes calls is on shift." in page
    assert "Away 10:30–12:30" in page


def test_no_gap_where_everybody_is_there(office) -> None:
    page = read(office.as_(office.karl).get(to("roster")))
    assert "No gap: whenever a team is open" in page
    WorkingHours.objects.filter(team=office.network).update(ends=time(17))
    assert "Nobody who takes calls is on shift." in read(office.as_(office.karl).get(to("roster")))


def test_who_sees_whose_roster(office, client) -> None:
    assert client.get(to("roster")).status_code == 302
    agents = read(office.as_(office.karl).get(to("roster")))
    assert "Karl Berg" in agents
    assert "Sanna Berg" not in agents, "another team's"
    assert to("person-shifts", office.karl.pk) not in agents, "an agent plans nobody"
    for reader in (office.lena, office.mira, office.otto):
        page = read(office.as_(reader).get(to("roster")))
        assert "Karl Berg" in page
        assert (to("person-shifts", office.karl.pk) in page) == (reader == office.mira)


def test_who_plans_whom(office) -> None:
    """(who, whose, read, write)"""
    cells = [
        (office.lena, office.sanna, 200, 302),
        (office.lena, office.karl, 404, 404),
        (office.mira, office.karl, 200, 302),
        (office.otto, office.sanna, 200, 403),
        (office.sanna, office.sanna, 200, 403),
        (office.sanna, office.tomas, 404, 404),
    ]
    for number, (who, whose, reads, writes) in enumerate(cells):
        browser = office.as_(who)
        assert browser.get(to("person-shifts", whose.pk)).status_code == reads, number
        said = {**LATE, "name": f"Late {number}"}
        assert browser.post(to("shift-add", whose.pk), said).status_code == writes, number
        Shift.objects.filter(name=said["name"]).delete()
        away = {"starts_at": "2026-11-20T08:00", "ends_at": "2026-11-21T08:00"}
        assert browser.post(to("person-absence-add", whose.pk), away).status_code == writes, number
        shift = Shift.objects.filter(user=whose).first()
        for page in ("shift-change", "shift-end"):
            assert browser.get(to(page, shift.pk)).status_code == (200 if writes == 302 else writes), (number, page)


def test_a_shift_is_added_once_and_the_log_says_by_whom(office) -> None:
    lena = office.as_(office.lena)
    for _ in range(2):
        assert lena.post(to("shift-add", office.sanna.pk), LATE).status_code == 302
    made = Shift.objects.get(name="Late")
    assert (made.user, made.weekdays, made.ends) == (office.sanna, [0, 1], time(0))
    [entry] = LogEntry.objects.filter(object_id=str(made.pk))
    assert entry.user == office.lena
    assert "Late 16:00–00:00 Europe/Oslo for Sanna Berg" in entry.change_message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "a\x00b"}, "NUL"),
        ({"weekdays": []}, "Choose at least one day."),
        ({"weekdays": ["7"]}, "Select a valid choice"),
        ({"starts": "25:00"}, "Write a time of the day such as 08:00."),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone; write it like Europe/Oslo."),
        ({"valid_from": "2026-12-01", "valid_to": "2026-11-30"}, "It would end before it begins"),
        ({"valid_from": "1 Dec"}, "Write a date such as 2026-11-18."),
        ({"starts": "12:00"}, "It overlaps Day 08:00–16:00 Europe/Oslo on Monday 2026-11-23"),
        ({"time_zone": "Asia/Tokyo"}, "It overlaps Day 08:00–16:00"),
    ],
)
def test_what_is_wrong_with_a_shift_is_said_and_nothing_written(office, changes, says) -> None:
    answer = office.as_(office.lena).post(to("shift-add", office.sanna.pk), {**LATE, **changes})
    assert answer.status_code == 422
    assert says in read(answer)
    assert Shift.objects.filter(user=office.sanna).count() == 1


def test_a_change_keeps_what_was_worked_before(office) -> None:
    day = Shift.objects.get(user=office.sanna)
    said = {**LATE, "name": "Early", "weekdays": list("01234"), "starts": "07:00", "ends": "15:00"}
    lena = office.as_(office.lena)
    assert lena.post(to("shift-change", day.pk), {**said, "from_on": "2026-12-01"}).status_code == 302
    day.refresh_from_db()
    assert (day.valid_to, day.starts) == (date(2026, 11, 30), time(8))
    early = Shift.objects.get(name="Early")
    assert early.valid_from == date(2026, 12, 1)
    # Once more from its first day on: in place.
    again = {**said, "ends": "14:00", "from_on": "2026-12-01"}
    assert lena.post(to("shift-change", early.pk), again).status_code == 302
    early.refresh_from_db()
    assert early.ends == time(14)
    assert Shift.objects.filter(user=office.sanna).count() == 2
    late = lena.post(to("shift-change", day.pk), {**said, "from_on": "2026-12-05"})
    assert "has ended by then" in read(late)


def test_a_shift_is_ended_or_removed_before_it_began(office) -> None:
    day = Shift.objects.get(user=office.sanna)
    lena = office.as_(office.lena)
    assert lena.post(to("shift-end", day.pk), {"last_on": "2026-11-30"}).status_code == 302
    day.refresh_from_db()
    assert day.valid_to == date(2026, 11, 30)
    later = lena.post(to("shift-end", day.pk), {"last_on": "2027-01-01"})
    assert "ends on 2026-11-30 already" in read(later)
    lena.post(to("shift-add", office.sanna.pk), {**LATE, "valid_from": "2026-12-01"})
    made = Shift.objects.get(name="Late")
    assert lena.post(to("shift-end", made.pk), {"last_on": "2026-11-18"}).status_code == 302
    assert not Shift.objects.filter(name="Late").exists()


def test_an_absence_is_typed_in_the_zone_of_whom_it_is_about(office) -> None:
    type(office.sanna).objects.filter(pk=office.sanna.pk).update(time_zone="Australia/Sydney")
    lena = office.as_(office.lena)
    said = {"starts_at": "2026-11-20T08:00", "ends_at": "2026-11-21T08:00"}
    assert lena.post(to("person-absence-add", office.sanna.pk), said).status_code == 302
    absence = Absence.objects.get()
    assert absence.starts_at == datetime(2026, 11, 19, 21, tzinfo=UTC)
    address = to("person-absence-remove", office.sanna.pk, absence.pk)
    assert office.as_(office.karl).post(address).status_code == 404
    assert lena.post(to("person-absence-remove", office.tomas.pk, absence.pk)).status_code == 404
    assert lena.post(address).status_code == 302
    assert not Absence.objects.exists()


def test_the_roster_asks_as_often_for_many_as_for_few(office, django_assert_max_num_queries) -> None:
    lena = office.as_(office.lena)
    lena.get(to("roster"))
    for number in range(20):
        factories.agent(f"agent{number}", office.billing)
    with django_assert_max_num_queries(17):
        assert lena.get(to("roster")).status_code == 200
