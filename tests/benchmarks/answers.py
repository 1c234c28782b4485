"""Benchmarks: answers ready to be sent, each to an invitation of its own, as the page in a browser would send them."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from nps.survey import links, tokens
from nps.survey.models import Invitation


@dataclass(frozen=True)
class Answer:
    invitation_id: int
    path: str
    fields: dict[str, str]

    @property
    def body(self) -> str:
        return urlencode(self.fields)


def answers(invitations: Iterable[Invitation], *, score: str) -> list[Answer]:
    """With the signed link and the nonce that one load of the page would carry."""
    at = timezone.now()
    return [
        Answer(
            one.pk,
            reverse("survey", args=[links.token_of(one)]),
            {"score": score, "nonce": tokens.make_nonce(one.pk, "answer", keys=settings.SURVEY_LINK_KEYS, at=at)},
        )
        for one in invitations
    ]
