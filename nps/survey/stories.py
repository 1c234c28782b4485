"""What became of the asking, told in order: decision, mail, opened links, the answer and its changes. Read only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch

from nps.survey.models import Click, Invitation, Response, SurveyDecision

#: More opened links than this are told as a number.
CLICKS_TOLD = 6


@dataclass(frozen=True)
class Step:
    """One thing that happened. `kind`: asked, skipped, mailed, failed, opened, scanner, answered, changed, reasoned."""

    at: datetime | None
    kind: str
    words: str


@dataclass(frozen=True)
class Story:
    """Of one invitation, or of one decision not to ask."""

    summary: str
    steps: list[Step] = field(default_factory=list)
    response: Response | None = None


def stories_of(resolution_ids: Iterable[int]) -> dict[int, Story]:
    """resolution id -> its story, where the survey has decided. Three statements, whatever the number."""
    decisions = SurveyDecision.objects.filter(resolution_id__in=list(resolution_ids)).select_related(
        "resolution__invitation__response"
    )
    decisions = decisions.prefetch_related(
        Prefetch("resolution__invitation__clicks", Click.objects.order_by("at", "pk")),
        "resolution__invitation__response__revisions",
    )
    return {decision.resolution_id: _of_decision(decision) for decision in decisions}


def story_of_response(response: Response) -> Story:
    """How this answer came to be. Three statements."""
    invitation = (
        Invitation.objects.select_related("response")
        .prefetch_related(Prefetch("clicks", Click.objects.order_by("at", "pk")), "response__revisions")
        .get(pk=response.invitation_id)
    )
    return _of_invitation(invitation, [])


def _of_decision(decision: SurveyDecision) -> Story:
    if decision.outcome == SurveyDecision.Outcome.SKIPPED:
        words = f"Skipped: {decision.get_reason_display().lower()}"
        return Story(words, [Step(decision.decided_at, "skipped", words)])
    invitation = getattr(decision.resolution, "invitation", None)
    if invitation is None:
        return Story("Invited", [Step(decision.decided_at, "asked", "Invited")])
    return _of_invitation(invitation, [Step(decision.decided_at, "asked", "Invited")])


def _of_invitation(invitation: Invitation, steps: list[Step]) -> Story:
    response = getattr(invitation, "response", None)
    steps = [*steps, *_mail_steps(invitation), *_click_steps(list(invitation.clicks.all()))]
    summary = steps[-1].words if steps else f"Asked by {invitation.get_via_display().lower()}"
    if response is not None:
        steps += _answer_steps(response)
        summary = f"Answered {response.score}"
    elif invitation.delivered_at and not (invitation.bounced_at or invitation.cancelled_at):
        summary = "Mailed, no answer yet"
    steps.sort(key=lambda step: step.at or invitation.created_at)
    return Story(summary, steps, response)


def _mail_steps(invitation: Invitation) -> list[Step]:
    told = [
        (invitation.delivered_at, "mailed", f"Mailed to {invitation.address}"),
        (invitation.reminded_at, "mailed", "Reminded"),
        (invitation.bounced_at, "failed", "Bounced: the address took no mail"),
        (invitation.failed_at, "failed", "Not sent: the mail server refused it"),
        (invitation.cancelled_at, "failed", "Not sent: reopened before it left"),
    ]
    return [Step(at, kind, words) for at, kind, words in told if at is not None]


def _click_steps(clicks: list[Click]) -> list[Step]:
    scanned = [click for click in clicks if click.is_scanner]
    opened = [click for click in clicks if not click.is_scanner]
    steps = [
        Step(click.at, "opened", "Opened" if click.score is None else f"Opened with {click.score}, not sent")
        for click in opened[:CLICKS_TOLD]
    ]
    if len(opened) > CLICKS_TOLD:
        steps.append(Step(opened[-1].at, "opened", f"Opened {len(opened) - CLICKS_TOLD} more times"))
    if scanned:
        steps.append(Step(scanned[0].at, "scanner", f"A mail scanner followed the links ({len(scanned)} times)"))
    return steps


def _answer_steps(response: Response) -> list[Step]:
    revisions = sorted(response.revisions.all(), key=lambda revision: (revision.at, revision.pk))
    first = revisions[0].old_score if revisions else response.score
    how = {
        Response.Origin.HUMAN: "on the survey page",
        Response.Origin.PHONE: "by phone",
        Response.Origin.API: "through the API",
        Response.Origin.IMPORTED: "in another system, imported",
    }[Response.Origin(response.origin)]
    steps = [Step(response.answered_at, "answered", f"Answered {first} {how}")]
    for revision in revisions:
        if revision.old_score != revision.new_score:
            steps.append(Step(revision.at, "changed", f"Changed {revision.old_score} to {revision.new_score}"))
        elif revision.old_comment != revision.new_comment:
            steps.append(Step(revision.at, "changed", "Changed the comment"))
    if response.reasoned_at is not None:
        steps.append(Step(response.reasoned_at, "reasoned", "Said why"))
    return steps
