"""Keep what links were opened with. A diagnostic: no click is ever an answer."""

from datetime import datetime, timedelta

from nps.survey.models import Click, Invitation

SCANNER_WINDOW = timedelta(minutes=1)
SCANNER_SCORES = 3


def note_click(
    *, invitation: Invitation, at: datetime, score: int | None, user_agent: str = "", is_hidden_link: bool = False
) -> Click:
    """Write the click. Three different scores within a minute, or the hidden link, mark clicks as a scanner's: those of
    the minute before, and those that come within a minute after it."""
    readable = user_agent.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    click = Click.objects.create(
        invitation=invitation,
        at=at,
        score=score,
        is_hidden_link=is_hidden_link,
        is_scanner=is_hidden_link,
        user_agent=readable[:200],
    )
    if invitation.opened_at is None:
        Invitation.objects.filter(pk=invitation.pk, opened_at__isnull=True).update(opened_at=at)
    recent = Click.objects.filter(invitation=invitation, at__gt=at - SCANNER_WINDOW, at__lte=at + SCANNER_WINDOW)
    seen = list(recent.values_list("score", "is_hidden_link"))
    scores = {number for number, _ in seen if number is not None}
    if any(is_hidden for _, is_hidden in seen) or len(scores) >= SCANNER_SCORES:
        Click.objects.filter(invitation=invitation, at__gt=at - SCANNER_WINDOW).update(is_scanner=True)
    return click
