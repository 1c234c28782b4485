"""Log each try to reach the customer, and take a wrong one back."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Subquery

from followups import rules
from followups.models import Attempt, FollowUp
from followups.services import writing
from followups.services.assigning import claim
from followups.services.moving import move, record
from nps.desk.calendars import calendar_of
from nps.desk.hours import add_working_time
from nps.desk.models import User
from nps.errors import Conflict, InvalidInput, NotAllowed
from nps.survey.services import answering
from nps.text import clean_text


@transaction.atomic
def log_attempt(
    *,
    follow_up: FollowUp,
    via: str,
    result: str,
    by: User,
    at: datetime,
    note: str = "",
    mail: writing.Written | None = None,
    expected_version: int | None = None,
) -> Attempt:
    """Write the attempt and set when the next thing is due: the next try by policy, or the closing once reached. With
    `mail` that e-mail is sent too, once the attempt can no longer be taken back.

    Logging on one that nobody has takes it. The first *reached* is the first contact: from then on the customer's
    answer stands as given. An e-mail sent is an attempt and never counts as reaching."""
    if via not in Attempt.Via.values:
        raise InvalidInput(f"via must be one of {', '.join(Attempt.Via.values)}.", field="via")
    if result not in Attempt.Result.values:
        raise InvalidInput(f"result must be one of {', '.join(Attempt.Result.values)}.", field="result")
    if result == Attempt.Result.EMAILED and via not in (Attempt.Via.EMAIL, Attempt.Via.CHAT):
        raise InvalidInput("“E-mailed” goes with the channel e-mail or chat.", field="via")
    if result == Attempt.Result.VOICEMAIL and via != Attempt.Via.PHONE:
        raise InvalidInput("A voicemail is left by phone.", field="via")
    note = clean_text(note, field="note")
    if mail is not None:
        if (via, result) != (Attempt.Via.EMAIL, Attempt.Result.EMAILED):
            raise InvalidInput("An e-mail goes with the channel e-mail and the outcome “E-mailed”.", field="mail")
        mail = writing.check(follow_up, mail)
    is_first_contact = result == Attempt.Result.REACHED and follow_up.reached_at is None
    if is_first_contact:
        # The answer before the follow-up, as when its customer changes the score at this moment: taken the other way
        # round, each of the two would wait for the other's row.
        answering.freeze(response_id=follow_up.response_id, at=at)
    if follow_up.status == FollowUp.Status.OPEN:
        claim(follow_up=follow_up, by=by, at=at, expected_version=expected_version)
        expected_version = None
    previous_status, previous_due_at = follow_up.status, follow_up.due_at
    if result == Attempt.Result.REACHED:
        due_at = follow_up.close_due_at
    else:
        calendar = calendar_of(follow_up.team_id)
        due_at = add_working_time(calendar, at, float(follow_up.policy.next_try_hours))
    changes: dict[str, Any] = {}
    if is_first_contact:
        # From here the closing is judged, and its ladder begins anew.
        changes |= {"reached_at": at, "escalation": FollowUp.Escalation.NONE}
    if follow_up.acknowledged_at is None and follow_up.assignee_id == by.pk:
        changes["acknowledged_at"] = at  # who works on it has seen it
    move(
        follow_up,
        "log_attempt",
        at=at,
        actor=by,
        expected_version=expected_version,
        sentence=_sentence(via, result, note, mail),
        detail={"via": via, "result": result, **({"subject": mail.subject} if mail else {})},
        due_at=due_at,
        attempts_made=F("attempts_made") + 1,
        snoozed_until=None,
        **changes,
    )
    follow_up.refresh_from_db(fields=["attempts_made"])
    attempt = Attempt.objects.create(
        follow_up=follow_up,
        via=via,
        result=result,
        at=at,
        by=by,
        note=note,
        previous_due_at=previous_due_at,
        previous_status=previous_status,
    )
    if mail is not None:
        writing.queue(attempt=attempt, written=mail, at=at)
    else:
        Attempt._meta.get_field("letter").set_cached_value(attempt, None)  # nobody has to look for it
    return attempt


def _sentence(via: str, result: str, note: str, mail: writing.Written | None) -> str:
    if mail is not None:
        return f"E-mailed “{mail.subject}”. {note}".strip()
    said = {
        Attempt.Result.NO_ANSWER: f"Logged no answer by {Attempt.Via(via).label.lower()}.",
        Attempt.Result.VOICEMAIL: "Left a voicemail.",
        Attempt.Result.EMAILED: "Sent an e-mail." if via == Attempt.Via.EMAIL else "Wrote in the chat.",
        Attempt.Result.REACHED: f"Reached the customer by {Attempt.Via(via).label.lower()}.",
    }[Attempt.Result(result)]
    return f"{said} {note}".strip()


@transaction.atomic
def undo_attempt(*, attempt: Attempt, by: User, at: datetime) -> FollowUp:
    """Take back one's own last attempt: due time and status as before, and its e-mail does not leave. The row stays,
    marked undone. Conflict once the e-mail has left."""
    if attempt.result == Attempt.Result.REACHED:
        answering.thaw(response_id=attempt.follow_up.response_id)  # the answer's row first, as in log_attempt
    if attempt.result == Attempt.Result.EMAILED:
        writing.take_back(attempt=attempt, at=at)  # the outbox's row first too, as when a sender settles it
    follow_up = FollowUp.objects.select_for_update(no_key=True).get(pk=attempt.follow_up_id)
    if attempt.by_id != by.pk:
        raise NotAllowed("Only the person who logged an attempt can take it back.")
    last = follow_up.attempts.filter(undone_at__isnull=True).order_by("-at", "-pk").first()
    if last is None or last.pk != attempt.pk or not follow_up.is_unclosed:
        raise Conflict("Only the last attempt of a follow-up that is not closed can be taken back.")
    logged = follow_up.history.filter(verb="log_attempt").order_by("-pk").values("pk")[:1]
    if follow_up.history.filter(pk__gt=Subquery(logged), verb__in=rules.TRANSITIONS).exists():
        raise Conflict("Something else was done with this follow-up since; what was logged before stays.")
    Attempt.objects.filter(pk=attempt.pk).update(undone_at=at)
    others_reached = follow_up.attempts.filter(undone_at__isnull=True, result=Attempt.Result.REACHED).order_by("at")
    first_reached = others_reached.first()
    before = follow_up.status
    FollowUp.objects.filter(pk=follow_up.pk).update(
        escalation=follow_up.escalation if first_reached else _ladder_before(attempt),
        status=attempt.previous_status,
        due_at=attempt.previous_due_at,
        attempts_made=F("attempts_made") - 1,
        reached_at=first_reached.at if first_reached else None,
        version=F("version") + 1,
    )
    if first_reached is not None:
        answering.freeze(response_id=follow_up.response_id, at=first_reached.at)
    record(
        follow_up,
        "undo_attempt",
        at=at,
        actor=by,
        sentence=f"Took back “{attempt.get_result_display()}”.",
        before=before,
        after=attempt.previous_status,
    )
    follow_up.refresh_from_db()
    return follow_up


def _ladder_before(attempt: Attempt) -> int:
    """How far up the ladder it was when this attempt was logged, or where it still is."""
    follow_up = attempt.follow_up
    if attempt.result != Attempt.Result.REACHED:
        return follow_up.escalation
    opened = follow_up.history.filter(verb__in=("open", *rules.BEGIN_AGAIN)).order_by("-pk").values("pk")[:1]
    climbed = follow_up.history.filter(verb="escalate", at__lte=attempt.at, pk__gt=Subquery(opened))
    last = climbed.order_by("-pk").first()
    return FollowUp.Escalation[last.detail["step"].upper()] if last else FollowUp.Escalation.NONE


def add_note(*, follow_up: FollowUp, text: str, by: User, at: datetime) -> None:
    """A line for colleagues in the history. It counts as a change: whoever has the follow-up open is to read it before
    they act."""
    text = clean_text(text, field="note", is_required=True)
    with transaction.atomic():
        FollowUp.objects.filter(pk=follow_up.pk).update(version=F("version") + 1)
        follow_up.refresh_from_db(fields=["version"])
        record(follow_up, "note", at=at, actor=by, sentence=text)
