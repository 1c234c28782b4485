"""The page on which a person says what they are mailed."""

import pytest

from followups.models import NoticeChoice
from followups.notices import KINDS
from tests.staff import Office, to

pytestmark = pytest.mark.django_db
FOR_AGENTS = [name for name, kind in KINDS.items() if not kind.is_for_leads]


def test_an_agent_chooses_among_the_kinds_that_can_reach_them(office: Office) -> None:
    browser = office.as_(office.sanna)
    page = browser.get(to("notices"))
    assert list(page.context["form"].fields) == FOR_AGENTS
    assert page.content.decode().count('value="at_once" ') == len(FOR_AGENTS)
    said = {**dict.fromkeys(FOR_AGENTS, "at_once"), "due_soon": "off", "handed_over": "digest"}
    assert browser.post(to("notices"), said).status_code == 302
    kept = dict(NoticeChoice.objects.filter(user=office.sanna).values_list("kind", "way"))
    assert kept == said
    again = browser.get(to("notices")).content.decode()
    assert "The next one comes" in again
    assert again.count(" checked") == len(FOR_AGENTS)


def test_leads_and_managers_choose_among_all(office: Office) -> None:
    for user, figures in ((office.lena, "daily"), (office.mira, "weekly")):
        assert list(office.as_(user).get(to("notices")).context["form"].fields) == [*KINDS, figures]
    assert "at 08:00, Monday to Friday" in office.as_(office.mira).get(to("notices")).content.decode()


def test_all_of_them_with_one_press(office: Office) -> None:
    office.as_(office.sanna).post(to("notices"), {"all": "digest"})
    assert set(NoticeChoice.objects.values_list("kind", "way")) == {(name, "digest") for name in FOR_AGENTS}
    assert NoticeChoice.objects.values_list("user", flat=True).distinct().get() == office.sanna.pk


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"all": "sometimes"},
        {**dict.fromkeys(FOR_AGENTS, "off"), "assigned": "\x00"},
        {**dict.fromkeys(FOR_AGENTS, "off"), "assigned": "ä" * 5000},
    ],
)
def test_what_is_no_choice_is_said_beside_it_and_nothing_is_kept(office: Office, said) -> None:
    answer = office.as_(office.sanna).post(to("notices"), said)
    assert answer.status_code == 422
    assert "Choose one of the three." in answer.content.decode()
    assert not NoticeChoice.objects.exists()


def test_an_agent_cannot_choose_what_is_for_leads(office: Office) -> None:
    said = {**dict.fromkeys(FOR_AGENTS, "off"), "overdue": "off"}
    assert office.as_(office.sanna).post(to("notices"), said).status_code == 302
    assert not NoticeChoice.objects.filter(kind="overdue").exists()


def test_an_auditor_reads_and_a_stranger_signs_in(office: Office, client) -> None:
    assert office.as_(office.otto).get(to("notices")).status_code == 200
    assert office.as_(office.otto).post(to("notices"), {"all": "off"}).status_code == 403
    assert client.get(to("notices")).status_code == 302


def test_the_profile_leads_there(office: Office) -> None:
    assert to("notices") in office.as_(office.sanna).get(to("profile")).content.decode()
