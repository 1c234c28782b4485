"""An audit is worth what it would catch: the ledger's rules, one lie of the server at a time."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from examples.replay.audit_answers import AnswerAudit
from examples.replay.audit_desk import DeskAudit
from examples.replay.audit_loop import LoopAudit
from examples.replay.findings import Findings
from examples.replay.ledger import Answer, Caller, Incident, Ledger, Solved, Span, Work
from examples.replay.mailbox import Mail
from examples.replay.shifts import Plan, Shift
from examples.replay.staff import Organisation, Person

AT = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
ISO = AT.isoformat()
RATED, ON_SHIFT, OFF_SHIFT = 1, 2, 3


def span(minutes: float = 0) -> Span:
    asked = AT + timedelta(minutes=minutes)
    return Span(asked, asked)


class Server:
    """What a server that did everything right would report; tests put lies into `lists` and `report`."""

    def __init__(self) -> None:
        invitation = {"delivered_at": ISO, "cancelled_at": None, "answered": 50}
        decision = {"outcome": "invited", "reason": ""}
        entry = {"verb": "assign", "at": ISO, "actor": None, "detail": {"agent": ON_SHIFT}}
        self.lists: dict[str, list[dict[str, Any]]] = {
            "tickets/": [{"id": 7, "external_id": "run-INC7", "status": "closed"}],
            "resolutions/": [
                {
                    "id": 70, "ticket": 7, "number": 1, "resolved_at": ISO, "agent": RATED, "team": 5,
                    "reopened_at": None, "accepted_at": ISO, "decision": decision, "invitation": invitation,
                }
            ],
            "responses/": [
                {
                    "id": 50, "ticket": 7, "resolution": 70, "agent": RATED, "score": 3, "comment": "It broke again.",
                    "revisions": [{"at": ISO, "old_score": 9, "new_score": 3}],
                }
            ],
            "follow-ups/": [
                {
                    "id": 90, "ticket": 7, "response": 50, "score": 3, "team": 5, "assignee": ON_SHIFT,
                    "rated_agent": RATED, "status": "closed", "outcome": "solved", "root_cause": 4,
                    "lesson_kind": "new", "lesson": 8, "attempts_made": 1, "reached_at": ISO,
                }
            ],
            "follow-ups/90/history/": [entry],
            "lessons/": [{"id": 8, "times_seen": 1}],
        }  # fmt: skip
        self.report: dict[str, Any] = {
            "distribution": {str(score): int(score == 3) for score in range(11)},
            "nps": {"n": 1, "point": None, "low": -98.5, "high": 48.5},
            "resolved": 1, "invited": 1, "delivered": 1, "answered": 1,
            "rate_of_resolved": {"share": 1.0}, "rate_of_delivered": {"share": 1.0},
        }  # fmt: skip

    def every(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return self.lists[path]

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self.report


def book() -> Ledger:
    ledger = Ledger()
    ledger.began_at, ledger.ended_at = AT, AT + timedelta(hours=1)
    caller = Caller("run-caller-1", "Caller 1", "caller1@run.example", is_internal=False)
    solved = Solved(1, RATED, 5, span())
    incident = Incident("INC7", 0, "run-INC7", caller, False, ticket=7, team=5, status="closed", solved=[solved])
    scores = {score: f"http://here.example/s/abc/?score={score}" for score in range(11)}
    mail = Mail(caller.email, "<1@here>", "One question", AT, "INC7", scores, "http://here.example/s/abc/stop/")
    incident.mails.append(mail)
    incident.answers.append(Answer("INC7", mail, [9, 3], "It broke again.", span()))
    ledger.know(caller, incident)
    work = Work(90, "INC7", ON_SHIFT, ["phone reached"], outcome="solved", root_cause=4, lesson_kind="new", lesson=8)
    work.closed = span()
    ledger.work[90] = work
    return ledger


def organisation() -> Organisation:
    day = {"weekdays": frozenset(range(7)), "zone": ZoneInfo("Europe/Oslo")}
    shifts = [Shift(RATED, starts=time(8), ends=time(16), **day), Shift(ON_SHIFT, starts=time(8), ends=time(16), **day)]
    shifts.append(Shift(OFF_SHIFT, starts=time(16), ends=time(23), **day))
    people = {pk: Person(pk, f"u{pk}", frozenset({5}), frozenset({5})) for pk in (RATED, ON_SHIFT, OFF_SHIFT)}
    return Organisation([5], people, Plan(shifts), [4])


def audit(server: Server, ledger: Ledger | None = None) -> list[str]:
    ledger, findings, api = ledger or book(), Findings(), server
    desk = DeskAudit(api, ledger, findings)  # type: ignore[arg-type]
    desk.run()
    answers = AnswerAudit(api, ledger, findings, desk)  # type: ignore[arg-type]
    answers.run()
    LoopAudit(api, ledger, findings, answers, organisation()).run()  # type: ignore[arg-type]
    return [sentence for row in findings.rows for sentence in row.differences]


def test_a_server_that_did_everything_right_differs_in_nothing() -> None:
    assert audit(Server()) == []


LIES: list[tuple[str, int, dict[str, Any], str]] = [
    ("tickets/", 0, {"status": "open"}, "is open, not closed"),
    ("resolutions/", 0, {"agent": OFF_SHIFT}, "answers for resolution 1"),
    ("resolutions/", 0, {"reopened_at": ISO}, "marked as undone"),
    ("resolutions/", 0, {"decision": {"outcome": "skipped", "reason": "quiet_period"}}, "decided quiet_period"),
    ("resolutions/", 0, {"decision": None}, "decided undecided"),
    ("resolutions/", 0, {"invitation": {"delivered_at": None}}, "neither delivered nor cancelled"),
    ("resolutions/", 0, {"invitation": {"cancelled_at": ISO}}, "cancelled without a cause"),
    ("responses/", 0, {"score": 9}, "a 3 is not there as it was sent"),
    ("responses/", 0, {"comment": ""}, "a 3 is not there as it was sent"),
    ("responses/", 0, {"revisions": []}, "its scores were [9, 3], kept are [3]"),
    ("follow-ups/", 0, {"response": 51}, "0 follow-ups of the scores [9, 3]"),
    ("follow-ups/", 0, {"score": 9}, "its follow-up says 9"),
    ("follow-ups/", 0, {"assignee": None}, "is nobody's"),
    ("follow-ups/", 0, {"rated_agent": None}, "rated was 1"),
    ("follow-ups/", 0, {"lesson_kind": ""}, "lesson_kind is"),
    ("follow-ups/", 0, {"status": "in_progress"}, "status is in_progress"),
    ("follow-ups/", 0, {"attempts_made": 2}, "attempts_made is 2"),
    ("follow-ups/90/history/", 0, {"detail": {"agent": RATED}}, "who was rated"),
    ("follow-ups/90/history/", 0, {"detail": {"agent": OFF_SHIFT}}, "on shift and eligible were [2]"),
    ("lessons/", 0, {"times_seen": 2}, "it says 2"),
]


@pytest.mark.parametrize(("path", "place", "lie", "said"), LIES)
def test_each_lie_is_a_difference(path: str, place: int, lie: dict[str, Any], said: str) -> None:
    server = Server()
    server.lists[path][place] |= lie
    found = audit(server)
    assert any(said in sentence for sentence in found), found


@pytest.mark.parametrize("path", ["tickets/", "resolutions/", "responses/", "follow-ups/", "lessons/"])
def test_each_missing_row_is_a_difference(path: str) -> None:
    server = Server()
    server.lists[path] = []
    assert audit(server)


@pytest.mark.parametrize(
    "lie",
    [
        {"distribution": {"9": 1}},
        {"nps": {"n": 1, "point": -100.0, "low": -98.5, "high": 48.5}},
        {"nps": {"n": 1, "point": None, "low": -98.5, "high": 48.6}},
        {"nps": {"n": 2, "point": None, "low": -98.5, "high": 48.5}},
        {"resolved": 2}, {"delivered": 0}, {"answered": 2},
        {"rate_of_resolved": {"share": 0.5}}, {"rate_of_delivered": {"share": None}},
    ],
)  # fmt: skip
def test_a_report_that_says_otherwise_is_a_difference(lie: dict[str, Any]) -> None:
    server = Server()
    server.report |= lie
    assert len(audit(server)) >= 1


def test_a_second_mail_of_one_resolution_is_a_difference() -> None:
    ledger = book()
    ledger.incidents["INC7"].mails *= 2
    found = audit(Server(), ledger)
    assert any("came 2 times" in sentence for sentence in found)
    assert any("2 mails came, 1 are marked as delivered" in sentence for sentence in found)


@pytest.mark.parametrize(("reached", "differences"), [(None, 1), (span(1), 1), (span(-1), 0)])
def test_a_change_may_be_refused_only_after_the_first_contact(reached: Span | None, differences: int) -> None:
    ledger = book()
    ledger.incidents["INC7"].answers[0].refused_change = span()
    ledger.work[90].reached = reached
    assert len(audit(Server(), ledger)) == differences


def test_a_mail_cancelled_by_a_reopening_that_came_first_is_right() -> None:
    ledger, server = book(), Server()
    incident = ledger.incidents["INC7"]
    incident.solved[0].reopened, incident.mails, incident.answers = span(), [], []
    ledger.work.clear()
    server.lists["resolutions/"][0] |= {"reopened_at": ISO, "invitation": {"cancelled_at": ISO}}
    server.lists |= {"responses/": [], "follow-ups/": [], "lessons/": []}
    nothing = {"n": 0, "point": None, "low": -100.0, "high": 100.0}
    none = {"share": 0.0}
    server.report |= {"distribution": {}, "nps": nothing, "delivered": 0, "answered": 0, "rate_of_resolved": none}
    server.report["rate_of_delivered"] = {"share": None}
    assert audit(server, ledger) == []


@pytest.mark.parametrize(
    ("changes", "stopped", "right"),
    [
        ({}, None, {"invited"}),
        ({"is_internal": True}, None, {"internal"}),
        ({"email": ""}, None, {"no_address"}),
        ({}, Span(AT - timedelta(2), AT - timedelta(1)), {"opted_out"}),
        ({}, span(1), {"invited"}),
        ({}, Span(AT - timedelta(1), AT + timedelta(1)), {"invited", "opted_out"}),
        ({}, Span(AT - timedelta(1), None), {"invited", "opted_out"}),
    ],
)
def test_the_right_decision_follows_from_what_the_client_knows(
    changes: dict[str, Any], stopped: Span | None, right: set[str]
) -> None:
    incident = book().incidents["INC7"]
    incident.caller.stopped = stopped
    for name, value in changes.items():
        setattr(incident.caller, name, value)
    assert incident.expected_kinds(incident.solved[0]) == right


def test_the_table_counts_every_difference_and_shows_the_first_ones() -> None:
    findings = Findings()
    findings.compare("answers", 3, 3)
    findings.compare("mails", 3, 5)
    findings.count("score", Counter({10: 1, 2: 1}), Counter({2: 1}))
    findings.compare("many", 0, 30, [f"wrong {number}" for number in range(30)])
    assert findings.total == 32
    table = findings.table()
    assert "mails: 3 here, 5 there" in table
    assert table.index("score 2") < table.index("score 10")
    assert "and 10 more of “many”" in table
