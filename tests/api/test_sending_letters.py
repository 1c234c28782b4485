"""An e-mail to the customer as a program sends it: with the attempt it is noted as, or not at all."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from followups.models import FollowUp
from nps.desk.models import ApiKey
from nps.survey.services import opting_out
from tests.followups.letter_cases import LINE_BREAKS
from tests.staff import NOW, Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Iterator[Office]:
    with time_machine.travel(NOW, tick=False):
        yield Office.open()


def made(office: Office, *, language: str = "en") -> FollowUp:
    follow_up = office.follow_up(3, to=office.sanna)
    FollowUp.objects.filter(pk=follow_up.pk).update(language=language)
    follow_up.refresh_from_db()
    return follow_up


@pytest.fixture
def rest(office: Office):
    _, secret = ApiKey.issue(name="Sync", scopes=["read", "followups:write"], at=NOW)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def log(follow_up: FollowUp, mail: object, **changes: object):
        body = {"via": "email", "result": "emailed", "by": office.sanna.pk, "mail": mail, **changes}
        return client.post(f"/api/v1/follow-ups/{follow_up.pk}/attempts/", body, content_type="application/json")

    log.client = client  # type: ignore[attr-defined]
    return log


def test_a_program_sends_one_too(office: Office, rest) -> None:
    follow_up = made(office, language="nb")
    answer = rest(follow_up, {"subject": "Refusjon", "body": "Den er betalt."}, note="By the nightly job")
    assert answer.status_code == 201
    mail = answer.json()["mail"]
    assert mail == {
        "subject": "Refusjon",
        "body": "Den er betalt.",
        "language": "nb",
        "recipient": follow_up.customer.email,
        "state": "waiting",
        "leaves_at": "2026-11-18T09:30:10Z",
        "sent_at": None,
        "why": "",
    }
    listed = rest.client.get(f"/api/v1/follow-ups/{follow_up.pk}/attempts/").json()["results"]
    assert [one["mail"] for one in listed] == [mail]
    told = rest.client.get(f"/api/v1/follow-ups/{follow_up.pk}/history/").json()["results"][0]
    assert told["sentence"] == "E-mailed “Refusjon”. By the nightly job"
    plain = rest(follow_up, None)
    assert plain.status_code == 201
    assert plain.json()["mail"] is None


@pytest.mark.parametrize(
    ("mail", "changes", "pointer"),
    [
        ({"subject": "One\r\nBcc: x@example.org", "body": "Text"}, {}, "/mail/subject"),
        ({"subject": "One", "body": " "}, {}, "/mail/body"),
        ({"subject": "", "body": "Text"}, {}, "/mail/subject"),
        ({"body": "Text"}, {}, "/mail/subject"),
        ({"subject": "x" * 151, "body": "Text"}, {}, "/mail/subject"),
        ({"subject": "One", "body": "Text", "bcc": "x"}, {}, "/mail/bcc"),
        ({"subject": "One", "body": "Text", "language": "Norwegian"}, {}, "/mail/language"),
        ({"subject": "One", "body": "Text"}, {"via": "phone", "result": "no_answer"}, "/mail"),
        ("Text", {}, "/mail"),
        *[({"subject": f"One{sign}two", "body": "Text"}, {}, "/mail/subject") for sign in LINE_BREAKS],
    ],
)
def test_a_program_is_told_which_field_is_wrong(office: Office, rest, mail, changes, pointer: str) -> None:
    follow_up = made(office)
    answer = rest(follow_up, mail, **changes)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not follow_up.attempts.exists()


def test_a_program_is_told_whom_it_may_not_write_to(office: Office, rest) -> None:
    follow_up = made(office)
    opting_out.opt_out(address=follow_up.customer.email, at=NOW)
    answer = rest(follow_up, {"subject": "One", "body": "Text"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_to_be_mailed")
    assert rest(follow_up, None).status_code == 201, "an e-mail sent elsewhere is still noted"
