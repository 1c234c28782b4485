"""Addresses of the customer's pages. Links are signed when they are needed and stored nowhere."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from nps.survey import tokens
from nps.survey.models import Invitation


def token_of(invitation: Invitation) -> str:
    return tokens.sign(invitation.pk, invitation.expires_at, keys=settings.SURVEY_LINK_KEYS)


def survey_url(invitation: Invitation) -> str:
    """The absolute address of the question."""
    return settings.PUBLIC_URL + reverse("survey", args=[token_of(invitation)])


def stop_url(invitation: Invitation) -> str:
    """The absolute address of “Stop these surveys”: GET asks, only POST unsubscribes (RFC 8058)."""
    return settings.PUBLIC_URL + reverse("survey-stop", args=[token_of(invitation)])


def lasting_stop_url(invitation: Invitation, until: datetime) -> str:
    """As stop_url, in a mail that leaves when the question's own link may have expired long ago."""
    token = tokens.sign(invitation.pk, max(until, invitation.expires_at), keys=settings.SURVEY_LINK_KEYS)
    return settings.PUBLIC_URL + reverse("survey-stop", args=[token])


def hidden_url(invitation: Invitation) -> str:
    """The link that no person can see: whoever follows it is a machine."""
    return settings.PUBLIC_URL + reverse("survey-hidden", args=[token_of(invitation)])


def invitation_id(token: str, at: datetime) -> int:
    """Whose link it is; tokens.DeadLink for unknown, tampered and expired ones alike."""
    return tokens.read(token, keys=settings.SURVEY_LINK_KEYS, at=at)
