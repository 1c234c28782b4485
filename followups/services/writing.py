"""Write to the customer: the e-mail of an attempt, queued to leave once it can no longer be taken back."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import F

from followups.letters import UNSEEN, why_not
from followups.models import Attempt, FollowUp, Letter
from followups.models.letters import LONGEST_BODY, LONGEST_SUBJECT
from followups.services.moving import record
from nps.errors import Conflict, InvalidInput
from nps.outbox.models import Delivery
from nps.outbox.services import enqueueing
from nps.survey.models import Suppression
from nps.survey.services import opting_out
from nps.text import clean_text

PURPOSE = "followups.letter"
PRIORITY = 4
UNDO_WINDOW = timedelta(seconds=10)
#: An undo pressed in the last moment is still on its way when the window ends.
ON_ITS_WAY = timedelta(seconds=2)


@dataclass(frozen=True)
class Written:
    """An e-mail as a person wrote it. `language` is that of its words: the follow-up's unless said."""

    subject: str
    body: str
    language: str = ""


def check(follow_up: FollowUp, written: Written) -> Written:
    """What would be sent. InvalidInput with the field (subject, body) that is wrong; Conflict `not_to_be_mailed` with
    the reason in words. Nothing is written."""
    subject = clean_text(written.subject, field="subject", max_length=LONGEST_SUBJECT, is_required=True)
    unseen = next((sign for sign in subject if unicodedata.category(sign) in UNSEEN), None)
    if unseen is not None:
        raise InvalidInput(
            f"The subject is one line: it holds a line break or control character (U+{ord(unseen):04X}).",
            field="subject",
            code="line_break",
        )
    body = clean_text(written.body, field="body", max_length=LONGEST_BODY, is_required=True)
    if reason := why_not(follow_up):
        raise Conflict(f"No e-mail can be sent: {reason}", code="not_to_be_mailed")
    body = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return replace(written, subject=subject.strip(), body=body, language=written.language or follow_up.language)


def queue(*, attempt: Attempt, written: Written, at: datetime) -> Letter:
    """Put what `check` gave back into the outbox, in the transaction of its attempt."""
    leaves_at = at + UNDO_WINDOW
    letter = Letter.objects.create(
        attempt=attempt,
        recipient=attempt.follow_up.customer.email,
        language=written.language,
        subject=written.subject,
        body=written.body,
        leaves_at=leaves_at,
    )
    enqueueing.enqueue(
        purpose=PURPOSE,
        subject_id=letter.pk,
        recipient=letter.recipient,
        at=at,
        due_at=leaves_at + ON_ITS_WAY,
        priority=PRIORITY,
    )
    return letter


def take_back(*, attempt: Attempt, at: datetime) -> None:
    """Stop the e-mail of an attempt that is undone; Conflict once it has left, or may have."""
    letter = Letter.objects.select_related("attempt").filter(attempt=attempt).first()
    if letter is None or letter.state == Letter.State.NOT_SENT:
        return
    if not enqueueing.cancel(purpose=PURPOSE, subject_id=letter.pk, at=at, reason="taken back", is_unsent=True):
        raise Conflict("The e-mail has left already, so it cannot be taken back.", code="sent")
    Letter.objects.filter(pk=letter.pk).update(cancelled_at=at, why="taken back")


def note_unsent(*, letter: Letter, status: str, why: str, at: datetime) -> None:
    """The outbox will not send it: write why, say so in the history, and let the next try be due now, because nobody
    waits for the customer any more. A dead address is not written to again."""
    field = {Delivery.Status.BOUNCED: "bounced_at", Delivery.Status.DEAD: "failed_at"}.get(
        Delivery.Status(status), "cancelled_at"
    )
    attempt = letter.attempt
    if status == Delivery.Status.CANCELLED and attempt.undone_at is None:
        why = why_not(attempt.follow_up) or why
    Letter.objects.filter(pk=letter.pk).update(**{field: at, "why": why[:300]})
    if status == Delivery.Status.BOUNCED:
        opting_out.opt_out(address=letter.recipient, at=at, reason=Suppression.Reason.BOUNCED)
    if attempt.undone_at is not None:
        return
    follow_up = FollowUp.objects.get(pk=attempt.follow_up_id)
    record(
        follow_up,
        "letter_not_sent",
        at=at,
        sentence=f"The e-mail “{letter.subject}” was not sent: {why}",
        detail={"attempt": attempt.pk},
    )
    last = follow_up.attempts.filter(undone_at__isnull=True).order_by("-at", "-pk").first()
    if follow_up.is_unclosed and last is not None and last.pk == attempt.pk:
        due_at = min(follow_up.due_at, max(attempt.previous_due_at, at))
        same = FollowUp.objects.filter(pk=follow_up.pk, version=follow_up.version)
        same.update(due_at=due_at, version=F("version") + 1)
