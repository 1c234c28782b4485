"""The mail that says what was changed: still welcome? then a frame in the customer's language around a colleague's
words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.template.loader import render_to_string

from followups.models import FollowUp, Lesson, ReportBackMail
from followups.report_back_words import frame_in
from followups.report_backs import disturbs, to_send
from followups.services import reporting_back
from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail, Purpose
from nps.outbox.purposes import register as register_purpose
from nps.statements import Stamp
from nps.survey import links
from nps.survey.phrasing import local
from nps.survey.rendering import FONT, ONE_CLICK
from nps.survey.wording import words_in

STOPS_FOR = timedelta(days=3 * 365)  # so long the link that unsubscribes works


@dataclass(frozen=True)
class Sheet:
    """What stands in the mail, from the subject to the last line. Pages show the same."""

    language: str
    subject: str
    hello: str
    intro: str
    text: str
    thanks: str
    because: str
    stop: str


def sheet_of(follow_up: FollowUp, text: str, language: str) -> Sheet:
    """The mail about the answer of `follow_up`, in `language`."""
    words, frame = words_in(language), frame_in(language)
    name = follow_up.customer.first_name.strip()
    date = words.day(local(follow_up.response.answered_at, follow_up.response.invitation))
    return Sheet(
        language=words.code,
        subject=frame.subject,
        hello=words.hello.format(name=name) if name else words.hello_nobody,
        intro=_sentence(frame.intro.format(date=date)),
        text=text,
        thanks=frame.thanks,
        because=frame.because.format(date=date),
        stop=frame.stop,
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def load(ids: Iterable[int]) -> dict[int, ReportBackMail]:
    """One statement for the whole batch."""
    return to_send().in_bulk(list(ids))


def why_unwanted(mail: ReportBackMail, at: datetime) -> str:
    """What has changed since it was queued, in words: the lesson was taken back, or the customer wants to be left in
    peace."""
    if mail.lesson.status != Lesson.Status.IN_PLACE:
        return "The change is not in place any more."
    if mail.follow_up.status == FollowUp.Status.CANCELLED:
        return "The follow-up was cancelled."
    if mail.recipient.lower() != mail.follow_up.customer.email.lower():
        return "The customer’s address has changed."
    return disturbs(mail.follow_up, mail, at)


def build(mail: ReportBackMail, delivery: Delivery, at: datetime) -> Mail | None:
    if why_unwanted(mail, at):
        return None
    sheet = sheet_of(mail.follow_up, mail.text, mail.language)
    stop_url = links.lasting_stop_url(mail.follow_up.response.invitation, mail.queued_at + STOPS_FOR)
    context = {"sheet": sheet, "stop_url": stop_url, "organisation": settings.ORGANISATION, "font": FONT}
    return Mail(
        subject=sheet.subject,
        text=f"{render_to_string('followups/email/report_back.txt', context).strip()}\n",
        html=render_to_string("followups/email/report_back.html", context),
        headers={
            "Content-Language": sheet.language,
            "List-Unsubscribe": f"<{stop_url}>",
            "List-Unsubscribe-Post": ONE_CLICK,
        },
    )


def sent(delivery: Delivery, at: datetime) -> Stamp:
    """It was perhaps given up once and sent again."""
    return Stamp(ReportBackMail, delivery.subject_id, {"sent_at": at, "stopped_at": None, "why": ""})


def settled(delivery: Delivery, at: datetime) -> None:
    """Whatever else became of it than being sent."""
    mail = to_send().filter(pk=delivery.subject_id).first()
    if mail is not None:
        why = Delivery.objects.values_list("last_error", flat=True).get(pk=delivery.pk)
        if delivery.status == Delivery.Status.CANCELLED:
            why = why_unwanted(mail, at) or why
        reporting_back.note_unsent(mail=mail, status=delivery.status, why=why, at=at)


def register() -> None:
    register_purpose(reporting_back.PURPOSE, Purpose(load=load, build=build, settled=settled, sent=sent))
