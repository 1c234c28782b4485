"""Dead links look all alike; “Stop these surveys” needs a POST, and a slip can be undone."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from nps.survey import links, tokens
from nps.survey.models import Invitation, Suppression
from nps.survey.services import opting_out
from tests.factories import AT
from tests.survey_visits import OPENED_AT, Visitor, invited, nonce_in, text_of

pytestmark = pytest.mark.django_db

NAMES = ["survey", "survey-why", "survey-stop", "survey-hidden"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(OPENED_AT, tick=False) as moved:
        yield moved


@pytest.fixture
def ingrid() -> Visitor:
    return Visitor(invited())


# ---- dead links -----------------------------------------------------------------------------------------------
def dead_tokens(invitation: Invitation) -> dict[str, str]:
    good = links.token_of(invitation)
    keys = settings.SURVEY_LINK_KEYS
    return {
        "tampered": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "unknown": tokens.sign(10**9, invitation.expires_at, keys=keys),
        "expired": tokens.sign(invitation.pk, OPENED_AT, keys=keys),
        "of another key": tokens.sign(invitation.pk, invitation.expires_at, keys={"zz": "somebody else's secret"}),
        "malformed": "x",
        "odd": "%00%0a☃ %2e%2e",
        "long": "0." + "A" * 4000,
    }


def test_all_dead_links_are_one_page_on_every_address(ingrid) -> None:
    found = Client().get(reverse("survey", args=["nothing"]))
    assert found.status_code == 404
    assert "This link does not work any more" in text_of(found)
    for name in NAMES:
        for case, token in dead_tokens(ingrid.invitation).items():
            page = Client().get(reverse(name, args=[token]), {"score": 7})
            assert (page.status_code, page.content) == (404, found.content), (name, case)
            assert page.headers == found.headers, (name, case)
        if name != "survey-hidden":
            posted = Client(enforce_csrf_checks=True).post(reverse(name, args=[token]), {"score": 7, "nonce": "x"})
            assert (posted.status_code, posted.content) == (404, found.content)
    good = links.token_of(ingrid.invitation)
    for path in (f"/s/{good[:9]}/{good[10:]}/", f"/s/{good}/wh/", "/s/a/b/c/d/", "/s/a%0A%2Fb/"):
        assert Client().get(path, {"score": 7}).content == found.content, path
        assert Client(enforce_csrf_checks=True).post(path, {"score": 7}).content == found.content, path
    assert found["Cache-Control"] == "private, no-store"


def test_a_link_dies_with_its_invitation_and_with_its_time(ingrid, clock) -> None:
    dead = Client().get(reverse("survey", args=["nothing"])).content
    other = Visitor(invited())
    address = other.url()
    Invitation.objects.filter(pk=other.invitation.pk).delete()
    assert Client().get(address).content == dead
    clock.move_to(ingrid.invitation.expires_at)
    assert ingrid.get().content == dead
    clock.move_to(ingrid.invitation.expires_at - timedelta(seconds=1))
    assert ingrid.get().status_code == 200


def test_a_dead_link_speaks_the_browsers_language() -> None:
    address = reverse("survey", args=["nothing"])
    for header, title in {
        "de-AT,de;q=0.9,en;q=0.5": "Dieser Link funktioniert nicht mehr",
        "fr,pl;q=0.3,nb;q=0.7": "Denne lenken virker ikke lenger",
        "fr": "This link does not work any more",
        "de;q=0": "This link does not work any more",
        "de;q=x,pl;q=0.1": "Ten link już nie działa",
    }.items():
        assert title in text_of(Client().get(address, headers={"accept-language": header}))
    assert "Ten link" in text_of(Client().get(address, {"lang": "pl"}))


# ---- stop -----------------------------------------------------------------------------------------------------
def suppressed() -> list[str]:
    return list(Suppression.objects.filter(lifted_at__isnull=True).values_list("address", flat=True))


def test_looking_at_the_stop_page_stops_nothing(ingrid) -> None:
    for _ in range(3):
        page = ingrid.get("survey-stop")
        ingrid.client.head(ingrid.url("survey-stop"))
    assert "Stop these surveys?" in text_of(page)
    assert suppressed() == []


def test_one_click_needs_no_nonce_and_no_redirect(ingrid) -> None:
    done = ingrid.client.post(
        ingrid.url("survey-stop"), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert done.status_code == 200
    assert suppressed() == [ingrid.invitation.address]
    assert ingrid.post("survey-stop", **{"List-Unsubscribe": "One-Click"}).status_code == 200
    assert len(suppressed()) == 1


def test_the_pages_own_button_stops_and_can_be_undone(ingrid) -> None:
    sent = ingrid.post("survey-stop", nonce=nonce_in(ingrid.get("survey-stop")), lang="de")
    assert (sent.status_code, sent["Location"]) == (303, ingrid.url("survey-stop") + "?lang=de")
    assert suppressed() == [ingrid.invitation.address]
    done = ingrid.get("survey-stop")
    assert "Done. No more surveys." in text_of(done)
    assert ingrid.post("survey-stop", undo="1", nonce=nonce_in(done)).status_code == 303
    assert suppressed() == []
    assert "Stop these surveys?" in text_of(ingrid.get("survey-stop"))


@pytest.mark.parametrize("data", [{}, {"nonce": "x"}, {"List-Unsubscribe": "One-click"}, {"undo": "1"}])
def test_nothing_stops_without_a_nonce(ingrid, data) -> None:
    refused = ingrid.post("survey-stop", **data)
    assert refused.status_code == 400
    assert suppressed() == []
    assert ingrid.post("survey-stop", nonce=nonce_in(refused)).status_code == 303


def test_a_nonce_of_the_question_does_not_stop(ingrid) -> None:
    assert ingrid.post("survey-stop", nonce=nonce_in(ingrid.get())).status_code == 400
    assert suppressed() == []


def test_an_address_that_bounced_is_not_switched_on_by_a_link(ingrid) -> None:
    opting_out.opt_out(address=ingrid.invitation.address, at=AT, reason=Suppression.Reason.BOUNCED)
    page = ingrid.get("survey-stop")
    assert 'name="undo"' not in page.content.decode()
    assert "write to support@tidewell.example" in text_of(page)
    nonce = tokens.make_nonce(ingrid.invitation.pk, "stop", keys=settings.SURVEY_LINK_KEYS, at=OPENED_AT)
    ingrid.post("survey-stop", undo="1", nonce=nonce)
    assert suppressed() == [ingrid.invitation.address]
