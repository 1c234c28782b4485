"""The way of an answer into the database: few statements, one answer however often it is sent, and the truth when the
database is away."""

import re
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from followups.models import FollowUp
from nps.outbox.models import Delivery
from nps.survey import reading
from nps.survey.models import Invitation, Response
from nps.survey.services import answering, inviting
from nps.survey.signals import response_recorded
from tests import factories
from tests.factories import AT
from tests.survey_visits import OPENED_AT, Visitor, invited, nonce_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(OPENED_AT, tick=False) as moved:
        yield moved


@pytest.fixture
def ingrid() -> Visitor:
    return Visitor(invited())


def kinds(statements: CaptureQueriesContext) -> list[str]:
    """Verb and table of each statement; transaction control, and several rows at once, by its first word."""
    found = []
    for query in statements:
        sql = query["sql"].replace('"', "")
        table = None if sql.startswith("WITH") else re.search(r"(?:FROM|INTO|UPDATE) (\w+)", sql)
        found.append(f"{sql.split()[0]} {table[1]}" if table else sql.split()[0])
    return found


# ---- statements -----------------------------------------------------------------------------------------------
def test_an_answer_takes_a_fixed_number_of_statements(ingrid) -> None:
    Visitor(invited()).answer("6")  # policies and working hours are remembered from here on
    nonce = nonce_in(ingrid.get(score=6))
    with CaptureQueriesContext(connection) as low:
        assert ingrid.post(score="6", nonce=nonce).status_code == 303
    data = [kind for kind in kinds(low) if " " in kind]
    # The invitation with what an answer copies from it; the answer; its outreach and the first line of its history.
    rows = ["INSERT nps_response", "INSERT followups_followup", "INSERT followups_historyentry"]
    # One statement, or one transaction; savepoints only once a receiver has failed.
    if connection.vendor == "postgresql":
        assert kinds(low) == ["SELECT nps_invitation", "WITH"]
        assert [
            row for row in rows if row.replace("INSERT ", 'INSERT INTO "') in low.captured_queries[1]["sql"]
        ] == rows
    else:
        assert data == ["SELECT nps_invitation", *rows]
        assert [kind for kind in kinds(low) if " " not in kind] == ["BEGIN", "COMMIT"]

    happy = Visitor(invited())
    nonce = nonce_in(happy.get(score=10))
    with CaptureQueriesContext(connection) as high:
        assert happy.post(score="10", nonce=nonce).status_code == 303
    sent = [kind for kind in kinds(high) if kind not in ("BEGIN", "COMMIT")]
    assert sent == ["SELECT nps_invitation", "INSERT nps_response"]


def test_a_session_cookie_costs_the_answer_nothing(ingrid) -> None:
    Visitor(invited()).answer("10")
    nonce = nonce_in(ingrid.get(score=10))
    ingrid.client.force_login(ingrid.invitation.resolution.agent)
    with CaptureQueriesContext(connection) as statements:
        sent = ingrid.post(score="10", nonce=nonce)
    assert sent.status_code == 303
    assert not sent.cookies
    sent = [kind for kind in kinds(statements) if kind not in ("BEGIN", "COMMIT")]
    assert sent == ["SELECT nps_invitation", "INSERT nps_response"]


def test_many_sends_of_one_page_at_once_are_one_answer(ingrid) -> None:
    nonce, start, statuses = nonce_in(ingrid.get(score=5)), Barrier(8), []

    def send() -> None:
        visitor = Visitor(ingrid.invitation)
        start.wait()
        statuses.append(visitor.post(score="5", nonce=nonce).status_code)
        connection.close()

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 8
    assert Response.objects.count() == FollowUp.objects.count() == 1


# ---- the database is away -------------------------------------------------------------------------------------
@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.parametrize("where", ["reading", "writing"])
def test_while_the_database_is_away_the_choice_is_kept_in_the_page(ingrid, monkeypatch, error, where) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise error

    nonce = nonce_in(ingrid.get(score=6, lang="de"))
    with monkeypatch.context() as patched:
        patched.setattr(*{"reading": (reading, "for_intake"), "writing": (answering, "record_answer")}[where], away)
        page = ingrid.post(score="6", nonce=nonce, lang="de")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    html = page.content.decode()
    assert nonce_in(page) == nonce
    assert '<input type="hidden" name="score" value="6">' in html
    assert '<input type="hidden" name="lang" value="de">' in html
    assert "Noch nicht gespeichert" in html
    assert "Noch einmal versuchen" in html
    assert "Vielen Dank" not in html
    assert Response.objects.count() == 0
    # The button sends exactly that again.
    assert ingrid.post(score="6", nonce=nonce, lang="de").status_code == 303
    assert ingrid.response.score == 6


def test_what_was_written_is_kept_too(ingrid, monkeypatch) -> None:
    ingrid.answer("6")
    nonce = nonce_in(ingrid.get("survey-why"))

    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("gone")

    written = {"comment": '\n<b>Slow</b> & "twice"', "topic": ["too-long", "other"], "contact": "no"}
    with monkeypatch.context() as patched:
        patched.setattr(answering, "add_reason", away)
        page = ingrid.post("survey-why", nonce=nonce, **written)
    html = page.content.decode()
    assert page.status_code == 503
    assert nonce_in(page) == nonce
    # The parser drops the first line break after the tag, so the customer's own survives.
    assert 'rows="5">\n\n&lt;b&gt;Slow&lt;/b&gt; &amp; &quot;twice&quot;</textarea>' in html
    for name, value in (("topic", "too-long"), ("topic", "other"), ("contact", "no")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in html


def test_a_change_of_language_stays_one_and_saves_nothing(ingrid, monkeypatch) -> None:
    ingrid.answer("6")
    nonce = nonce_in(ingrid.get("survey-why"))

    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(reading, "for_page", away)
        page = ingrid.post("survey-why", nonce=nonce, comment="Half a thou", switch="de")
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode()))
    assert kept["switch"] == "de"
    again = ingrid.post("survey-why", comment="Half a thou", **kept)
    assert 'lang="de"' in again.content.decode()
    assert "Half a thou" in again.content.decode()
    assert ingrid.response.comment == ""


def test_a_page_that_cannot_be_read_offers_another_try(ingrid, monkeypatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(reading, "for_page", away)
    page = ingrid.client.get(ingrid.url(), headers={"accept-language": "nb,en;q=0.5"})
    assert page.status_code == 503
    assert "Prøv igjen om et øyeblikk" in text_of(page)


def test_a_click_that_cannot_be_noted_does_not_close_the_page(ingrid, monkeypatch) -> None:
    from nps.survey.services import clicking

    def locked(*args: object, **kwargs: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(clicking, "note_click", locked)
    assert ingrid.get(score=7).status_code == 200


def test_nobody_is_thanked_when_the_database_goes_away_under_a_receiver(ingrid, settings) -> None:
    settings.STRICT_WIRES = False  # as in production, where a failing receiver is logged and made good by a sweep
    nonce = nonce_in(ingrid.get(score=6))

    def drop_the_connection(sender: object, **kwargs: object) -> None:
        connection.close()
        raise OperationalError("server closed the connection unexpectedly")

    response_recorded.connect(drop_the_connection, weak=False, dispatch_uid="tests.drop")
    try:
        page = ingrid.post(score="6", nonce=nonce)
    finally:
        response_recorded.disconnect(dispatch_uid="tests.drop")
    connection.close()
    assert page.status_code == 503
    assert Response.objects.count() == 0
    assert ingrid.post(score="6", nonce=nonce).status_code == 303
    assert Response.objects.count() == FollowUp.objects.count() == 1


def test_a_receiver_that_only_fails_loses_no_answer(ingrid, settings) -> None:
    settings.STRICT_WIRES = False

    def fail(sender: object, **kwargs: object) -> None:
        raise RuntimeError("a later room is broken")

    response_recorded.connect(fail, weak=False, dispatch_uid="tests.fail")
    try:
        assert ingrid.answer("6").status_code == 303
    finally:
        response_recorded.disconnect(dispatch_uid="tests.fail")
    assert ingrid.response.score == 6


def test_too_large_a_body_is_refused_with_a_page(ingrid) -> None:
    ingrid.answer("6")
    nonce = nonce_in(ingrid.get("survey-why"))
    refused = ingrid.post("survey-why", nonce=nonce, comment="x" * 3_000_000)
    assert refused.status_code == 413
    assert "Nothing has been saved" in text_of(refused)
    assert ingrid.response.comment == ""


def test_after_opting_out_nothing_more_is_sent(ingrid) -> None:
    ingrid.post("survey-stop", **{"List-Unsubscribe": "One-Click"})
    from nps.outbox.services import delivering

    delivering.deliver_due(clock=lambda: OPENED_AT)
    assert Delivery.objects.get(subject_id=ingrid.invitation.pk).status == Delivery.Status.CANCELLED


def test_what_the_intake_reads_is_what_the_rows_say(django_assert_num_queries) -> None:
    plain = invited(account=factories.account(is_key=True), language="nb")
    lone = invited(account=None)
    without = inviting.invite(survey=plain.survey, customer=plain.customer, at=AT)
    for known in (plain, lone, without):
        with django_assert_num_queries(1):
            read = reading.for_intake(known.pk)
            facts = (read.survey_id, read.customer_id, read.language, read.resolution_id)
            assert facts == (known.survey_id, known.customer_id, known.language, known.resolution_id)
            if read.resolution is not None:
                assert read.resolution.pk == known.resolution.pk
                for name in ("account_id", "team_id", "agent_id", "product_id", "channel", "shift_name"):
                    assert getattr(read.resolution, name) == getattr(known.resolution, name), name
    assert reading.for_intake(plain.pk).resolution.account.is_key is True
    assert reading.for_intake(lone.pk).resolution.account is None
    # What it left out can still be asked for.
    assert reading.for_intake(plain.pk).address == plain.address
    with pytest.raises(Invitation.DoesNotExist):
        reading.for_intake(10**12)


def test_a_form_with_two_scores_is_asked_again_and_saves_neither(ingrid) -> None:
    sent = {"score": ["3", "9"], "nonce": nonce_in(ingrid.get())}
    page = ingrid.post(**sent)
    assert page.status_code == 422
    assert not Response.objects.exists()
    assert ingrid.post(**{**sent, "score": ["3", "3"]}).status_code == 303
    assert Response.objects.get().score == 3
