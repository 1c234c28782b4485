"""How the customer's pages are written: without the request's session, user or messages, so that a page costs none."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone

from nps.survey import phrasing, tokens
from nps.survey.models import Invitation, Response
from nps.survey.wording import LANGUAGES, Words, negotiated, spoken, words_in

RETRY_AFTER_SECONDS = 5
#: What a form of ours sends, and the page after a failure keeps.
KEPT_FIELDS = ("score", "nonce", "lang", "shown", "change", "contact", "undo", "switch")


def now() -> datetime:
    return timezone.now()


@dataclass(frozen=True)
class Visit:
    """One load of one page: who comes with which link, in which language."""

    token: str
    at: datetime
    invitation: Invitation
    words: Words
    chosen: str  # the language asked for on the page, or ""
    response: Response | None = None
    query: dict[str, str] = field(default_factory=dict)  # what a change of language keeps

    @property
    def is_editable(self) -> bool:
        return self.response is not None and self.response.is_editable(self.at)

    def url(self, name: str, **query: object) -> str:
        """An address of this link's pages, keeping the language that was chosen."""
        asked = {**query, "lang": self.chosen} if self.chosen else query
        address = reverse(name, args=[self.token])
        return f"{address}?{urlencode(asked)}" if asked else address

    def nonce(self, purpose: tokens.Purpose) -> str:
        return tokens.make_nonce(self.invitation.pk, purpose, keys=settings.SURVEY_LINK_KEYS, at=self.at)


def asked_language(request: HttpRequest) -> str:
    """The language the customer chose: in the form that is sent, else in the address; "" if none or not ours."""
    return spoken(request.POST.get("lang")) or spoken(request.GET.get("lang"))


def sent_score(request: HttpRequest) -> str | None:
    """The score of the form that was sent. None without one, and where several differ: none of them was chosen."""
    scores = set(request.POST.getlist("score"))
    return scores.pop() if len(scores) == 1 else None


def visit(request: HttpRequest, token: str, at: datetime, invitation: Invitation) -> Visit:
    response = getattr(invitation, "response", None)
    chosen = asked_language(request)
    words = words_in(chosen, response and response.language, invitation.language)
    return Visit(token, at, invitation, words, chosen, response)


def render(template: str, visit: Visit, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of a living link."""
    occasion = phrasing.occasion_of(visit.invitation, visit.words)
    common = {
        "about": phrasing.about(occasion, visit.words) if occasion else "",
        "shown": visit.words.code,
        "chosen": visit.chosen,
        "home_url": visit.url("survey"),
        "stop_url": visit.url("survey-stop") if address_of(visit.invitation) else "",
        "visit": visit,
    }
    return _write(template, visit.words, {**common, **context}, keep=visit.query, status=status)


def _write(
    template: str, words: Words, context: dict[str, Any], *, keep: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    languages = [
        {
            "words": one,
            "href": "?" + urlencode({**(keep or {}), "lang": one.code}),
            "is_current": one is words,
        }
        for one in LANGUAGES.values()
    ]
    organisation = settings.ORGANISATION
    common = {
        "words": words,
        "languages": languages,
        "organisation": organisation,
        "sent_by": words.sent_by.format(organisation=organisation["name"], legal_name=organisation["legal_name"]),
    }
    return HttpResponse(get_template(template).render({**common, **context}), status=status)


def address_of(invitation: Invitation) -> str:
    return invitation.address or invitation.customer.email


def sender_address() -> str:
    """Where a customer can write to: the sender of the surveys."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def write_to_us(words: Words) -> str:
    return words.write_to_us.format(address=sender_address())


def dead(request: HttpRequest) -> HttpResponse:
    """One page for unknown, tampered, malformed and expired links, so that it tells nobody which it was."""
    chosen = asked_language(request)
    words = words_in(chosen) if chosen else negotiated(request.headers.get("Accept-Language", ""))
    response = _write("nps/survey/dead.html", words, {}, status=404)
    response["Vary"] = "Accept-Language"
    return response


def _words_without_database(request: HttpRequest) -> Words:
    known = asked_language(request) or spoken(request.POST.get("shown"))
    return words_in(known) if known else negotiated(request.headers.get("Accept-Language", ""))


def trouble(request: HttpRequest) -> HttpResponse:
    """The database is away: everything that was sent is kept in this page's form, under the same nonce, so that a
    commit that did happen and the next try are one answer."""
    words = _words_without_database(request)
    context: dict[str, Any] = {
        "is_post": request.method == "POST",
        "retry_after": RETRY_AFTER_SECONDS,
        "stopped": words.trouble_stopped.format(address=sender_address()),
    }
    if request.method == "POST":
        sent = request.POST
        context["kept"] = [(name, sent[name]) for name in KEPT_FIELDS if name in sent]
        context["kept"] += [("topic", slug) for slug in sent.getlist("topic")]
        context |= {"score": sent.get("score"), "comment": sent.get("comment"), "has_text": "comment" in sent}
        context["languages"] = []  # a link away from here would lose what is kept here
    response = _write("nps/survey/trouble.html", words, context, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def too_big(request: HttpRequest) -> HttpResponse:
    # request.POST cannot be read any more: the body was refused before it was parsed.
    words = words_in(spoken(request.GET.get("lang"))) if request.GET.get("lang") else None
    words = words or negotiated(request.headers.get("Accept-Language", ""))
    return _write("nps/survey/too_big.html", words, {}, status=413)
