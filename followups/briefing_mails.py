"""The mail of figures: each with its denominator and how sure it is, and a link to all of them."""

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from followups import briefings
from followups.briefings import Brief, Part
from followups.models import NoticeChoice
from followups.notices import BRIEFING, RHYTHMS
from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail, Purpose
from nps.outbox.purposes import register as register_purpose
from nps.survey.charts import signed
from nps.survey.scoring import SMALL_N


def build(brief: Brief, delivery: Delivery, at: datetime) -> Mail | None:
    """None where there is nothing to say, or when the reader does not want it any more."""
    user, rhythm = brief.briefing.user, brief.briefing.rhythm
    is_off = NoticeChoice.objects.filter(user=user, kind=rhythm, way=NoticeChoice.Way.OFF).exists()
    parts = [] if is_off or not user.is_active else brief.parts(at)
    if not parts:
        return None
    title = "Your week" if rhythm == "weekly" else "Your teams this morning"
    context = {
        "title": title,
        "brief": brief,
        "rhythm": RHYTHMS[rhythm],
        "user": user,
        "parts": parts,
        "small_n": SMALL_N,
        "base": settings.PUBLIC_URL,
        "queue_url": f"{settings.PUBLIC_URL}{reverse('queue')}",
        "settings_url": f"{settings.PUBLIC_URL}{reverse('notices')}#{rhythm}",
        "organisation": settings.ORGANISATION,
    }
    return Mail(
        subject=f"{title}: {'; '.join(_in_short(part) for part in parts)}"[:180],
        text=render_to_string("followups/email/briefing.txt", context),
        html=render_to_string("followups/email/briefing.html", context),
    )


def _in_short(part: Part) -> str:
    """“Billing NPS +12, down 3, which may be chance, 4 overdue”."""
    nps = part.report.nps
    figure = f"NPS {signed(nps.point)}" if nps.is_scored else f"{nps.n} {'answer' if nps.n == 1 else 'answers'}"
    said = [f"{part.team.name} {figure}" if part.team else figure]
    if part.change.found.is_clear:  # told of no more than the page tells
        said.append(part.change.found.words)
    if part.overdue:
        said.append(f"{part.overdue:,} overdue")
    return ", ".join(said)


def register() -> None:
    register_purpose(BRIEFING, Purpose(load=briefings.load, build=build))
