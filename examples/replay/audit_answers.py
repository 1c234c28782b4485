"""Answers, score by score, and the figure made of them: the ledger against what the server reports."""

from collections import Counter, defaultdict
from typing import Any

from .audit_desk import DeskAudit
from .figures import nps
from .findings import Findings
from .ledger import INVITED, Answer, Ledger, now
from .rest import Api

Row = dict[str, Any]
SAME = 0.01  # points of NPS: the same figure, however it is rounded


class AnswerAudit:
    def __init__(self, api: Api, ledger: Ledger, findings: Findings, desk: DeskAudit) -> None:
        self.ledger, self.findings, self.desk = ledger, findings, desk
        self.until = ledger.ended_at or now()
        since = ledger.began_at.isoformat()
        self.rows: dict[int, list[Row]] = defaultdict(list)  # by ticket
        for row in api.every("responses/", answered_at_after=since, answered_at_before=self.until.isoformat()):
            if row["ticket"] in desk.incident_of:
                self.rows[row["ticket"]].append(row)
        self.report = api.get("reports/nps/", since=since, until=self.until.isoformat())
        #: each of this client's answers with the row that is the same answer there
        self.pairs: list[tuple[Answer, Row]] = []

    def run(self) -> None:
        self._answers()
        self._scores()
        self._figure()
        self._rates()

    def _answers(self) -> None:
        wrong: list[str] = []
        for incident in self.ledger.incidents.values():
            rows = list(self.rows.get(incident.ticket, []))
            for answer in incident.answers:
                same = next((row for row in rows if _is(answer, row)), None)
                if same is None:
                    wrong.append(f"{incident.number}: a {answer.score} is not there as it was sent")
                    continue
                rows.remove(same)
                self.pairs.append((answer, same))
                wrong += [f"{incident.number}: {said}" for said in _history_wrong(answer, same)]
            wrong += [
                f"{incident.number}: response {row['id']} ({row['score']}) is there, nobody sent it" for row in rows
            ]
        theirs = sum(len(rows) for rows in self.rows.values())
        self.findings.compare("answers", len(self.ledger.answers), theirs, wrong)
        changed = sum(len(answer.scores) > 1 for answer in self.ledger.answers)
        self.findings.compare("  changed by the customer", changed, sum(bool(_changes(r)) for _, r in self.pairs))
        commented = sum(bool(answer.comment) for answer in self.ledger.answers)
        self.findings.compare("  with a comment", commented, sum(bool(row["comment"]) for _, row in self.pairs))

    def _scores(self) -> None:
        theirs = Counter({int(score): n for score, n in self.report["distribution"].items() if n})
        self.findings.count("  score", self.ledger.scores(), theirs, lambda score: f"{score:>2}")

    def _figure(self) -> None:
        mine, theirs = nps(self.ledger.scores()), self.report["nps"]
        self.findings.compare("NPS of n answers", mine.n, theirs["n"])
        for name in ("point", "low", "high"):
            here, there = getattr(mine, name), theirs[name]
            is_same = here == there or (None not in (here, there) and abs(here - there) < SAME)
            self.findings.compare(f"  NPS {name}", here, here if is_same else there)

    def _rates(self) -> None:
        solved, mails = len(self.ledger.solved), len(self.ledger.mails)
        self.findings.compare("resolved, by the report", solved, self.report["resolved"])
        invited = sum((row.get("decision") or {}).get("outcome") == INVITED for row in self.desk.resolutions.values())
        self.findings.compare("  invited", invited, self.report["invited"])
        self.findings.compare("  delivered", mails, self.report["delivered"])
        self.findings.compare("  answered", len(self.ledger.answers), self.report["answered"])
        for name, base in (("rate_of_resolved", solved), ("rate_of_delivered", mails)):
            here = round(len(self.ledger.answers) / base, 6) if base else None
            there = self.report[name]["share"]
            self.findings.compare(f"  {name}", here, None if there is None else round(there, 6))


def _is(answer: Answer, row: Row) -> bool:
    return bool(row["score"] == answer.score and row["comment"] == answer.comment)


def _changes(row: Row) -> list[Row]:
    return [one for one in row["revisions"] if one["old_score"] != one["new_score"]]


def _history_wrong(answer: Answer, row: Row) -> list[str]:
    """Every score this answer ever had must be kept, in order."""
    changes = sorted(_changes(row), key=lambda one: str(one["at"]))
    kept = [one["old_score"] for one in changes] + [row["score"]]
    return [] if kept == answer.scores else [f"its scores were {answer.scores}, kept are {kept}"]
