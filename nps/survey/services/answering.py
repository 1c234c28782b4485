"""Take an answer, its reason, and the customer's change of mind. What was acknowledged is in a row."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from nps.desk.models import User
from nps.errors import Conflict, InvalidInput
from nps.survey import signals
from nps.survey.grammar import ScoreError, parse_score
from nps.survey.models import Invitation, Response, ResponseRevision, Topic
from nps.text import clean_text
from nps.wires import insert_and_say, say

EDITABLE = timedelta(hours=72)
COMMENT_LENGTH = 10_000


class AlreadyAnswered(Conflict):
    """Another answer stands. `response` is that answer; nothing was changed."""

    code = "already_answered"

    def __init__(self, response: Response) -> None:
        super().__init__(
            f"This invitation was answered with {response.score} already; change that answer instead.", field="score"
        )
        self.response = response


def read_score(value: object) -> int:
    """The score as an int, or InvalidInput: the one grammar of every door."""
    try:
        return parse_score(value)
    except ScoreError as error:
        raise InvalidInput(str(error), field="score", code="invalid_score") from None


def record_answer(
    *,
    invitation: Invitation,
    score: object,
    at: datetime,
    origin: str = Response.Origin.HUMAN,
    nonce: str = "",
    language: str = "",
    comment: str = "",
    taken_by: User | None = None,
    is_history: bool = False,
) -> tuple[Response, bool]:
    """The answer and whether it is new. `invitation` comes with its resolution, that one's account loaded.

    The same nonce again (a page that sent twice, a retry after a lost connection) returns the first answer;
    AlreadyAnswered if a different one stands. The answer and what follows from it commit together."""
    number = read_score(score)
    comment = clean_text(comment, field="comment", max_length=COMMENT_LENGTH)
    response = _new_response(invitation, number, at)
    response.comment, response.origin, response.nonce = comment, origin, nonce
    response.language = language or invitation.language
    response.taken_by, response.is_history = taken_by, is_history
    if comment:
        response.reasoned_at = at
    if insert_and_say(response, signals.response_recorded, sender=Response, response=response, at=at):
        return response, True
    standing = Response.objects.get(invitation=invitation)
    if nonce and standing.nonce == nonce and _first_score(standing) == number:
        return standing, False
    raise AlreadyAnswered(standing)


def _first_score(response: Response) -> int:
    """As it was first given, whatever it was changed to since."""
    earliest = response.revisions.order_by("pk").values_list("old_score", flat=True).first()
    return response.score if earliest is None else earliest


def _new_response(invitation: Invitation, score: int, at: datetime) -> Response:
    response = Response(
        invitation=invitation,
        survey_id=invitation.survey_id,
        customer_id=invitation.customer_id,
        score=score,
        answered_at=at,
        editable_until=at + EDITABLE,
    )
    resolution = invitation.resolution
    if resolution is not None:
        response.resolution = resolution
        response.account = resolution.account
        response.team_id, response.agent_id = resolution.team_id, resolution.agent_id
        response.product_id, response.channel = resolution.product_id, resolution.channel
        response.shift_name = resolution.shift_name
    else:
        response.account = invitation.customer.account
    return response


@transaction.atomic
def change_score(
    *, response: Response, score: object, at: datetime, nonce: str = "", by: User | None = None
) -> Response:
    """The customer's own explicit change. Conflict once the window has closed; the same nonce again changes nothing."""
    number = read_score(score)
    locked = _locked(response)
    if nonce and (sent := locked.revisions.filter(nonce=nonce).first()) is not None:
        if sent.new_score != number:
            raise Conflict("This page was sent already; nothing has been changed.", field="score", code="sent_already")
        return locked
    if not locked.is_editable(at):
        raise Conflict("This answer can no longer be changed.", field="score", code="closed")
    if locked.score == number:
        return locked
    revision = ResponseRevision.objects.create(
        response=locked,
        at=at,
        by=by,
        old_score=locked.score,
        new_score=number,
        old_comment=locked.comment,
        new_comment=locked.comment,
        nonce=nonce,
    )
    locked.score = number
    locked.save(update_fields=["score"])
    say(signals.response_changed, sender=Response, response=locked, revision=revision, at=at)
    return locked


@transaction.atomic
def add_reason(
    *,
    response: Response,
    at: datetime,
    comment: str = "",
    topics: Iterable[Topic] = (),
    contact_choice: str = "",
    asked_at: datetime | None = None,
) -> Response:
    """What held the score back or earned it, in the customer's words; an earlier comment is kept as a revision.

    A first reason is always welcome; Conflict for another one once the window has closed. One that was sent before the
    one that stands changes nothing: it hung in a frozen database while the customer sent the page again. Nor does one
    whose page was made (`asked_at`) before its very words were replaced: that is an old form sent a second time."""
    comment = clean_text(comment, field="comment", max_length=COMMENT_LENGTH)
    if contact_choice not in Response.ContactChoice.values:
        raise InvalidInput("contact must be phone, email or no, or left out.", field="contact_choice")
    locked = _locked(response)
    if locked.reasoned_at and at < locked.reasoned_at:
        return locked
    replaced = locked.revisions.filter(old_comment=comment, at__gte=asked_at) if asked_at else locked.revisions.none()
    if locked.comment != comment and replaced.exists():
        return locked
    if locked.reasoned_at and not locked.is_editable(at):
        if (locked.comment, locked.contact_choice) == (comment, contact_choice):
            return locked
        raise Conflict("What was said with this answer can no longer be changed.", field="comment", code="closed")
    if locked.comment and locked.comment != comment:
        ResponseRevision.objects.create(
            response=locked,
            at=at,
            old_score=locked.score,
            new_score=locked.score,
            old_comment=locked.comment,
            new_comment=comment,
        )
    locked.comment = comment
    locked.contact_choice = contact_choice
    locked.reasoned_at = at
    locked.save(update_fields=["comment", "contact_choice", "reasoned_at"])
    locked.topics.set(topics)
    return locked


def _locked(response: Response) -> Response:
    """The row, ours until the transaction ends. Its key stays shared: another writer that refers to it, such as an
    act on what was opened from it, must not wait here while we are about to wait for that writer."""
    return Response.objects.select_for_update(no_key=True).get(pk=response.pk)


def hold(*, response_id: int) -> None:
    """Nobody else changes this answer until the transaction ends. An act that writes to what was opened from an answer
    and then to the answer begins with this: a customer's change takes the two rows in that order, and taken the other
    way round each would wait for the other."""
    Response.objects.select_for_update(no_key=True).values_list("pk").get(pk=response_id)


def thaw(*, response_id: int) -> None:
    """The first contact was logged by mistake: the customer may change the answer again, for as long as before."""
    response = Response.objects.select_for_update(no_key=True).get(pk=response_id)
    response.editable_until = response.answered_at + EDITABLE
    response.save(update_fields=["editable_until"])


def freeze(*, response_id: int, at: datetime) -> None:
    """From the first contact on the answer stands as it was given."""
    Response.objects.filter(pk=response_id, editable_until__gt=at).update(editable_until=at)
