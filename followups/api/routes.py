"""The follow-ups' REST door: its addresses under /api/v1/."""

from followups.api.followups import FollowUpViewSet
from followups.api.lessons import LessonViewSet, RootCauseViewSet
from followups.api.reports import LoopReportViewSet

#: prefix, viewset, basename
ROUTES = [
    ("follow-ups", FollowUpViewSet, "follow-ups"),
    ("lessons", LessonViewSet, "lessons"),
    ("reports", LoopReportViewSet, "loop-reports"),
    ("root-causes", RootCauseViewSet, "root-causes"),
]
