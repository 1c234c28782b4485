"""What a person types on each page so that it works, and on which row: for the tests that try every page. A page that
takes no row and no text needs no line here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from nps.survey import tokens
from tests.followups.letter_cases import letter_form
from tests.house.scenery import NOW, Scenery, Side

NONCE = str(UUID(int=7))
SHIFT = {"weekdays": ["0", "1"], "time_zone": "Europe/Oslo"}
Body = Callable[[Scenery, Side], dict[str, Any]]


@dataclass(frozen=True)
class Page:
    """`row` names what the address is about (an attribute of Side, or a key of its rows); `body` works."""

    row: str = ""
    body: Body = lambda scenery, side: {}
    query: dict[str, str] = field(default_factory=dict)  # of the address, when it is read
    also: tuple[tuple[str, str], ...] = ()  # (further part of the address, what it is about)


def _nonce(purpose: tokens.Purpose, row: str) -> Callable[[Side], str]:
    from django.conf import settings

    def make(side: Side) -> str:
        invitation = side.resolved_ticket.resolutions.get().invitation if row == "question" else side.rows["invitation"]
        return tokens.make_nonce(invitation.pk, purpose, keys=settings.SURVEY_LINK_KEYS, at=NOW)

    return make


def _cause(scenery: Scenery, side: Side) -> int:
    return scenery.lesson.root_cause_id


PAGES: dict[str, Page] = {
    "admin:auth_user_password_change": Page(also=(("id", "user"),)),
    "login": Page(body=lambda s, side: {"username": "alice", "password": "wrong"}),
    "ticket-new": Page(
        body=lambda s, side: {
            "subject": "No invoice",
            "body": "Help",
            "team": s.billing.pk,
            "customer": side.customer.pk,
            "channel": "phone",
            "nonce": NONCE,
        }
    ),
    "ticket": Page("ticket"),
    "ticket-reply": Page(
        "ticket", lambda s, side: {"reply-kind": "answer", "reply-body": "We look.", "reply-nonce": NONCE}
    ),
    "ticket-resolve": Page("ticket", lambda s, side: {"resolve-exception": "Supplier had to act."}),
    "ticket-accept": Page("resolved_ticket"),
    "ticket-reopen": Page("resolved_ticket", lambda s, side: {"reopen-reason": "Came back"}),
    "ticket-pass": Page("ticket", lambda s, side: {"pass-to": side.rated.pk, "pass-team": side.team.pk}),
    "absence-add": Page(
        body=lambda s, side: {"starts_at": "2026-11-20T09:00", "ends_at": "2026-11-21T09:00", "reason": "Dentist"}
    ),
    "absence-remove": Page("absence"),
    "hours": Page(),
    "team-hours": Page("team", lambda s, side: {"day_0": "09:00–17:00"}),
    "holiday-add": Page("team", lambda s, side: {"on": "2026-12-25", "name": "Christmas Day"}),
    "holiday-remove": Page("team", also=(("holiday_pk", "holiday"),)),
    "person-shifts": Page("user"),
    "shift-add": Page("user", lambda s, side: {**SHIFT, "name": "Late", "starts": "17:00", "ends": "19:00"}),
    "person-absence-add": Page(
        "user", lambda s, side: {"starts_at": "2026-11-20T09:00", "ends_at": "2026-11-21T09:00", "reason": "Dentist"}
    ),
    "person-absence-remove": Page("user", also=(("absence_pk", "absence"),)),
    "shift-change": Page(
        "shift", lambda s, side: {**SHIFT, "name": "Early", "starts": "07:00", "ends": "15:00", "from_on": "2026-12-01"}
    ),
    "shift-end": Page("shift", lambda s, side: {"last_on": "2026-12-31"}),
    "profile": Page(body=lambda s, side: {"time_zone": "Europe/Oslo", "theme": "dark", "languages": ["en"]}),
    "password-change": Page(
        body=lambda s, side: {
            "old_password": "correct horse",
            "new_password1": "battery staple 9",
            "new_password2": "battery staple 9",
        }
    ),
    "queue": Page(query={"view": "nobody"}),
    "followup-bulk": Page(body=lambda s, side: {"act": "claim", "pick": [f"{side.open_follow_up.pk}-1"]}),
    "followup": Page("follow_up"),
    "followup-attempt": Page("follow_up", lambda s, side: {"attempt-result": "no_answer", "attempt-note": "Rang long"}),
    "followup-email": Page("follow_up", lambda s, side: letter_form(side.held_follow_up)),
    "followup-undo": Page("follow_up", also=(("attempt_pk", "attempt"),)),
    "followup-snooze": Page("follow_up", lambda s, side: {"snooze-pick": "2026-11-20T09:00"}),
    "followup-snooze-undo": Page("follow_up"),
    "followup-wake": Page("follow_up"),
    "followup-assign": Page("follow_up", lambda s, side: {"assign-to": s.lena.pk, "assign-note": "Please"}),
    "followup-claim": Page("open_follow_up"),
    "followup-release": Page("follow_up"),
    "followup-acknowledge": Page("follow_up"),
    "followup-note": Page("follow_up", lambda s, side: {"note-text": "Rings back at three."}),
    "followup-close": Page(
        "follow_up",
        lambda s, side: {
            "outcome": "solved",
            "root_cause": _cause(s, side),
            "lesson": "new",
            "note": "Fine now",
            "lesson_text": "Check the number before the first invoice.",
        },
    ),
    "followup-confirm": Page("asked_follow_up"),
    "followup-decline": Page("asked_follow_up", lambda s, side: {"decline-answer": "She told me that she did."}),
    "followup-withdraw": Page("asked_follow_up"),
    "notices": Page(body=lambda s, side: {"all": "digest"}),
    "followup-close-lessons": Page("follow_up"),
    "followup-about": Page("follow_up", lambda s, side: {"about": "product"}),
    "followup-about-back": Page("follow_up"),
    "person": Page("user"),
    "followup-reopen": Page("closed_follow_up", lambda s, side: {"reason-reason": "Called again"}),
    "followup-cancel": Page("follow_up", lambda s, side: {"reason-reason": "Written twice"}),
    "followup-promise": Page("closed_follow_up", lambda s, side: {"kept": "yes"}, also=(("promise_pk", "promise"),)),
    "lesson-tell": Page("lesson", lambda s, side: {"whom": "cause", "en": "We look twice.", "step": "preview"}),
    "lesson": Page("lesson", lambda s, side: {"status": "accepted"}),
    "account": Page("account"),
    "customer": Page("customer"),
    "survey": Page("question", lambda s, side: {"score": "7", "nonce": _nonce("answer", "question")(side)}),
    "survey-hidden": Page("question"),
    "survey-stop": Page("question", lambda s, side: {"nonce": _nonce("stop", "question")(side)}),
    "survey-why": Page("answer", lambda s, side: {"comment": "Slow.", "nonce": _nonce("reason", "answer")(side)}),
}
