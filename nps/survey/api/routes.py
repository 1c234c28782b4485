"""The survey's REST door: its addresses under /api/v1/."""

from nps.survey.api.resolutions import ResolutionViewSet, TicketResolvingViewSet

#: prefix, viewset, basename
ROUTES = [
    ("tickets", TicketResolvingViewSet, "ticket-acts"),
    ("resolutions", ResolutionViewSet, "resolutions"),
]
