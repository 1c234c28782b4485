"""What became of the asking, told in order: decision, mail, opened links, the answer and its changes. Read only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import JSONField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import JSONObject

from nps.outbox.models import Delivery
from nps.survey.models import Click, Invitation, Response, ResponseRevision, SurveyDecision
from nps.survey.services.inviting import PURPOSE, REMINDER

#: More opened links than this are told as a number.
CLICKS_TOLD = 6
ON_ITS_WAY = (Delivery.Status.QUEUED, Delivery.Status.SENDING, Delivery.Status.HELD)
HOW = {
    Response.Origin.HUMAN: "on the survey page",
    Response.Origin.PHONE: "by phone",
    Response.Origin.API: "through the API",
    Response.Origin.IMPORTED: "in another system, imported",
}


@dataclass(frozen=True)
class Mail:
    """What a story needs of a delivery."""

    name: str
    status: str
    due_at: datetime
    settled_at: datetime | None
    attempts: int
    last_error: str
    recipient: str


@dataclass(frozen=True)
class Step:
    """One thing that happened, or will. `kind`: asked, skipped, waiting, mailed, failed, opened, scanner, answered,
    changed, reasoned."""

    at: datetime | None
    kind: str
    words: str


@dataclass(frozen=True)
class Story:
    """Of one invitation, or of one decision not to ask."""

    summary: str
    steps: list[Step] = field(default_factory=list)
    response: Response | None = None


# ---- whose ----------------------------------------------------------------------------------------------------
def stories_of(resolution_ids: Iterable[int]) -> dict[int, Story]:
    """resolution id -> its story, where the survey has decided. Three statements, whatever the number."""
    decisions = SurveyDecision.objects.filter(resolution_id__in=list(resolution_ids)).select_related(
        "resolution__invitation__response__taken_by"
    )
    decisions = decisions.annotate(**_mails("resolution__invitation__pk")).prefetch_related(
        Prefetch("resolution__invitation__clicks", _clicks()),
        Prefetch("resolution__invitation__response__revisions", _revisions()),
    )
    return {decision.resolution_id: _of_decision(decision) for decision in decisions}


def story_of(invitation_id: int) -> Story:
    """The story of one invitation, which may have no ticket. Three statements."""
    invitation = (
        Invitation.objects.select_related("response__taken_by")
        .annotate(**_mails("pk"))
        .prefetch_related(Prefetch("clicks", _clicks()), Prefetch("response__revisions", _revisions()))
        .get(pk=invitation_id)
    )
    return _of_invitation(invitation, [], _mails_in(invitation))


def story_of_response(response: Response) -> Story:
    """How this answer came to be. Three statements."""
    return story_of(response.invitation_id)


def _clicks() -> QuerySet[Click]:
    return Click.objects.order_by("at", "pk")


def _revisions() -> QuerySet[ResponseRevision]:
    return ResponseRevision.objects.select_related("by").order_by("at", "pk")


MAILS = {"mail": (PURPOSE, "Survey mail"), "reminder": (REMINDER, "Reminder")}
FACTS = ("status", "due_at", "settled_at", "attempts", "last_error", "recipient")


def _mails(path: str) -> dict[str, Subquery]:
    """The two mails an invitation may have, read along with it; `path` leads to the invitation's key."""

    def of(purpose: str) -> Subquery:
        rows = Delivery.objects.filter(purpose=purpose, subject_id=OuterRef(path), key="")
        return Subquery(rows.values(facts=JSONObject(**{name: name for name in FACTS}))[:1], output_field=JSONField())

    return {name: of(purpose) for name, (purpose, _) in MAILS.items()}


def _mails_in(row: Any) -> dict[str, Mail]:
    """By purpose, out of a row that was read with `_mails`."""
    found: dict[str, Mail] = {}
    for name, (purpose, title) in MAILS.items():
        facts = getattr(row, name)
        if facts:
            moments = {key: _moment(facts[key]) for key in ("due_at", "settled_at")}
            found[purpose] = Mail(**{**facts, **moments}, name=title)
    return found


def _moment(text: str | None) -> datetime | None:
    """SQLite keeps UTC without saying so."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# ---- told -----------------------------------------------------------------------------------------------------
def _of_decision(decision: SurveyDecision) -> Story:
    if decision.outcome == SurveyDecision.Outcome.SKIPPED:
        words = f"Skipped: {decision.get_reason_display().lower()}"
        return Story(words, [Step(decision.decided_at, "skipped", words)])
    asked = Step(decision.decided_at, "asked", "Invited")
    invitation = getattr(decision.resolution, "invitation", None)
    if invitation is None:
        return Story("Invited", [asked])
    return _of_invitation(invitation, [asked], _mails_in(decision))


def _of_invitation(invitation: Invitation, steps: list[Step], mails: dict[str, Mail]) -> Story:
    response = getattr(invitation, "response", None)
    clicks = list(invitation.clicks.all())
    steps = [*steps, *_mail_steps(invitation, mails), *_click_steps(clicks, response)]
    if response is not None:
        steps += _answer_steps(response)
    steps.sort(key=lambda step: step.at or invitation.created_at)
    return Story(_summary(invitation, response, steps), steps, response)


def _summary(invitation: Invitation, response: Response | None, steps: list[Step]) -> str:
    """In one line, what became of it so far; an answer stands whatever happened to the mail."""
    if response is not None:
        return f"Answered {response.score}"
    told = [step for step in steps if step.kind != "scanner"]
    if invitation.delivered_at and not (invitation.bounced_at or invitation.cancelled_at):
        opened = [step.words for step in told if step.kind == "opened" and step.words.endswith("not sent")]
        return opened[-1] if opened else "Mailed, no answer yet"
    return told[-1].words if told else f"Asked by {invitation.get_via_display().lower()}"


def _mail_steps(invitation: Invitation, mails: dict[str, Mail]) -> Iterator[Step]:
    first = mails.get(PURPOSE)
    why = {first.status: first.last_error} if first else {}
    told = [
        (invitation.delivered_at, "mailed", f"Mailed to {invitation.address}", ""),
        (invitation.bounced_at, "failed", "Bounced: the address took no mail", why.get(Delivery.Status.BOUNCED)),
        (invitation.failed_at, "failed", "Not sent", why.get(Delivery.Status.DEAD)),
        (invitation.cancelled_at, "failed", "Not sent", _why_cancelled(invitation, why)),
    ]
    for at, kind, words, reason in told:
        if at is not None:
            yield Step(at, kind, f"{words}: {reason}" if reason else words)
    for purpose, mail in mails.items():
        if purpose == REMINDER or mail.status in ON_ITS_WAY:
            yield _on_its_way(mail)


def _why_cancelled(invitation: Invitation, why: dict[str, str]) -> str:
    response, at = getattr(invitation, "response", None), invitation.cancelled_at
    is_answered = response is not None and at is not None and response.answered_at <= at
    return "it was answered already" if is_answered else why.get(Delivery.Status.CANCELLED, "")


def _on_its_way(mail: Mail) -> Step:
    """A mail that waits, and whatever became of a reminder."""
    name = mail.name
    match mail.status:
        case Delivery.Status.SENT:
            return Step(mail.settled_at, "mailed", f"Reminded at {mail.recipient}")
        case Delivery.Status.SENDING:
            return Step(mail.due_at, "waiting", f"{name} is being sent")
        case Delivery.Status.HELD:
            return Step(mail.settled_at, "waiting", f"{name} {mail.last_error}")
        case Delivery.Status.QUEUED if mail.attempts:
            tries = "once" if mail.attempts == 1 else f"{mail.attempts} times"
            return Step(mail.due_at, "waiting", f"{name} tried {tries}, next then: {mail.last_error}")
        case Delivery.Status.QUEUED:
            return Step(mail.due_at, "waiting", f"{name} leaves then")
    return Step(mail.settled_at, "failed", f"{name} not sent: {mail.last_error}")


def _click_steps(clicks: list[Click], response: Response | None) -> Iterator[Step]:
    opened = [click for click in clicks if not click.is_scanner]
    for click in opened[:CLICKS_TOLD]:
        yield Step(click.at, "opened", _opened(click, response))
    if len(opened) > CLICKS_TOLD:
        yield Step(opened[-1].at, "opened", f"Opened {len(opened) - CLICKS_TOLD} more times")
    scanned = [click for click in clicks if click.is_scanner]
    if not scanned:
        return
    scores = len({click.score for click in scanned} - {None})
    several = f", with {scores} different scores" if scores > 1 else ""
    times = "once" if len(scanned) == 1 else f"{len(scanned)} times"
    yield Step(scanned[0].at, "scanner", f"A mail scanner followed the links ({times}{several}); it counts for nothing")
    if hidden := next((click for click in scanned if click.is_hidden_link), None):
        yield Step(hidden.at, "scanner", "It followed the hidden link, which no person can see")


def _opened(click: Click, response: Response | None) -> str:
    if click.score is None:
        return "Opened"
    became_the_answer = response is not None and click.at <= response.answered_at and click.score == _first(response)
    return f"Opened with {click.score}" if became_the_answer else f"Opened with {click.score}, not sent"


def _first(response: Response) -> int:
    """The score as it was first given."""
    revisions = list(response.revisions.all())
    return revisions[0].old_score if revisions else response.score


def _answer_steps(response: Response) -> Iterator[Step]:
    taken = f", taken down by {response.taken_by}" if response.taken_by else ""
    how = HOW[Response.Origin(response.origin)]
    yield Step(response.answered_at, "answered", f"Answered {_first(response)} {how}{taken}")
    for revision in response.revisions.all():
        by = f", by {revision.by}" if revision.by else ""
        if revision.old_score != revision.new_score:
            yield Step(revision.at, "changed", f"Changed {revision.old_score} to {revision.new_score}{by}")
        elif revision.old_comment != revision.new_comment:
            yield Step(revision.at, "changed", f"Changed the comment{by}")
    if response.reasoned_at is not None:
        yield Step(response.reasoned_at, "reasoned", "Said why")
