"""What is said to one customer: the organisation's own question if it has one, and what it is about. Pages and mails
say the same."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from nps.survey.models import Invitation, Survey, SurveyWording
from nps.survey.wording import Words, spoken

SUBJECT_SHOWN = 120


@dataclass(frozen=True)
class Occasion:
    """What was answered, by whom ("" where nobody is to be named), on which day in the customer's zone."""

    number: int
    subject: str
    agent: str
    date: str


def occasion_of(invitation: Invitation, words: Words) -> Occasion | None:
    """None for a question that no ticket caused. Reads resolution, its ticket and agent, and the customer."""
    resolution = invitation.resolution
    if resolution is None:
        return None
    subject = " ".join(resolution.ticket.subject.split())
    if len(subject) > SUBJECT_SHOWN:
        subject = subject[: SUBJECT_SHOWN - 1].rstrip() + "…"
    return Occasion(
        number=resolution.ticket_id,
        subject=subject,
        agent=resolution.agent.first_name if resolution.agent else "",
        date=words.day(local(resolution.resolved_at, invitation)),
    )


def about(occasion: Occasion, words: Words) -> str:
    """“About your request “…”, answered by Mara on 18 November”."""
    text = words.about_by if occasion.agent else words.about
    return text.format(subject=occasion.subject, agent=occasion.agent, date=occasion.date)


def local(moment: datetime, invitation: Invitation) -> datetime:
    """A moment in the customer's own zone; UTC where that zone is none."""
    return moment.astimezone(_zone(invitation.customer.time_zone))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def question(survey: Survey, words: Words) -> str:
    """The question of this survey. Reads survey.wordings."""
    own = _own(survey, words)
    text = own.question if own and own.question else words.question
    # Not str.format: a manager's stray brace must not break the page.
    return text.replace("{organisation}", settings.ORGANISATION["name"])


def why(survey: Survey, words: Words, *, is_high: bool) -> str:
    """What is asked after 9–10 (`is_high`) or after 0–8. Reads survey.wordings."""
    own = _own(survey, words)
    said = (own.why_high if is_high else own.why_low) if own else ""
    return said or (words.why_high if is_high else words.why_low)


def _own(survey: Survey, words: Words) -> SurveyWording | None:
    return next((one for one in survey.wordings.all() if spoken(one.language) == words.code), None)
