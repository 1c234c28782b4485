"""The customer's door: the question, why, stop. No login, no session, no cookie; the link is the key."""

from nps.survey.views.question import gone, hidden, survey
from nps.survey.views.reason import why
from nps.survey.views.stopping import stop

__all__ = ["gone", "hidden", "stop", "survey", "why"]
