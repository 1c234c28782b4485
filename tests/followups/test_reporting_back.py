"""“You told us, we changed”: written, looked at, sent once to whom it may be sent, through a real mail server."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from followups.models import FollowUp, HistoryEntry, Lesson, ReportBack, ReportBackMail
from followups.report_back_words import FRAMES
from followups.report_backs import audience_of, with_told
from followups.services import closing, learning, reporting_back
from nps.desk.models import Customer
from nps.errors import Conflict, InvalidInput
from nps.outbox.models import Delivery
from nps.outbox.services import delivering
from nps.survey.models import Invitation, Response, Suppression, Survey
from nps.survey.services import opting_out
from nps.survey.wording import LANGUAGES
from tests.at_once import at_once
from tests.factories import AT
from tests.nps.test_survey_words import blanks
from tests.smtp_sink import Sink
from tests.staff import NOW, SENTENCE, Office, cause, to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clock(NOW)]

SAID = "Every refund has one owner now, named in our first reply."
FORM = {"whom": "linked", "en": SAID}
SOON = NOW + timedelta(minutes=5)


@pytest.fixture
def lesson(office: Office) -> Lesson:
    """In place today, of Sanna's; it came from nobody yet."""
    scope = {"owner": office.sanna, "team": office.billing, "change": "A field for the owner."}
    made = learning.learn(text=SENTENCE, root_cause=cause(), at=AT, **scope)
    for status in ("accepted", "in_place"):
        learning.put(lesson=made, status=status, at=NOW, by=office.mira)
    return made


def carried(office: Office, lesson: Lesson | None, name: str = "Ingrid Solheim", **given: Any) -> FollowUp:
    """A closed follow-up of whoever taught `lesson`; or with the same root cause, without it."""
    made = office.follow_up(5, to=office.sanna, name=name, **given)
    facts = {"lesson_kind": "known", "lesson": lesson} if lesson else {"lesson_kind": "nothing_new"}
    return closing.close(follow_up=made, by=office.sanna, at=NOW, outcome="solved", root_cause=cause(), **facts)


def deliver(at: datetime = SOON) -> delivering.Tally:
    Delivery.objects.exclude(purpose=reporting_back.PURPOSE).delete()
    return delivering.deliver_due(clock=lambda: at)


def reasons(lesson: Lesson, whom: str = "linked", at: datetime = NOW) -> dict[str, str]:
    return {one.follow_up.customer.name: one.why_not for one in audience_of(lesson, whom, at).listeners}


def send(browser: Client, lesson: Lesson, **changes: Any) -> Any:
    """Look at it, then press Send."""
    address = to("lesson-tell", lesson.pk)
    shown = browser.post(address, {**FORM, "step": "preview", **changes})
    assert shown.status_code == 200, shown.content.decode()
    return browser.post(address, {**FORM, "step": "send", "shown": shown.context["mark"], **changes})


# ---- the journey ---------------------------------------------------------------------------------------------
def test_written_looked_at_sent_and_told_everywhere(office: Office, lesson: Lesson, smtp_sink: Sink) -> None:
    made = carried(office, lesson)
    browser = office.as_(office.sanna)
    assert to("lesson-tell", lesson.pk) in browser.get(to("lesson", lesson.pk)).content.decode()
    assert SAID not in browser.get(to("lesson-tell", lesson.pk)).content.decode()
    shown = browser.post(to("lesson-tell", lesson.pk), {**FORM, "step": "preview"})
    page = shown.content.decode()
    assert "On 18 November you told us what could be better." in page
    assert SAID in page
    assert ReportBack.objects.count() == Delivery.objects.filter(purpose=reporting_back.PURPOSE).count() == 0
    sent = browser.post(to("lesson-tell", lesson.pk), {**FORM, "step": "send", "shown": shown.context["mark"]})
    assert (sent.status_code, sent["Location"]) == (302, to("lesson", lesson.pk))
    queued = Delivery.objects.get(purpose=reporting_back.PURPOSE)
    assert queued.priority < 0
    assert deliver().sent == 1
    (mail,) = smtp_sink.to(made.customer.email)
    assert mail.message["Subject"] == "You told us, and we changed something"
    assert mail.message["Message-ID"] == queued.message_id
    assert mail.message["Content-Language"] == "en"
    text, html = (part.get_content() for part in mail.message.iter_parts())
    for part in (text, html):
        assert SAID in part
        assert "Hello Ingrid," in part
        assert "On 18 November you told us" in part
    assert "<img" not in html
    told = ReportBackMail.objects.get()
    assert (told.sent_at, told.state_words, told.report_back.by) == (SOON, "Sent", office.sanna)
    pages = (("lesson", lesson.pk), ("customer", made.customer_id), ("account", made.account_id), ("followup", made.pk))
    for name, pk in pages:
        assert SAID in browser.get(to(name, pk)).content.decode(), name
    assert made.history.get(verb="report_back").actor == office.sanna


def test_unsubscribing_by_the_mails_own_link_works_long_after_and_lasts(
    office: Office, lesson: Lesson, smtp_sink: Sink
) -> None:
    made = carried(office, lesson)
    Invitation.objects.update(expires_at=NOW + timedelta(minutes=1))  # the question's own link is dead by then
    send(office.as_(office.mira), lesson)
    deliver()
    (mail,) = smtp_sink.to(made.customer.email)
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<https?://[^/]+(/.+)>", mail.message["List-Unsubscribe"].strip())
    assert address is not None
    with time_machine.travel(NOW + timedelta(days=400), tick=False):
        answer = Client().post(address[1], {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert Suppression.objects.get().address == made.customer.email.lower()
    other = learning.learn(text="Say the day of the refund at once.", root_cause=cause(), at=AT)
    Lesson.objects.filter(pk=other.pk).update(status="in_place", in_place_on=NOW.date())
    FollowUp.objects.filter(pk=made.pk).update(lesson=other)
    other.refresh_from_db()
    assert "asked for no more e-mail" in reasons(other)[made.customer.name]


# ---- who is not told -----------------------------------------------------------------------------------------
def test_everybody_who_is_left_in_peace_is_listed_with_the_reason(office: Office, lesson: Lesson) -> None:
    names = ["Told", "Opted", "Internal", "Unreachable", "Unwilling", "Moved", "Late", "Notgiven"]
    rows = {name: carried(office, lesson, name=f"{name} Berg") for name in names}
    opting_out.opt_out(address=rows["Opted"].customer.email, at=NOW)
    Customer.objects.filter(name="Internal Berg").update(is_internal=True)
    Customer.objects.filter(name="Unreachable Berg").update(email="")
    Customer.objects.filter(name="Moved Berg").update(email="new@fjordvik.example")
    Response.objects.filter(pk=rows["Unwilling"].response_id).update(contact_choice="no")
    Response.objects.filter(pk=rows["Late"].response_id).update(answered_at=NOW + timedelta(days=2))
    FollowUp.objects.filter(pk=rows["Notgiven"].pk).update(outcome="not_given", confirmed_by=office.lena)
    assert {name.split()[0]: why for name, why in reasons(lesson).items()} == {
        "Told": "",
        "Opted": "The customer asked for no more e-mail from us.",
        "Internal": "A colleague, never written to.",
        "Unreachable": "The customer has no e-mail address.",
        "Unwilling": "The customer wants no contact.",
        "Moved": "The address has changed since the answer.",
        "Late": "Answered after the change was in place.",
        "Notgiven": "The answer was not the customer’s.",
    }
    assert send(office.as_(office.mira), lesson).status_code == 302
    assert ReportBackMail.objects.get().customer.name == "Told Berg"
    page = office.as_(office.mira).get(to("lesson-tell", lesson.pk)).content.decode()
    assert "Was told already." in page


def test_the_surveys_quiet_period_holds_for_surveys_and_for_mails_of_this_kind(office: Office, lesson: Lesson) -> None:
    Survey.objects.update(quiet_days=30)
    made = carried(office, lesson, at=AT - timedelta(days=40))
    why = "Had mail from us within the quiet period of 30 days."
    assert reasons(lesson, at=NOW - timedelta(days=11))[made.customer.name] == why
    assert reasons(lesson)[made.customer.name] == ""
    reporting_back.report_back(lesson=lesson, texts={"en": SAID}, at=NOW)
    other = learning.learn(text="Say the day of the refund at once.", root_cause=cause(), at=AT)
    Lesson.objects.filter(pk=other.pk).update(status="in_place", in_place_on=NOW.date())
    other.refresh_from_db()
    assert reasons(other, "cause", NOW + timedelta(days=29))[made.customer.name] == why
    assert reasons(other, "cause", NOW + timedelta(days=31))[made.customer.name] == ""


def test_of_two_lessons_that_wait_for_one_customer_in_the_quiet_period_one_leaves(
    office: Office, lesson: Lesson, smtp_sink: Sink
) -> None:
    made = carried(office, lesson)
    other = learning.learn(text="Say the day of the refund at once.", root_cause=cause(), at=AT)
    Lesson.objects.filter(pk=other.pk).update(status="in_place", in_place_on=NOW.date())
    other.refresh_from_db()
    reporting_back.report_back(lesson=lesson, texts={"en": SAID}, at=NOW)
    reporting_back.report_back(lesson=other, texts={"en": "Also."}, at=NOW, whom="cause")
    Invitation.objects.update(created_at=NOW - timedelta(days=90))
    Survey.objects.update(quiet_days=30)
    tally = deliver()
    assert (tally.sent, tally.unwanted) == (1, 1)
    assert len(smtp_sink.to(made.customer.email)) == 1
    assert "quiet period" in ReportBackMail.objects.get(lesson=other).why


@pytest.mark.parametrize("what", ["unsubscribed", "lesson taken back", "address changed"])
def test_what_changes_between_queueing_and_sending_is_honoured(
    office: Office, lesson: Lesson, smtp_sink: Sink, what: str
) -> None:
    made = carried(office, lesson)
    send(office.as_(office.mira), lesson)
    if what == "unsubscribed":
        opting_out.opt_out(address=made.customer.email, at=NOW)
    elif what == "lesson taken back":
        learning.put(lesson=lesson, status="in_progress", at=NOW)
    else:
        Customer.objects.update(email="elsewhere@fjordvik.example")
    assert deliver().unwanted == 1
    assert smtp_sink.accepted == []
    told = ReportBackMail.objects.get()
    assert told.sent_at is None
    assert told.stopped_at == SOON
    assert told.why in made.history.get(verb="report_back_not_sent").sentence
    assert reasons(lesson)[made.customer.name] == "The mail about it did not leave."


def test_a_dead_address_is_not_written_to_again(office: Office, lesson: Lesson, smtp_sink: Sink) -> None:
    made = carried(office, lesson)
    mail = reporting_back.report_back(lesson=lesson, texts={"en": SAID}, at=NOW).mails.get()
    reporting_back.note_unsent(mail=mail, status=Delivery.Status.BOUNCED, why="550 no such user", at=SOON)
    assert Suppression.objects.get().reason == "bounced"
    assert "550" in made.history.get(verb="report_back_not_sent").sentence


# ---- once ----------------------------------------------------------------------------------------------------
def test_two_at_once_tell_each_customer_once(office: Office, lesson: Lesson, smtp_sink: Sink) -> None:
    rows = [carried(office, lesson, name=f"Customer {number}") for number in range(6)]
    told, refused = [], []

    def tell() -> None:
        try:
            told.append(reporting_back.report_back(lesson=lesson, texts={"en": SAID}, at=NOW).pk)
        except Conflict as error:
            refused.append(error.code)

    assert at_once(tell, tell, tell) == []
    assert (len(told), refused) == (1, ["nobody", "nobody"])
    assert ReportBack.objects.count() == 1
    assert deliver().sent == 6
    assert deliver(SOON + timedelta(days=1)).sent == 0
    assert [len(smtp_sink.to(row.customer.email)) for row in rows] == [1] * 6
    assert HistoryEntry.objects.filter(verb="report_back").count() == 6


def test_one_customer_with_two_answers_hears_once(office: Office, lesson: Lesson) -> None:
    first = carried(office, lesson)
    carried(office, lesson, customer=first.customer)
    assert reporting_back.report_back(lesson=lesson, texts={"en": SAID}, at=NOW).mails.count() == 1


def test_pressed_twice_is_once_and_a_list_that_has_changed_is_shown_again(office: Office, lesson: Lesson) -> None:
    carried(office, lesson)
    browser, address = office.as_(office.mira), to("lesson-tell", lesson.pk)
    mark = browser.post(address, {**FORM, "step": "preview"}).context["mark"]
    carried(office, lesson, name="Late Comer")
    stale = browser.post(address, {**FORM, "step": "send", "shown": mark})
    assert (stale.status_code, ReportBack.objects.count()) == (409, 0)
    assert "Who would be told has changed meanwhile" in stale.content.decode()
    sent = {**FORM, "step": "send", "shown": stale.context["mark"]}
    assert [browser.post(address, sent).status_code for _ in range(2)] == [302, 302]
    assert (ReportBack.objects.count(), ReportBackMail.objects.count()) == (1, 2)


# ---- who may, and about what ---------------------------------------------------------------------------------
def test_its_owner_a_lead_of_its_team_and_managers_may(office: Office, lesson: Lesson) -> None:
    carried(office, lesson)
    address = to("lesson-tell", lesson.pk)
    may = {"sanna": 200, "lena": 200, "mira": 200, "tomas": 403, "karl": 403, "otto": 403}
    for name, status in may.items():
        browser = office.as_(getattr(office, name))
        assert browser.get(address).status_code == status, name
        assert browser.post(address, {**FORM, "step": "preview"}).status_code == status, name
        assert (address in browser.get(to("lesson", lesson.pk)).content.decode()) == (status == 200), name


def test_only_what_is_in_place_is_told(office: Office, lesson: Lesson) -> None:
    carried(office, lesson)
    learning.put(lesson=lesson, status="in_progress", at=NOW)
    assert office.as_(office.mira).get(to("lesson-tell", lesson.pk)).status_code == 409
    with pytest.raises(Conflict) as refused:
        reporting_back.report_back(lesson=lesson, texts={"en": SAID}, at=NOW)
    assert refused.value.code == "not_in_place"


def test_no_customer_of_another_team_is_named(office: Office, lesson: Lesson) -> None:
    made = carried(office, lesson, team=office.network, agent=office.karl)
    assert made.team == office.network
    Lesson.objects.update(team=None, owner=office.tomas)
    shown = office.as_(office.tomas).post(to("lesson-tell", lesson.pk), {**FORM, "step": "preview"})
    assert shown.context["told_count"] == 1
    page = shown.content.decode()
    assert "A customer of another team" in page
    assert "Ingrid" not in page
    assert "Solheim" not in page


def test_the_root_cause_counts_within_the_scope_only_where_it_is_chosen(office: Office, lesson: Lesson) -> None:
    carried(office, lesson, name="Linked Berg")
    carried(office, None, name="Same Berg")
    carried(office, None, name="Foreign Berg", team=office.network, agent=office.karl)
    open_one = office.follow_up(5, to=office.sanna, name="Open Berg")
    FollowUp.objects.filter(pk=open_one.pk).update(root_cause=cause())
    assert set(reasons(lesson)) == {"Linked Berg"}
    assert set(reasons(lesson, "cause")) == {"Linked Berg", "Same Berg"}


# ---- words ---------------------------------------------------------------------------------------------------
def test_every_customer_reads_their_own_language_and_nobody_one_that_was_left_empty(
    office: Office, lesson: Lesson, smtp_sink: Sink
) -> None:
    rows = {code: carried(office, lesson, name=f"Name{code} Berg") for code in ("en", "de", "nb", "pl")}
    for code, row in rows.items():
        Customer.objects.filter(pk=row.customer_id).update(language="nb-NO" if code == "nb" else code)
    texts = {"en": SAID, "de": "Jede Erstattung hat jetzt <eine> Ansprechperson.", "nb": "Én eier 🙂.", "pl": " "}
    assert send(office.as_(office.mira), lesson, **texts).status_code == 302
    deliver()
    for code in ("en", "de", "nb"):
        (mail,) = smtp_sink.to(rows[code].customer.email)
        assert mail.message["Subject"].strip() == FRAMES[code].subject
        text, html = (part.get_content() for part in mail.message.iter_parts())
        assert texts[code] in text
        assert f'<html lang="{code}">' in html
        assert "<eine>" not in html
    assert smtp_sink.to(rows["pl"].customer.email) == []
    assert reasons(lesson)["Namepl Berg"] == "", "told another time"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_frame_says_everything_in_every_language(code: str) -> None:
    assert FRAMES.keys() == LANGUAGES.keys()
    english, frame = vars(FRAMES["en"]), vars(FRAMES[code])
    for name, text in frame.items():
        assert text == text.strip() != "", name
        assert blanks(text) == blanks(english[name]), name
        assert code == "en" or text != english[name], name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Say in one or two sentences"),
        (" \r\n ", "Say in one or two sentences"),
        ("a\x00b", "NUL"),
        ("x" * 1001, "1,000 is the most"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_beside_its_field(
    office: Office, lesson: Lesson, text: str, said: str
) -> None:
    carried(office, lesson)
    for step in ("preview", "send"):
        page = office.as_(office.mira).post(to("lesson-tell", lesson.pk), {**FORM, "en": text, "step": step})
        assert page.status_code == 422
        assert said in page.content.decode()
    assert ReportBack.objects.count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "{date} {0} %s {{ x }} {% now %}",
        "<b>&amp;\"'</b>",
        "Zażółć\u202e\u2028 ﷽ 👩‍👩‍👧",
        "line\r\n\r\nline",
        "\x1b[31m",
    ],
)
def test_whatever_people_write_arrives_as_they_wrote_it(
    office: Office, lesson: Lesson, smtp_sink: Sink, text: str
) -> None:
    made = carried(office, lesson)
    assert send(office.as_(office.mira), lesson, en=text).status_code == 302
    assert deliver().sent == 1
    (mail,) = smtp_sink.to(made.customer.email)
    plain, html = (part.get_content() for part in mail.message.iter_parts())
    assert text.replace("\r\n", "\n") in plain.replace("\r\n", "\n")
    assert "<b>" not in html
    assert office.as_(office.mira).get(to("lesson", lesson.pk)).status_code == 200


def test_a_language_that_is_none_of_ours_is_refused(lesson: Lesson) -> None:
    with pytest.raises(InvalidInput):
        reporting_back.report_back(lesson=lesson, texts={"xx": SAID}, at=NOW)


# ---- how much it asks the database ---------------------------------------------------------------------------
def test_thirty_customers_cost_as_many_statements_as_three(office: Office, lesson: Lesson) -> None:
    costs = []
    for number in (3, 30):
        for one in range(number):
            carried(office, lesson, name=f"Customer {number}-{one}")
        with CaptureQueriesContext(connection) as seen:
            assert reporting_back.report_back(lesson=lesson, texts={"en": SAID}, at=NOW).mails.count() == number
        costs.append(len(seen) - 1)  # one reads the count
    assert costs[0] == costs[1] <= 9


def test_programs_read_how_many_were_told(office: Office, lesson: Lesson) -> None:
    carried(office, lesson)
    assert with_told(Lesson.objects.all()).get().told_count is None
    reporting_back.report_back(lesson=lesson, texts={"en": SAID}, at=NOW)
    found = with_told(Lesson.objects.all()).get()
    assert (found.told_count, found.told_at) == (1, NOW)
