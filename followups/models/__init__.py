"""Rows of the follow-up: who calls back, by when, what came of it, what was learned."""

from followups.models.attempts import Attempt
from followups.models.followups import FollowUp, Outcome
from followups.models.history import HistoryEntry
from followups.models.lessons import Lesson, Promise, RootCause
from followups.models.policies import Policy

__all__ = ["Attempt", "FollowUp", "HistoryEntry", "Lesson", "Outcome", "Policy", "Promise", "RootCause"]
