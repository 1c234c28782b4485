"""Writing to a customer on a page: which template it begins with, and whom nobody may write to."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from followups.letters import draft_for
from followups.models import FollowUp, Letter, LetterTemplate
from followups.models.guides import SLOT
from followups.models.letters import SLOTS
from nps.desk.models import Customer, User
from nps.outbox.models import Delivery
from nps.survey.models import Invitation, Response, Suppression, Topic
from nps.survey.services import opting_out
from tests import factories
from tests.followups.letter_cases import letter_form
from tests.staff import NOW, Office, to

pytestmark = pytest.mark.django_db
NAUGHTY = [
    "<script>alert(1)</script>",
    "{name} {unknown} {0} %s %(x)s",
    "Ω≈ç√∫ 田中 שלום 👩‍👩‍👧‍👦",
    "\u202ereversed",
    "' OR 1=1; --",
    "\x07bell\x1b[31m",
]


def made(office: Office, score: int = 3, *, language: str = "en", topics: tuple[str, ...] = (), **given) -> FollowUp:
    follow_up = office.follow_up(score, to=office.sanna, subject="Refund not received", **given)
    FollowUp.objects.filter(pk=follow_up.pk).update(language=language)
    follow_up.response.topics.set(Topic.objects.filter(slug__in=topics))
    follow_up.refresh_from_db()
    return follow_up


def compose(office: Office, follow_up: FollowUp, **changes):
    return office.as_(office.sanna).post(to("followup-email", follow_up.pk), letter_form(follow_up, **changes))


# ---- what it begins with --------------------------------------------------------------------------------------
def test_there_is_a_template_for_every_band_and_language_after_migrate() -> None:
    assert {(one.language, one.band) for one in LetterTemplate.objects.all()} == {
        (language, band) for language in ("en", "de", "nb", "pl") for band in ("low", "near")
    }
    for template in LetterTemplate.objects.all():
        template.full_clean()
        assert {"agent", "organisation", "about"} <= set(SLOT.findall(template.body))


@pytest.mark.parametrize(
    ("language", "score", "subject", "hello", "asks"),
    [
        ("en", 3, "Your answer about your request “Refund not received”", "Hello Ingrid,", "What happened"),
        ("en", 8, "Your answer about your request “Refund not received”", "Hello Ingrid,", "What one thing"),
        ("de", 6, "Ihre Rückmeldung: Ihre Anfrage „Refund not received“", "Guten Tag Ingrid Solheim,", "Was ist aus"),
        ("nb", 7, "Svaret ditt om saken din «Refund not received»", "Hei Ingrid,", "Hvilken ene ting"),
        ("pl", 0, "Państwa odpowiedź: zgłoszenie „Refund not received”", "Dzień dobry,", "Co się stało"),
        ("de-AT", 3, "Ihre Rückmeldung: Ihre Anfrage „Refund not received“", "Guten Tag", "Was ist aus"),
        ("pt-BR", 3, "Your answer about your request “Refund not received”", "Hello Ingrid,", "What happened"),
    ],
)
def test_it_begins_in_the_customers_language(
    office: Office, language: str, score: int, subject: str, hello: str, asks: str
) -> None:
    follow_up = made(office, score, language=language)
    draft = draft_for(follow_up, office.sanna)
    assert draft.subject == subject
    assert draft.body.startswith(hello)
    assert asks in draft.body
    assert "Sanna Berg\nTidewell" in draft.body
    assert not any(sign in draft.subject + draft.body for sign in "{}")
    page = office.as_(office.sanna).get(to("followup-email", follow_up.pk))
    assert page.context["form"]["body"].value() == draft.body
    is_fallback = language == "pt-BR"
    assert ("there is none in" in page.content.decode()) is is_fallback


def test_where_there_is_none_in_their_language_the_one_they_were_asked_in_stands(office: Office) -> None:
    follow_up = made(office, language="pt-BR")
    Invitation.objects.filter(pk=follow_up.response.invitation_id).update(language="nb")
    follow_up.refresh_from_db()
    assert draft_for(follow_up, office.sanna).language == "nb"
    LetterTemplate.objects.all().delete()
    follow_up.refresh_from_db()
    assert draft_for(follow_up, office.sanna).body == ""
    page = office.as_(office.sanna).get(to("followup-email", follow_up.pk)).content.decode()
    assert "There is no template for this answer" in page


def test_a_ticked_topic_comes_before_the_score_before_the_general_one(office: Office) -> None:
    drivers = dict(Topic.objects.values_list("driver", "slug"))
    follow_up = made(office, topics=(drivers["price"],))
    near = made(office, 8, name="Ola Nilsen")

    def began() -> tuple[str, str]:
        return tuple(draft_for(one, office.sanna).template for one in (follow_up, near))

    def add(**fields: str) -> None:
        LetterTemplate.objects.create(subject="S", body="B", language="en", name=f"{fields}", **fields)

    add(band="", driver="")
    assert began() == ("What went wrong", "What was missing")
    add(band="near", driver="price")
    assert began() == ("What went wrong", "What was missing")
    add(band="", driver="price")
    assert began()[0] == "{'band': '', 'driver': 'price'}"
    add(band="low", driver="price")
    assert began()[0] == "{'band': 'low', 'driver': 'price'}"
    LetterTemplate.objects.filter(band="near", driver="").delete()
    assert began()[1] == "{'band': '', 'driver': ''}"


def test_what_people_are_called_is_filled_in_once_and_on_one_line(office: Office) -> None:
    LetterTemplate.objects.filter(language="en", band="low").update(
        subject="{full_name}: {about} {number} {company}", body="{full_name} {name.__class__} {0} {unknown}"
    )
    customer = factories.customer("{agent}\r\nBcc: x@example.org")
    long = office.follow_up(3, to=office.sanna, customer=customer, subject="Refund " * 40)
    draft = draft_for(long, office.sanna)
    assert draft.subject.startswith("{agent} Bcc: x@example.org: your request “Refund Refund")
    assert len(draft.subject) <= 150
    assert draft.body == "{agent}\r\nBcc: x@example.org {name.__class__} {0} {unknown}"
    page = office.as_(office.sanna).get(to("followup-email", long.pk))
    sent = {name: page.context["form"][name].value() for name in ("subject", "body")}
    assert compose(office, long, **sent).status_code == 302, "what it begins with can be sent as it is"


# ---- templates in admin ---------------------------------------------------------------------------------------
def test_managers_edit_templates_and_a_mistake_is_told_at_its_field(office: Office) -> None:
    User.objects.filter(pk__in=(office.mira.pk, office.otto.pk)).update(is_staff=True)
    template = LetterTemplate.objects.get(language="en", band="low")
    address = f"/admin/followups/lettertemplate/{template.pk}/change/"
    manager = office.as_(office.mira)
    seen = manager.get(address).content.decode()
    assert "Your answer about your request “Refund not received”" in seen, "what it looks like"
    form = {field.name: getattr(template, field.name) for field in LetterTemplate._meta.fields if field.name != "id"}
    refused = manager.post(address, {**form, "body": "Hello {surname}"}).content.decode()
    assert "{surname} is nothing that can be filled in; known are {name}, {full_name}" in refused
    assert manager.post(address, {**form, "subject": "Sorry, {name}"}).status_code == 302
    assert draft_for(made(office), office.sanna).subject == "Sorry, Ingrid"
    assert office.as_(office.otto).post(address, form).status_code == 403
    LetterTemplate.objects.filter(pk=template.pk).update(body="<script>alert(1)</script> {name}\n\n{agent}")
    seen = manager.get(address).content.decode()
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt; Ingrid</p>" in seen
    again = {**form, "name": "Twice"}
    assert (
        "There is such a template already"
        in manager.post("/admin/followups/lettertemplate/add/", again).content.decode()
    )
    with pytest.raises(ValidationError):
        LetterTemplate(name="x", language="en", subject="{0}", body="x").full_clean()
    assert set(SLOTS) == {"name", "full_name", "company", "agent", "organisation", "about", "number"}


# ---- whom nobody may write to ---------------------------------------------------------------------------------
REASONS = {
    "no address": "Ingrid has no e-mail address.",
    "wish": "Ingrid wants no contact.",
    "unsubscribed": "Ingrid asked for no more e-mail from us.",
    "bounced": "E-mail to this address came back: it does not exist.",
}


@pytest.mark.parametrize("case", REASONS)
def test_who_must_not_be_written_to_is_said_in_words(office: Office, case: str) -> None:
    follow_up = made(office)
    if case == "no address":
        Customer.objects.filter(pk=follow_up.customer_id).update(email="")
    elif case == "wish":
        Response.objects.filter(pk=follow_up.response_id).update(contact_choice="no")
    else:
        address = follow_up.customer.email.upper()
        opting_out.opt_out(address=address, at=NOW, reason=Suppression.Reason(case))
    browser = office.as_(office.sanna)
    page = browser.get(to("followup", follow_up.pk)).content.decode()
    assert f'disabled aria-describedby="no-mail" title="{REASONS[case]}"' in page
    assert 'data-key="e"' not in page
    assert 'id="no-mail"' in page
    address = to("followup-email", follow_up.pk)
    refused = browser.get(address)
    assert refused.status_code == 409
    assert f"No e-mail can be sent: {REASONS[case]}" in refused.content.decode()
    sent = compose(office, follow_up, body="Typed before that was known")
    assert sent.status_code == 409
    assert REASONS[case] in sent.content.decode()
    assert "Typed before that was known" in sent.content.decode()
    assert not follow_up.attempts.exists()
    assert not Delivery.objects.filter(purpose="followups.letter").exists()


def test_the_rated_person_does_not_write(office: Office) -> None:
    follow_up = office.follow_up(3)
    browser = office.as_(office.mara)
    assert browser.get(to("followup-email", follow_up.pk)).status_code == 403
    assert browser.post(to("followup-email", follow_up.pk), letter_form(follow_up)).status_code == 403
    assert Letter.objects.count() == 0


# ---- what is typed --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", NAUGHTY)
def test_what_is_typed_is_sent_and_shown_and_never_run(office: Office, text: str) -> None:
    follow_up = made(office)
    subject = "".join(sign for sign in text if sign.isprintable()) or "-"
    assert compose(office, follow_up, subject=subject, body=text).status_code == 302
    letter = Letter.objects.get()
    assert letter.body == text
    page = office.as_(office.sanna).get(to("followup", follow_up.pk)).content.decode()
    assert "<script>alert" not in page
    if text.startswith("<"):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    from followups.letter_mails import build, load
    from nps.outbox.sender import compose as composed

    delivery = Delivery.objects.get(purpose="followups.letter")
    mail = build(load([letter.pk])[letter.pk], delivery, NOW)
    assert mail is not None
    assert "<script>" not in mail.html
    assert composed(mail, recipient=delivery.recipient, message_id=delivery.message_id).message().as_bytes()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject": " "}, "Say what it is about"),
        ({"body": ""}, "Write what you want to tell the customer"),
        ({"body": "\n \n"}, "is empty"),
        ({"subject": "x" * 151}, "150 is the most"),
        ({"body": "x" * 10_001}, "10,000 is the most"),
        ({"body": "a\x00b"}, "NUL"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_shown_again(office: Office, changes: dict[str, str], said: str) -> None:
    follow_up = made(office)
    page = compose(office, follow_up, **{"subject": "Kept", "body": "Kept too", **changes})
    assert page.status_code == 422
    assert said in page.content.decode()
    assert "Kept" in page.content.decode()
    assert "aria-invalid" in page.content.decode()
    assert not follow_up.attempts.exists()


def test_a_text_sent_after_the_sign_in_ran_out_is_not_lost(office: Office) -> None:
    follow_up = made(office)
    form = letter_form(follow_up, body="Typed for\r\nten minutes")
    browser = Client()
    page = browser.post(to("followup-email", follow_up.pk), form)
    assert page.status_code == 401
    carried = page.content.decode().partition('name="carried" value="')[2].partition('"')[0]
    page = browser.post(to("login"), {"username": "sanna", "password": "correct horse", "carried": carried})
    kept = page.context["carried"]
    assert Letter.objects.count() == 0, "nothing is sent before somebody presses again"
    assert browser.post(kept.address, dict(kept.fields)).status_code == 302
    assert Letter.objects.get().body == "Typed for\nten minutes"


def test_one_that_is_closed_is_not_written_about(office: Office) -> None:
    follow_up = made(office)
    FollowUp.objects.filter(pk=follow_up.pk).update(status="cancelled")
    assert office.as_(office.sanna).get(to("followup-email", follow_up.pk)).status_code == 302
    follow_up.refresh_from_db()
    assert compose(office, follow_up).status_code == 409
    assert Letter.objects.count() == 0
