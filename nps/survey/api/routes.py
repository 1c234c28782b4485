"""The survey's REST door: its addresses under /api/v1/."""

from nps.survey.api.reports import ReportViewSet
from nps.survey.api.resolutions import ResolutionViewSet, TicketResolvingViewSet
from nps.survey.api.responses import ResponseViewSet
from nps.survey.api.surveys import InvitationViewSet, SurveyViewSet

#: prefix, viewset, basename
ROUTES = [
    ("tickets", TicketResolvingViewSet, "ticket-acts"),
    ("resolutions", ResolutionViewSet, "resolutions"),
    ("surveys", SurveyViewSet, "surveys"),
    ("invitations", InvitationViewSet, "invitations"),
    ("responses", ResponseViewSet, "responses"),
    ("reports", ReportViewSet, "reports"),
]
