"""The desk's staff pages: tickets, shifts, profile, sign-in; what they show, whom they refuse, what each act leaves."""

import json
import uuid

import pytest

from nps.desk.models import Absence, Customer, Message, Resolution, Ticket
from nps.survey.services import answering, clicking, opting_out
from tests import factories
from tests.staff import NOW, Office, to

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]


def words_of(response) -> str:
    return response.content.decode()


def reply_form(**changes: object) -> dict[str, object]:
    return {"reply-kind": "answer", "reply-body": "It is on its way.", "reply-nonce": uuid.uuid4(), **changes}


# ---- the list ------------------------------------------------------------------------------------------------
def test_the_list_holds_what_one_may_see_newest_change_first(office: Office) -> None:
    older = office.ticket(assignee=office.sanna)
    newer = office.ticket(at=NOW)
    office.ticket(team=office.network)
    page = office.as_(office.sanna).get(to("tickets"))
    assert page.context["page"].rows == [newer, older]
    assert page.context["count"] == "2"
    assert len(office.as_(office.otto).get(to("tickets")).context["page"].rows) == 3


def test_the_list_is_filtered_by_what_the_url_says(office: Office) -> None:
    ledger = factories.product()
    ingrid = factories.customer("Ingrid Solheim", account=factories.account("Fjordvik Freight"))
    mine = office.ticket(assignee=office.sanna, customer=ingrid, subject="Refund not received", product=ledger)
    other = office.ticket(assignee=office.tomas, channel="phone", customer=factories.customer("Pavel Horák"))
    done = office.ticket(assignee=office.sanna)
    browser = office.as_(office.sanna)
    browser.post(to("ticket-resolve", done.pk))
    for query, found in {
        "": {mine, other},
        "status=resolved": {done},
        "status=all": {mine, other, done},
        "mine=on": {mine},
        "channel=phone": {other},
        f"product={ledger.pk}": {mine},
        f"team={office.billing.pk}": {mine, other},
        f"team={office.network.pk}": {mine, other},
        "q=refund": {mine},
        "q=ingrid": {mine},
        "q=fjordvik": {mine},
        f"q=%23{other.pk}": {other},
        f"q={10**17}": set(),
        "q=%00": {mine, other},
        "status=x&channel=y&product=z&team=w&after=q": {mine, other},
    }.items():
        page = browser.get(to("tickets", query=query))
        assert set(page.context["page"].rows) == found, query


def test_a_long_list_goes_on_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nps.desk.listing.PAGE", 2)
    made = [office.ticket().pk for _ in range(5)]
    browser, seen, cursor = office.as_(office.sanna), [], ""
    for _ in range(3):
        page = browser.get(to("tickets"), {"after": cursor}).context["page"]
        seen += [ticket.pk for ticket in page.rows]
        cursor = page.next_cursor
    assert seen == made[::-1]
    assert cursor == ""


# ---- a new one -----------------------------------------------------------------------------------------------
def new_form(office: Office, **changes: object) -> dict[str, object]:
    given = {"subject": "No invoice", "team": office.billing.pk, "channel": "phone", "nonce": uuid.uuid4()}
    return {**given, "name": "Noor Haddad", "email": "noor@cedar.example", "body": "She rang.", **changes}


def test_a_ticket_for_a_new_customer_is_opened_once(office: Office) -> None:
    sent = new_form(office)
    browser = office.as_(office.sanna)
    first, second = browser.post(to("ticket-new"), sent), browser.post(to("ticket-new"), sent)
    ticket = Ticket.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == to("ticket", ticket.pk)
    assert (ticket.customer.name, ticket.assignee, ticket.channel) == ("Noor Haddad", office.sanna, "phone")
    browser.post(to("ticket-new"), new_form(office, email="NOOR@cedar.example", name=""))
    assert Customer.objects.count() == 1, "a known address needs no name and makes no second customer"
    assert Ticket.objects.count() == 2


def test_a_ticket_for_a_customer_who_was_found(office: Office) -> None:
    known = factories.customer("Ingrid Solheim", account=factories.account())
    browser = office.as_(office.sanna)
    assert known in browser.get(to("ticket-new", query="find=solheim")).context["found"]
    assert "Ingrid Solheim" in words_of(browser.get(to("ticket-new", query=f"customer={known.pk}")))
    browser.post(to("ticket-new"), new_form(office, customer=known.pk, name="", email=""))
    assert Ticket.objects.get().customer == known


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "a\x00b"}, "subject"),
        ({"subject": "x" * 301}, "subject"),
        ({"body": "x" * 1_000_000}, "body"),
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"name": "x" * 201}, "name"),
        ({"team": "99999"}, "team"),
        ({"channel": "pigeon"}, "channel"),
        ({"nonce": "x"}, "nonce"),
        ({"customer": "99999999999999999999", "email": ""}, "customer"),
    ],
)
def test_a_new_ticket_says_what_is_wrong_and_keeps_the_rest(
    office: Office, changes: dict[str, str], field: str
) -> None:
    page = office.as_(office.sanna).post(to("ticket-new"), new_form(office, **changes))
    assert page.status_code == 422
    assert field in page.context["form"].errors
    if "body" not in changes:
        assert "She rang." in words_of(page)
    assert not Ticket.objects.exists()
    assert not Customer.objects.exists()


def test_an_unusual_find_is_no_error(office: Office) -> None:
    for query in ("find=%00", "find=%25_%5C", "customer=x", "customer=99999999999999999999", "customer=7"):
        assert office.as_(office.sanna).get(to("ticket-new", query=query)).status_code == 200, query


# ---- one ticket ----------------------------------------------------------------------------------------------
def test_replies_of_each_kind_are_written_once(office: Office) -> None:
    ticket = office.ticket(assignee=office.sanna)
    browser = office.as_(office.sanna)
    for kind in ("answer", "triage", "voicemail", "note", "information_request"):
        sent = reply_form(**{"reply-kind": kind})
        for _ in range(2):
            assert browser.post(to("ticket-reply", ticket.pk), sent).status_code == 302
    assert ticket.messages.count() == 5
    ticket.refresh_from_db()
    assert (ticket.status, ticket.contacts) == ("waiting", 2)


def test_answer_and_resolve_is_one_act_that_says_what_the_survey_does(office: Office) -> None:
    ticket = office.ticket(assignee=office.sanna)
    browser = office.as_(office.sanna)
    browser.post(to("ticket-reply", ticket.pk), reply_form(resolve="1", **{"resolve-exception": "Parts on order"}))
    resolution = Resolution.objects.get()
    assert resolution.first_contact_exception == "Parts on order"
    page = words_of(browser.get(to("ticket", ticket.pk)))
    assert "Answered and resolved. Ingrid gets the survey by e-mail now." in page
    again = browser.post(to("ticket-reply", ticket.pk), reply_form(resolve="1"))
    assert again.status_code == 409
    assert "only an open or waiting ticket can be resolved" in words_of(again)
    assert "It is on its way." in words_of(again), "what was typed is still there"
    assert Message.objects.filter(ticket=ticket, kind="answer").count() == 1


def test_resolve_says_why_nobody_is_asked(office: Office) -> None:
    ticket = office.ticket(assignee=office.sanna)
    opting_out.opt_out(address=ticket.customer.email, at=NOW)
    page = office.as_(office.sanna).post(to("ticket-resolve", ticket.pk), follow=True)
    assert "Resolved. No survey for Ingrid: opted out." in words_of(page)
    assert "Skipped: opted out" in words_of(page)
    assert office.as_(office.sanna).post(to("ticket-resolve", ticket.pk)).status_code == 409


def test_accept_and_reopen(office: Office) -> None:
    ticket = office.ticket(assignee=office.sanna)
    browser = office.as_(office.sanna)
    assert browser.post(to("ticket-accept", ticket.pk)).status_code == 409
    browser.post(to("ticket-resolve", ticket.pk))
    browser.post(to("ticket-accept", ticket.pk))
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    reopen = to("ticket-reopen", ticket.pk)
    assert browser.post(reopen, {"reopen-reason": ""}).status_code == 422
    assert browser.post(reopen, {"reopen-reason": "It came back."}).status_code == 302
    assert browser.post(reopen, {"reopen-reason": "It came back."}).status_code == 409
    assert "It came back." in words_of(browser.get(to("ticket", ticket.pk)))


def test_pass_on_to_a_person_or_a_team(office: Office) -> None:
    ticket = office.ticket(assignee=office.sanna)
    browser, address = office.as_(office.sanna), to("ticket-pass", ticket.pk)
    assert browser.post(address, {"pass-team": ""}).status_code == 422
    browser.post(address, {"pass-to": office.tomas.pk, "pass-team": office.billing.pk})
    answer = browser.post(address, {"pass-to": "", "pass-team": office.network.pk})
    assert answer.headers["Location"] == to("tickets"), "they no longer see it"
    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee, ticket.handovers) == (office.network, None, 2)


def test_the_page_tells_what_became_of_the_survey(office: Office) -> None:
    response = office.answer(6, comment="Slow, but right.")
    clicking.note_click(invitation=response.invitation, at=NOW, score=3)
    answering.change_score(response=response, score=8, at=NOW)
    page = words_of(office.as_(office.sanna).get(to("ticket", response.resolution.ticket_id)))
    for words in (
        "Answered 8",
        "Opened with 3, not sent",
        "Answered 6 on the survey page",
        "Changed 6 to 8",
        "Slow, but",
    ):
        assert words in page, words


def test_the_desks_own_templates_leave_room_and_a_shell_fills_it(office: Office) -> None:
    made = office.follow_up(4, to=office.sanna)
    address = to("ticket", made.response.resolution.ticket_id)
    link = to("followup", made.pk)
    assert link in words_of(office.as_(office.sanna).get(address))
    seen_by_another = words_of(office.as_(office.tomas).get(address))
    assert "Score 4: Assigned" in seen_by_another
    assert link not in seen_by_another, "it would be a dead end for them"


def test_what_one_may_not_see_does_not_exist_and_an_auditor_changes_nothing(office: Office) -> None:
    ticket = office.ticket(assignee=office.sanna)
    assert office.as_(office.karl).get(to("ticket", ticket.pk)).status_code == 404
    assert office.as_(office.karl).post(to("ticket-resolve", ticket.pk)).status_code == 404
    assert office.as_(office.sanna).get(to("ticket", 10**17)).status_code == 404
    audit = office.as_(office.otto)
    assert "Save and resolve" not in words_of(audit.get(to("ticket", ticket.pk)))
    for name in ("reply", "resolve", "accept", "reopen", "pass"):
        assert audit.post(to(f"ticket-{name}", ticket.pk)).status_code == 403, name
    assert audit.get(to("ticket-new")).status_code in (200, 403)
    assert audit.post(to("ticket-new")).status_code == 403
    assert office.as_(office.sanna).get(to("ticket-resolve", ticket.pk)).status_code == 405


@pytest.mark.parametrize("body", ["", "   ", "a\x00b", "x" * 1_000_000])
def test_a_message_that_cannot_be_kept_is_refused_and_shown_again(office: Office, body: str) -> None:
    ticket = office.ticket(assignee=office.sanna)
    page = office.as_(office.sanna).post(to("ticket-reply", ticket.pk), reply_form(**{"reply-body": body}))
    assert page.status_code == 422
    assert page.context["reply_form"].errors["body"]
    assert ticket.messages.count() == 0


def test_every_naughty_string_is_kept_and_shown_harmlessly_or_refused(office: Office, shared_data) -> None:
    strings = json.loads((shared_data / "naughty" / "blns.json").read_text())
    ticket = office.ticket(assignee=office.sanna)
    browser = office.as_(office.sanna)
    for text in strings:
        page = browser.post(to("ticket-reply", ticket.pk), reply_form(**{"reply-body": text}))
        assert page.status_code in (302, 422), text
    kept = list(ticket.messages.values_list("body", flat=True))
    # A form sends line ends as CRLF; everything else comes back as it was sent.
    assert {text for text in strings if text.strip()} == set(kept)
    page = words_of(browser.get(to("ticket", ticket.pk)))
    assert "<script>alert" not in page
    assert browser.get(to("tickets"), {"q": strings[40]}).status_code == 200


# ---- shifts, profile, sign-in --------------------------------------------------------------------------------
def test_my_shifts_are_in_my_zone_and_an_absence_shows(office: Office) -> None:
    browser = office.as_(office.sanna)
    days = browser.get(to("shifts")).context["days"]
    assert len(days) == 14
    assert all(len(day.windows) == 1 for day in days)
    assert "08:00–16:00" in words_of(browser.get(to("shifts")))
    sent = {"starts_at": "2026-11-19T00:00", "ends_at": "2026-11-20T00:00", "reason": "Dentist"}
    for _ in range(2):
        assert browser.post(to("absence-add"), sent).status_code == 302
    absence = Absence.objects.get()
    assert absence.starts_at.isoformat() == "2026-11-18T23:00:00+00:00"
    assert [day.windows[0].is_away for day in browser.get(to("shifts")).context["days"]][:3] == [False, True, False]
    assert office.as_(office.tomas).post(to("absence-remove", absence.pk)).status_code == 404
    assert browser.post(to("absence-remove", absence.pk)).status_code == 302
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "soon"}, "starts_at"),
        ({"ends_at": "2026-11-18T00:00"}, "ends_at"),
        ({"ends_at": "2028-11-20T00:00"}, "ends_at"),
        ({"starts_at": "2026-11-01T00:00", "ends_at": "2026-11-02T00:00"}, "ends_at"),
        ({"reason": "x" * 121}, "reason"),
    ],
)
def test_an_absence_says_what_is_wrong(office: Office, changes: dict[str, str], field: str) -> None:
    sent = {"starts_at": "2026-11-19T00:00", "ends_at": "2026-11-20T00:00", "reason": "", **changes}
    page = office.as_(office.sanna).post(to("absence-add"), sent)
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert not Absence.objects.exists()


def test_leads_see_the_people_of_their_teams(office: Office) -> None:
    names = {one.user for one in office.as_(office.lena).get(to("shifts")).context["colleagues"]}
    assert names == {office.sanna, office.tomas, office.mara, office.lena}
    assert office.as_(office.sanna).get(to("shifts")).context["colleagues"] == []
    assert len(office.as_(office.mira).get(to("shifts")).context["colleagues"]) == 5


def test_profile_changes_zone_theme_and_languages(office: Office) -> None:
    browser = office.as_(office.sanna)
    sent = {"time_zone": "Asia/Tokyo", "theme": "dark", "languages": ["en", "nb"]}
    assert browser.post(to("profile"), sent).status_code == 302
    page = words_of(browser.get(to("profile")))
    assert 'data-theme="dark"' in page
    office.sanna.refresh_from_db()
    assert (office.sanna.time_zone, office.sanna.languages) == ("Asia/Tokyo", ["en", "nb"])
    for wrong in ({"time_zone": "Atlantis"}, {"theme": "pink"}, {"languages": ["xx"]}, {"time_zone": "\x00"}):
        assert browser.post(to("profile"), {**sent, **wrong}).status_code == 422, wrong
    assert office.as_(office.otto).post(to("profile"), sent).status_code == 302, "their own settings, auditors too"


def test_profile_switches_keys_off_and_stays_on_a_follow_up(office: Office) -> None:
    browser = office.as_(office.sanna)
    sent = {"time_zone": "Europe/Oslo", "theme": "", "languages": ["en"]}
    assert "data-keys" not in words_of(browser.get(to("queue")))
    assert browser.post(to("profile"), {**sent, "stays_on_task": "on"}).status_code == 302
    office.sanna.refresh_from_db()
    assert (office.sanna.uses_keys, office.sanna.stays_on_task) == (False, True)
    assert 'data-keys="off"' in words_of(browser.get(to("queue")))
    assert browser.post(to("profile"), {**sent, "uses_keys": "on"}).status_code == 302
    office.sanna.refresh_from_db()
    assert (office.sanna.uses_keys, office.sanna.stays_on_task) == (True, False)


def test_password_change(office: Office) -> None:
    browser = office.as_(office.sanna)
    sent = {"old_password": "correct horse", "new_password1": "battery staple 9", "new_password2": "battery staple 9"}
    assert browser.post(to("password-change"), {**sent, "old_password": "wrong"}).status_code == 422
    assert browser.post(to("password-change"), sent).status_code == 302
    office.sanna.refresh_from_db()
    assert office.sanna.check_password("battery staple 9")


def test_sign_in_leads_home_and_says_when_it_fails(office: Office, client) -> None:
    page = client.post(to("login"), {"username": "sanna", "password": "wrong"})
    assert "correct username and password" in words_of(page)
    answer = client.post(to("login"), {"username": "sanna", "password": "correct horse", "next": "//evil.example"})
    assert answer.headers["Location"] == to("home")
    assert client.get(to("home")).headers["Location"] == to("queue")
    assert client.post(to("logout")).headers["Location"] == to("login")
    assert client.get(to("tickets")).headers["Location"] == f"{to('login')}?next=/tickets/"


def test_every_page_says_its_name_and_has_one_heading(office: Office) -> None:
    made = office.follow_up(4, to=office.sanna)
    ticket = made.response.resolution.ticket
    addresses = [
        *(to(name) for name in ("tickets", "ticket-new", "shifts", "profile", "password-change", "queue", "lessons")),
        *(to(name, made.pk) for name in ("followup", "followup-close")),
        to("ticket", ticket.pk),
        to("customers"),
        to("customer", made.customer_id),
    ]
    for address in addresses:
        page = office.as_(office.sanna).get(address)
        words = words_of(page)
        assert page.status_code == 200, address
        assert words.count("<h1") == 1, address
        assert "– Tidewell</title>" in words, address
        assert 'class="skip"' in words, address
        assert " style=" not in words, address
        assert words.count("<script") == words.count("<script src="), f"{address}: a script inside the page"
        assert "unknown" not in words.lower(), address


def test_a_page_of_errors_needs_no_database(client, django_assert_num_queries) -> None:
    from django.template.loader import get_template

    with django_assert_num_queries(0):
        assert "Something broke on our side" in get_template("500.html").render()
