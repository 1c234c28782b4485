"""The customer's e-mail as it leaves: from the support address in the agent's name, in the survey mail's thread."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string

from followups.guide import FALLBACK
from followups.letter_words import BECAUSE
from followups.letters import one_line, why_not
from followups.models import Letter
from followups.services import writing
from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail, Purpose
from nps.outbox.purposes import register as register_purpose
from nps.statements import Stamp
from nps.survey.rendering import FONT
from nps.survey.services import inviting

ASKED = (inviting.PURPOSE, inviting.REMINDER)
#: So many of the thread's mails are named: the first, and the latest.
MOST_NAMED = 10


def load(ids: Iterable[int]) -> dict[int, Letter]:
    """Letters with their people and the thread they belong to, in three statements for the whole batch."""
    rows = Letter.objects.select_related(
        "attempt__by", "attempt__follow_up__customer", "attempt__follow_up__response"
    ).in_bulk(list(ids))
    threads = _threads(rows.values())
    for letter in rows.values():
        letter.thread = threads[letter.attempt.follow_up_id]  # type: ignore[attr-defined]
    return rows


def _threads(letters: Iterable[Letter]) -> dict[int, list[str]]:
    """follow-up id -> the Message-IDs of what its customer was sent about it, oldest first."""
    of_invitation: dict[int, int] = {}
    for letter in letters:
        follow_up = letter.attempt.follow_up
        of_invitation[follow_up.response.invitation_id] = follow_up.pk
    earlier = dict(
        Letter.objects.filter(attempt__follow_up__in=set(of_invitation.values()), sent_at__isnull=False).values_list(
            "pk", "attempt__follow_up_id"
        )
    )
    sent = Delivery.objects.filter(
        Q(purpose__in=ASKED, subject_id__in=of_invitation) | Q(purpose=writing.PURPOSE, subject_id__in=earlier),
        status=Delivery.Status.SENT,
    )
    threads: dict[int, list[str]] = defaultdict(list)
    for purpose, subject, name in sent.order_by("settled_at", "pk").values_list("purpose", "subject_id", "message_id"):
        threads[earlier[subject] if purpose == writing.PURPOSE else of_invitation[subject]].append(name)
    return threads


def build(letter: Letter, delivery: Delivery, at: datetime) -> Mail | None:
    """None once its attempt was taken back, or where the customer must not be written to any more."""
    if letter.attempt.undone_at is not None or why_not(letter.attempt.follow_up):
        return None
    language = letter.language
    context = {
        "letter": letter,
        "because": BECAUSE.get(language.split("-")[0], BECAUSE[FALLBACK]),
        "organisation": settings.ORGANISATION,
        "font": FONT,
    }
    thread = [name for name in letter.thread if name != delivery.message_id]  # type: ignore[attr-defined]
    named = thread[:1] + thread[1:][-MOST_NAMED:]
    return Mail(
        subject=letter.subject,
        text=f"{render_to_string('followups/email/letter.txt', context).rstrip()}\n",
        html=render_to_string("followups/email/letter.html", context),
        from_name=one_line(f"{letter.attempt.by} ({settings.ORGANISATION['name']})"),
        headers={
            # A person wrote it: whoever is out of the office may say so (RFC 3834).
            "Auto-Submitted": "no",
            "Content-Language": language,
            **({"In-Reply-To": named[-1], "References": " ".join(named)} if named else {}),
        },
    )


def sent(delivery: Delivery, at: datetime) -> Stamp:
    """It was perhaps given up once and sent again."""
    stopped = {"bounced_at": None, "failed_at": None, "cancelled_at": None, "why": ""}
    return Stamp(Letter, delivery.subject_id, {"sent_at": at, **stopped})


def settled(delivery: Delivery, at: datetime) -> None:
    """Whatever else became of it than being sent."""
    letters = Letter.objects.select_related("attempt__follow_up__customer", "attempt__follow_up__response")
    letter = letters.filter(pk=delivery.subject_id).first()
    if letter is not None:
        why = Delivery.objects.values_list("last_error", flat=True).get(pk=delivery.pk)
        writing.note_unsent(letter=letter, status=delivery.status, why=why, at=at)


def register() -> None:
    register_purpose(writing.PURPOSE, Purpose(load=load, build=build, settled=settled, sent=sent))
