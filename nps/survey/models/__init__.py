"""Rows of the survey: what is asked, whether it was asked, what came back."""

from nps.survey.models.benchmarks import Benchmark
from nps.survey.models.invitations import Click, Invitation, Suppression, SurveyDecision
from nps.survey.models.responses import Response, ResponseRevision, Topic
from nps.survey.models.surveys import Survey, SurveyWording

__all__ = [
    "Benchmark",
    "Click",
    "Invitation",
    "Response",
    "ResponseRevision",
    "Suppression",
    "Survey",
    "SurveyDecision",
    "SurveyWording",
    "Topic",
]
