"""Acts on several follow-ups of the queue at once: through the verbs, row by row, with a reason for each that was not
done."""

from datetime import timedelta

import pytest

from followups.models import FollowUp
from followups.services import assigning, reaching_out
from nps.desk.models import User
from tests.staff import NOW, Office, to

pytestmark = pytest.mark.django_db
ASKS = {"HX-Request": "true", "HX-Target": "detail"}
TOMORROW = "2026-11-19T09:00:00+01:00"


def picks(*rows: FollowUp) -> list[str]:
    return [f"{row.pk}-{row.version}" for row in rows]


def send(office: Office, who: User, data: dict, *, query: str = "view=mine", **headers: str) -> tuple:
    """The answer, and what was said with it."""
    answer = office.as_(who).post(to("followup-bulk", query=query), data, headers=headers)
    if headers:
        return answer, []
    assert (answer.status_code, answer.headers["Location"]) == (302, to("queue", query=query))
    page = office.as_(who).get(answer.headers["Location"])
    return answer, [(one.level_tag, str(one)) for one in page.context["messages"]]


@pytest.fixture
def three(office: Office) -> list[FollowUp]:
    names = ("Ingrid Solheim", "Pavel Horak", "Joost Wit")
    return [office.follow_up(5, to=office.sanna, due_in=n, name=name) for n, name in enumerate(names, start=1)]


def test_all_selected_sleep_and_their_deadlines_stay(office: Office, three: list[FollowUp]) -> None:
    _, said = send(office, office.sanna, {"pick": picks(*three[:2]), "until": TOMORROW})
    assert said == [("success", "2 follow-ups sleep until Thu 09:00, or until they write.")]
    asleep = FollowUp.objects.filter(snoozed_until__isnull=False)
    assert {row.pk for row in asleep} == {row.pk for row in three[:2]}
    assert [row.due_at for row in asleep.order_by("pk")] == [row.due_at for row in three[:2]]
    assert all(row.history.filter(verb="snooze", actor=office.sanna).count() == 1 for row in three[:2])


def test_one_that_changed_meanwhile_is_told_with_its_reason_and_stops_no_other(
    office: Office, three: list[FollowUp]
) -> None:
    seen = picks(*three)
    reaching_out.log_attempt(follow_up=three[1], via="phone", result="no_answer", by=office.lena, at=NOW)
    _, said = send(office, office.sanna, {"pick": seen, "until": TOMORROW})
    assert [level for level, _ in said] == ["success", "error"]
    assert said[0][1].startswith("2 follow-ups sleep until")
    assert said[1][1].startswith("1 follow-up not done. Pavel Horak: Follow-up")
    assert "has changed meanwhile. Lena Berg: Logged no answer by phone." in said[1][1]
    assert FollowUp.objects.get(pk=three[1].pk).snoozed_until is None


def test_sent_twice_is_done_once(office: Office, three: list[FollowUp]) -> None:
    for _ in range(2):
        _, said = send(office, office.sanna, {"pick": picks(*three), "act": "assign", "to": office.sanna.pk})
        assert [level for level, _ in said] == ["success"]
    for data in ({"until": TOMORROW}, {"act": "release"}):
        seen = picks(*FollowUp.objects.filter(pk__in=[row.pk for row in three]))
        for _ in range(2):
            _, said = send(office, office.sanna, {"pick": seen, **data})
            assert [level for level, _ in said] == ["success"], said
    counted = {verb: three[0].history.filter(verb=verb).count() for verb in ("snooze", "release", "hand_over")}
    assert counted == {"snooze": 1, "release": 1, "hand_over": 0}


def test_nobodys_are_taken_but_those_that_another_was_quicker_with(office: Office) -> None:
    rows = [office.follow_up(5, due_in=n, name=f"Customer {n}") for n in (1, 2, 3)]
    seen = picks(*rows)
    assigning.claim(follow_up=rows[1], by=office.tomas, at=NOW)
    _, said = send(office, office.sanna, {"pick": seen, "act": "claim"}, query="view=nobody")
    assert said[0] == ("success", "2 follow-ups taken: they are yours.")
    assert "Customer 2: Tomas Berg took this just now." in said[1][1]
    holders = dict(FollowUp.objects.values_list("pk", "assignee__username"))
    assert [holders[row.pk] for row in rows] == ["sanna", "tomas", "sanna"]


def test_agents_pass_on_what_is_theirs_and_leads_what_is_their_teams(office: Office, three: list[FollowUp]) -> None:
    nobodys = office.follow_up(5, name="Noor Haddad")
    give = {"pick": picks(three[0], nobodys), "act": "assign", "to": office.tomas.pk}
    _, said = send(office, office.sanna, give)
    assert said[0][1] == "Tomas Berg has 1 follow-up more now. Tomas Berg gets a mail about each."
    assert "Noor Haddad: You may pass on what is yours, and take what nobody has." in said[1][1]
    _, said = send(office, office.lena, {**give, "pick": picks(three[1], nobodys)}, query="view=team")
    assert [level for level, _ in said] == ["success"]
    assert FollowUp.objects.filter(assignee=office.tomas).count() == 3


def test_nobody_gets_or_takes_one_about_themselves(office: Office) -> None:
    made = office.follow_up(5, due_in=1)
    _, said = send(office, office.mara, {"pick": picks(made), "act": "claim"}, query="view=nobody")
    assert "Mara Berg is the person this score was about" in said[0][1]
    _, said = send(office, office.lena, {"pick": picks(made), "act": "assign", "to": office.mara.pk}, query="view=team")
    assert "Mara Berg is the person this score was about" in said[0][1]
    assert FollowUp.objects.get(pk=made.pk).assignee is None


def test_foreign_ids_are_not_there(office: Office, three: list[FollowUp]) -> None:
    for data in ({"until": TOMORROW}, {"act": "release"}, {"act": "claim"}):
        _, said = send(office, office.karl, {"pick": [*picks(*three), "99999999-1"], **data})
        assert [level for level, _ in said] == ["error"]
        assert "It is not there for you." in said[0][1]
        assert "Ingrid" not in said[0][1]
        assert "Sanna" not in said[0][1]
    assert {row.version for row in FollowUp.objects.filter(pk__in=[one.pk for one in three])} == {2}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"until": TOMORROW}, "Select follow-ups first."),
        ({"pick": ["x", "1", "-1", "1-", "5-5; drop table", "\x00"], "act": "claim"}, "Select follow-ups first."),
        ({"pick": "PICKS"}, "Say what to do with them."),
        ({"pick": "PICKS", "act": "close"}, "not one of the available choices"),
        ({"pick": "PICKS", "act": "assign"}, "Choose who gets them."),
        ({"pick": "PICKS", "act": "assign", "to": "999999"}, "Choose who gets them."),
        ({"pick": "PICKS", "act": "pick"}, "Say until when"),
        ({"pick": "PICKS", "act": "pick", "pick_time": "soon"}, "Write a date and a time"),
        ({"pick": "PICKS", "until": "tomorrow"}, "Choose one of the times"),
        ({"pick": "PICKS", "until": "2026-11-17T09:00:00+01:00"}, "is in the past"),
        ({"pick": "PICKS", "until": "2027-11-17T09:00:00+01:00"}, "60 days is the longest"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_done(
    office: Office, three: list[FollowUp], data: dict, words: str
) -> None:
    sent = {**data, "pick": picks(*three)} if data.get("pick") == "PICKS" else data
    _, said = send(office, office.sanna, sent)
    assert words in said[0][1]
    answer, _ = send(office, office.sanna, sent, **ASKS)
    assert answer.status_code in (409, 422)
    assert words in answer.content.decode().replace("&#x27;", "'")
    assert {row.version for row in FollowUp.objects.filter(pk__in=[one.pk for one in three])} == {2}


def test_with_a_script_what_was_not_done_stays_selected_and_the_next_one_opens(
    office: Office, three: list[FollowUp]
) -> None:
    seen = picks(*three[:2])
    reaching_out.log_attempt(follow_up=three[1], via="phone", result="no_answer", by=office.lena, at=NOW)
    answer, _ = send(office, office.sanna, {"pick": seen, "until": TOMORROW, "task": three[0].pk}, **ASKS)
    assert answer.status_code == 200
    assert answer.headers["HX-Push-Url"] == to("queue", query=f"view=mine&task={three[2].pk}")
    now = FollowUp.objects.get(pk=three[1].pk)
    page = answer.content.decode()
    assert f'value="{now.pk}-{now.version}" data-pick="{now.pk}" checked' in page, "with the version that is true now"
    assert page.count(" checked") == 1
    answer, _ = send(office, office.sanna, {"pick": picks(now), "act": "release", "task": three[2].pk}, **ASKS)
    assert answer.headers["HX-Push-Url"] == to("queue", query=f"view=mine&task={three[2].pk}"), "the open one stays"


def test_only_who_may_write_gets_boxes(office: Office, three: list[FollowUp]) -> None:
    page = office.as_(office.otto).get(to("queue", query="view=team")).content.decode()
    assert 'name="pick"' not in page
    assert 'id="bulk"' not in page
    assert office.as_(office.otto).post(to("followup-bulk"), {"pick": picks(*three)}).status_code == 403
    page = office.as_(office.sanna).get(to("queue")).content.decode()
    assert page.count('name="pick"') == 3
    assert f'value="{(NOW + timedelta(hours=2)):%Y-%m-%dT}' in page, "the exact time to wake up"
