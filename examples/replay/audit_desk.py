"""Tickets, resolutions, decisions and mails: the ledger against what the server reports."""

from collections import Counter
from datetime import timedelta
from typing import Any

from .desk import SOURCE
from .findings import Findings
from .ledger import INVITED, Incident, Ledger, Solved
from .rest import Api
from .staff import moment

Row = dict[str, Any]
SLACK = timedelta(seconds=2)  # between two clocks of one machine, and the moment at which each side looks


class DeskAudit:
    """Reads what the server knows of this run once, then compares."""

    def __init__(self, api: Api, ledger: Ledger, findings: Findings) -> None:
        self.ledger, self.findings = ledger, findings
        mine = {incident.ticket: incident for incident in ledger.incidents.values() if incident.ticket}
        since = (ledger.began_at - SLACK).isoformat()
        opened = api.every("tickets/", source=SOURCE, opened_at_after=since)
        self.tickets = {row["id"]: row for row in opened if row["id"] in mine}
        self.resolutions: dict[tuple[int, int], Row] = {}
        self.of_others = 0
        for row in api.every("resolutions/", resolved_at_after=since):
            if row["ticket"] in mine:
                self.resolutions[row["ticket"], row["number"]] = row
            else:
                self.of_others += 1
        self.incident_of = mine

    def run(self) -> None:
        self._tickets()
        self._resolutions()
        self._decisions()
        self._mails()

    def _tickets(self) -> None:
        wrong = []
        for pk, incident in self.incident_of.items():
            row = self.tickets.get(pk)
            if row is None:
                wrong.append(f"{incident.number}: ticket {pk} is not there")
            elif (row["external_id"], row["status"]) != (incident.external_id, incident.status):
                wrong.append(f"{incident.number}: ticket {pk} is {row['status']}, not {incident.status}")
        self.findings.compare("incidents opened", len(self.ledger.incidents), len(self.tickets), wrong)

    def _resolutions(self) -> None:
        wrong = []
        mine = {(incident.ticket, solved.number): (incident, solved) for incident, solved in self.ledger.solved}
        for key in mine.keys() | self.resolutions.keys():
            if key not in self.resolutions or key not in mine:
                wrong.append(f"ticket {key[0]}: resolution {key[1]} is known to one side only")
                continue
            incident, solved = mine[key]
            wrong += [f"{incident.number}: {said}" for said in _unlike(incident, solved, self.resolutions[key])]
        self.findings.compare("resolutions", len(mine), len(self.resolutions), wrong)
        undone = sum(1 for _, solved in mine.values() if solved.reopened)
        self.findings.compare("  undone by a reopening", undone, _count(self.resolutions, "reopened_at"))
        accepted = sum(incident.status == "closed" for incident in self.ledger.incidents.values())
        self.findings.compare("  accepted by the customer", accepted, _count(self.resolutions, "accepted_at"))

    def _decisions(self) -> None:
        mine: Counter[str] = Counter()
        theirs: Counter[str] = Counter()
        wrong: list[str] = []
        for incident, solved in self.ledger.solved:
            row = self.resolutions.get((incident.ticket, solved.number))
            right, kind = incident.expected_kinds(solved), _kind(row)
            theirs[kind] += 1
            # Where two would be right (the customer opted out at that very moment) the server's word is taken.
            mine[kind if kind in right else min(right)] += 1
            if kind not in right:
                wrong.append(f"{incident.number}: decided {kind}, right would be {' or '.join(sorted(right))}")
        self.findings.compare("decisions", len(self.ledger.solved), sum(theirs.values()), wrong)
        self.findings.count("  decided:", mine, theirs)

    # ---- mails -----------------------------------------------------------------------------------------------
    def _mails(self) -> None:
        """Exactly one per invited resolution; none where it was cancelled, and cancelled only with a cause."""
        wrong = [f"{mail.recipient}: a survey mail that names none of their incidents" for mail in
                 self.ledger.unknown_mails]  # fmt: skip
        ids = Counter(mail.message_id for mail in self.ledger.mails)
        wrong += [f"Message-ID {name} came {count} times" for name, count in ids.items() if count > 1]
        links = Counter(mail.link for mail in self.ledger.mails)
        wrong += [f"{link}: the same link in {count} mails" for link, count in links.items() if count > 1]
        delivered = cancelled = 0
        for incident in self.ledger.incidents.values():
            rows = [self.resolutions.get((incident.ticket, solved.number)) for solved in incident.solved]
            arrived = sum(bool(_asked(row).get("delivered_at")) for row in rows)
            delivered += arrived
            cancelled += sum(bool(_asked(row).get("cancelled_at")) for row in rows)
            if arrived != len(incident.mails):
                wrong.append(f"{incident.number}: {len(incident.mails)} mails came, {arrived} are marked as delivered")
            for solved, row in zip(incident.solved, rows, strict=True):
                wrong += [f"{incident.number}, resolution {solved.number}: {said}"
                          for said in _mail_wrong(incident, solved, row)]  # fmt: skip
            wrong += [f"{incident.number}: mail for {mail.recipient}" for mail in incident.mails
                      if mail.recipient != incident.caller.email]  # fmt: skip
            wrong += [f"{incident.number}: a mail without its eleven buttons or without List-Unsubscribe"
                      for mail in incident.mails if set(mail.scores) != set(range(11)) or not mail.stop]  # fmt: skip
        came = len(self.ledger.mails) + len(self.ledger.unknown_mails)
        self.findings.compare("survey mails delivered", came, delivered, wrong)
        self.findings.compare("  with a Message-ID of their own", len(ids), delivered)
        self.findings.compare("  cancelled before sending", self._cancelled_by_book(), cancelled)

    def _cancelled_by_book(self) -> int:
        """Invited resolutions less mails: each missing mail is a cancelled one, or a difference shown above."""
        invited = sum(_kind(row) == INVITED for row in self.resolutions.values())
        return invited - len(self.ledger.mails)


def _asked(row: Row | None) -> Row:
    """The invitation of a resolution, or nothing."""
    return (row or {}).get("invitation") or {}


def _kind(row: Row | None) -> str:
    decision = (row or {}).get("decision")
    return decision["reason"] or decision["outcome"] if decision else "undecided"


def _count(rows: dict[tuple[int, int], Row], name: str) -> int:
    return sum(bool(row[name]) for row in rows.values())


def _unlike(incident: Incident, solved: Solved, row: Row) -> list[str]:
    said = []
    if (row["agent"], row["team"]) != (solved.agent, solved.team):
        said.append(
            f"agent {row['agent']} of team {row['team']} answers for resolution {solved.number},"
            f" not agent {solved.agent} of team {solved.team}"
        )
    if bool(row["reopened_at"]) != (solved.reopened is not None):
        said.append(f"resolution {solved.number} is {'' if row['reopened_at'] else 'not '}marked as undone")
    asked, acked = solved.done.asked_at, solved.done.acked_at
    at = moment(row["resolved_at"])
    if acked is not None and not asked - SLACK <= at <= acked + SLACK:
        said.append(f"resolution {solved.number} is dated {at:%H:%M:%S.%f}, asked {asked:%H:%M:%S.%f}")
    return said


def _mail_wrong(incident: Incident, solved: Solved, row: Row | None) -> list[str]:
    """What is wrong with the mail of one resolution."""
    asked = _asked(row)
    if _kind(row) != INVITED:
        return ["not invited, and yet there is an invitation"] if asked else []
    if asked.get("delivered_at"):
        return ["delivered and cancelled"] if asked.get("cancelled_at") else []
    if not asked.get("cancelled_at"):
        return ["invited, and neither delivered nor cancelled"]
    at = moment(asked["cancelled_at"]) + SLACK
    causes = [span.asked_at for span in (solved.reopened, incident.caller.stopped) if span is not None]
    return [] if any(cause <= at for cause in causes) else ["cancelled without a cause"]
