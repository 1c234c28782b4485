"""“Stop these surveys”: GET asks, POST does it (RFC 8058), and a slip can be undone."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from nps.survey import links, reading, tokens
from nps.survey.models import Suppression
from nps.survey.services import opting_out
from nps.survey.views import pages
from nps.survey.views.doors import SeeOther, customer_door
from nps.survey.views.pages import Visit


@customer_door("GET", "HEAD", "POST")
def stop(request: HttpRequest, token: str, at: datetime) -> HttpResponse:
    visit = pages.visit(request, token, at, reading.for_page(links.invitation_id(token, at)))
    address = pages.address_of(visit.invitation)
    if not address:
        raise tokens.DeadLink
    if request.method != "POST":
        return _page(visit, address)
    if request.POST.get("List-Unsubscribe") == "One-Click":
        # Sent by the mail program, not by a page of ours: there is no nonce to ask for, and no redirect to follow.
        opting_out.opt_out(address=address, at=at)
        return _page(visit, address)
    try:
        sent = request.POST.get("nonce", "")
        tokens.read_nonce(sent, visit.invitation.pk, "stop", keys=settings.SURVEY_LINK_KEYS, at=at)
    except tokens.BadNonce:
        return _page(visit, address, error=visit.words.stale, status=400)
    if "undo" in request.POST:
        standing = _standing(address)
        if standing is not None and standing.reason == Suppression.Reason.UNSUBSCRIBED:
            opting_out.lift(suppression=standing, at=at)
    else:
        opting_out.opt_out(address=address, at=at)
    return SeeOther(visit.url("survey-stop"))


def _standing(address: str) -> Suppression | None:
    return Suppression.objects.filter(address=address.lower(), lifted_at__isnull=True).first()


def _page(visit: Visit, address: str, *, error: str = "", status: int = 200) -> HttpResponse:
    words, standing = visit.words, _standing(address)
    heading = words.stopped_title if standing else words.stop_title
    title = words.page_title.format(thing=heading, organisation=settings.ORGANISATION["name"])
    context = {
        "title": words.error_title.format(title=title) if error else title,
        "heading": heading,
        "is_stopped": standing is not None,
        # An address that bounced, or that staff stopped, is not the customer's to switch on again by a link.
        "may_undo": standing is not None and standing.reason == Suppression.Reason.UNSUBSCRIBED,
        "stopped_by_us": words.stopped_by_us.format(address=pages.sender_address()),
        "nonce": visit.nonce("stop"),
        "action": reverse("survey-stop", args=[visit.token]),
        "about": "",
        "stop_url": "",
        "error": error,
    }
    return pages.render("nps/survey/stop.html", visit, context, status=status)
