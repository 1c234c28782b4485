"""A customer with a survey link, for tests of the customer's pages."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from nps.desk.models import Team, User
from nps.desk.services import resolving
from nps.survey import links
from nps.survey.models import Invitation, Response
from tests import factories
from tests.factories import AT

#: when these customers open their links, unless a test says otherwise
OPENED_AT = AT + timedelta(hours=1)
_NONCE = re.compile(r'name="nonce" value="([^"]+)"')


def invited(*, subject: str = "Invoice shows the wrong VAT number", **customer: object) -> Invitation:
    """An invitation after Mara of the team Billing resolved a ticket at AT."""
    team = Team.objects.filter(name="Billing").first() or factories.team()
    mara = User.objects.filter(username="mara").first() or factories.agent("mara", team)
    ticket = factories.ticket(factories.customer(**customer), team, assignee=mara, subject=subject)
    return resolving.resolve(ticket=ticket, by=mara, at=AT).invitation


def nonce_in(page: HttpResponse) -> str:
    found = _NONCE.search(page.content.decode())
    assert found, "no nonce in this page"
    return found[1]


@dataclass
class Visitor:
    """A browser without JavaScript, with Django's CSRF checks switched on, on one invitation's link."""

    invitation: Invitation
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def url(self, name: str = "survey") -> str:
        return reverse(name, args=[links.token_of(self.invitation)])

    def get(self, name: str = "survey", **query: object) -> HttpResponse:
        return self.client.get(self.url(name), query)

    def post(self, name: str = "survey", **data: object) -> HttpResponse:
        return self.client.post(self.url(name), data)

    def answer(self, score: object, /, **query: object) -> HttpResponse:
        """Open the page and send that score with its nonce."""
        return self.post(score=score, nonce=nonce_in(self.get(**query)))

    @property
    def responses(self) -> list[Response]:
        return list(Response.objects.filter(invitation=self.invitation))

    @property
    def response(self) -> Response:
        return Response.objects.get(invitation=self.invitation)


def text_of(page: HttpResponse) -> str:
    """What a person reads, tags left out and entities resolved."""
    from html import unescape

    body = re.sub(r"(?s)<head>.*?</head>", "", page.content.decode())
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def checked(page: HttpResponse) -> list[str]:
    """The checked scores of the eleven that a question page has."""
    radios = re.findall(r"<input type=\"radio\" name=\"score\"[^>]*>", page.content.decode())
    assert len(radios) == 11
    return [re.search(r'value="(\d+)"', radio)[1] for radio in radios if " checked" in radio]
