"""Tell customers what was changed because of what they said: queued once for each lesson and customer."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from followups.models import FollowUp, HistoryEntry, Lesson, ReportBack, ReportBackMail
from followups.models.report_backs import LONGEST_TEXT
from followups.report_backs import Audience, audience_of
from followups.services.moving import record
from nps.desk.models import User
from nps.errors import Conflict, InvalidInput
from nps.outbox.models import Delivery
from nps.outbox.services import enqueueing
from nps.survey.models import Suppression
from nps.survey.services import opting_out
from nps.survey.wording import LANGUAGES
from nps.text import clean_text

PURPOSE = "followups.report_back"
#: Behind everything that somebody waits for.
PRIORITY = -5
MARGIN = 300  # characters of a reason that are kept


class AudienceChanged(Conflict):
    """Somebody else would be told than the person was shown."""

    code = "audience_changed"


def check(*, lesson: Lesson, texts: Mapping[str, str]) -> dict[str, str]:
    """What would be sent, by language. Conflict where nothing is in place; InvalidInput with the language as its field
    for a text that cannot be sent, and where there is none at all. Nothing is written."""
    if lesson.status != Lesson.Status.IN_PLACE:
        raise Conflict("Customers are told once the change is in place.", code="not_in_place")
    written = {}
    for code, text in texts.items():
        if code not in LANGUAGES:
            raise InvalidInput(f"{code} is none of {', '.join(LANGUAGES)}.", field=code, code="language")
        text = clean_text(text, field=code, max_length=LONGEST_TEXT)
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        if text:
            written[code] = text
    if not written:
        first = next(iter(texts), next(iter(LANGUAGES)))
        raise InvalidInput("Say in one or two sentences what was changed.", field=first, code="required")
    return written


def report_back(
    *,
    lesson: Lesson,
    texts: Mapping[str, str],
    at: datetime,
    by: User | None = None,
    whom: str = ReportBack.Whom.LINKED,
    shown: str | None = None,
) -> ReportBack:
    """Queue the mails, in the words of `texts` (language -> text); nobody is told whose language is missing there.

    AudienceChanged where `shown`, the mark of the audience that the person saw, is not that of who would be told now;
    Conflict `nobody` where nobody is left to tell."""
    written = check(lesson=lesson, texts=texts)
    with transaction.atomic():
        everybody = audience_of(lesson, whom, at)
        audience = everybody.in_languages(written)
        # Who saw everybody may still leave languages out.
        if shown is not None and shown not in (audience.mark, everybody.mark):
            raise AudienceChanged("Who would be told has changed meanwhile; look at the list again.")
        made = ReportBack.objects.create(lesson=lesson, whom=whom, texts=written, by=by, at=at)
        mails = _write(made, audience)
        if not mails:  # who was told in the same moment by somebody else is theirs
            raise Conflict("There is nobody left to tell.", code="nobody")
        recipients = {mail.pk: mail.recipient for mail in mails}
        enqueueing.enqueue_all(purpose=PURPOSE, recipients=recipients, at=at, priority=PRIORITY)
        _note(made, mails)
    return made


def _write(made: ReportBack, audience: Audience) -> list[ReportBackMail]:
    """The unique constraint on lesson and customer decides who of two tells whom. In one order for everybody."""
    rows = [
        ReportBackMail(
            report_back=made,
            lesson_id=made.lesson_id,
            customer_id=one.follow_up.customer_id,
            follow_up=one.follow_up,
            recipient=one.follow_up.customer.email,
            language=one.language,
            queued_at=made.at,
        )
        for one in sorted(audience.told, key=lambda one: one.follow_up.customer_id)
    ]
    ReportBackMail.objects.bulk_create(rows, ignore_conflicts=True, batch_size=enqueueing.IN_ONE_STATEMENT)
    return list(ReportBackMail.objects.filter(report_back=made).order_by("pk"))


def _note(made: ReportBack, mails: list[ReportBackMail]) -> None:
    entries = [
        HistoryEntry(
            follow_up_id=mail.follow_up_id,
            at=made.at,
            actor=made.by,
            verb="report_back",
            sentence=f"Told the customer what was changed: “{made.texts[mail.language]}”",
            detail={"lesson": made.lesson_id, "report_back": made.pk},
        )
        for mail in mails
    ]
    HistoryEntry.objects.bulk_create(entries, batch_size=enqueueing.IN_ONE_STATEMENT)


def note_unsent(*, mail: ReportBackMail, status: str, why: str, at: datetime) -> None:
    """The outbox will not send it: write why, and say so in the history. A dead address is not written to again."""
    ReportBackMail.objects.filter(pk=mail.pk).update(stopped_at=at, sent_at=None, why=why[:MARGIN])
    if status == Delivery.Status.BOUNCED:
        opting_out.opt_out(address=mail.recipient, at=at, reason=Suppression.Reason.BOUNCED)
    follow_up = FollowUp.objects.get(pk=mail.follow_up_id)
    sentence = f"The mail about what was changed was not sent: {why}"
    record(follow_up, "report_back_not_sent", at=at, sentence=sentence, detail={"lesson": mail.lesson_id})
