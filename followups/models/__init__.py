"""Rows of the follow-up: who calls back, by when, what came of it, what was learned."""

from followups.models.attempts import Attempt
from followups.models.confirmations import Confirmation
from followups.models.effects import Measurement
from followups.models.followups import FollowUp, Outcome
from followups.models.guides import CallGuide
from followups.models.history import HistoryEntry
from followups.models.lesson_history import LessonEntry
from followups.models.lessons import Lesson, Promise, RootCause
from followups.models.letters import Letter, LetterTemplate
from followups.models.notices import Briefing, Digest, HeldNotice, NoticeChoice
from followups.models.policies import Policy
from followups.models.report_backs import ReportBack, ReportBackMail

__all__ = [
    "Attempt",
    "Briefing",
    "CallGuide",
    "Confirmation",
    "Digest",
    "FollowUp",
    "HeldNotice",
    "HistoryEntry",
    "Lesson",
    "LessonEntry",
    "Letter",
    "LetterTemplate",
    "Measurement",
    "NoticeChoice",
    "Outcome",
    "Policy",
    "Promise",
    "ReportBack",
    "ReportBackMail",
    "RootCause",
]
