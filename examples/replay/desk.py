"""Plays the log to the server: every step becomes one request, and what was acknowledged is entered in the ledger."""

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .ledger import Caller, Incident, Ledger, Solved, Span, now
from .log import Act, Step
from .rest import Api, Refused
from .staff import Organisation, number_of
from .web import NoAnswer

SOURCE = "replay"
AHEAD = 4  # steps a sender may have waiting: keeps the senders at about the same moment of the log
TWICE = 50  # every so many openings are sent again, as a program does that lost the answer
WITHOUT_ADDRESS, COLLEAGUE = 41, 43  # every so many callers have no address, or are colleagues
MERGED = 47  # every so many incidents are duplicates of another


@dataclass(frozen=True)
class Desk:
    """`run`: a name of this run alone; external ids and addresses carry it."""

    api: Api
    staff: Organisation
    ledger: Ledger
    run: str

    def play(self, steps: Iterable[Step], *, senders: int, should_stop: Callable[[], bool]) -> None:
        """All steps. Those of one incident go through one sender and so stay in order; the senders run side by side."""
        lines: list[queue.Queue[Step | None]] = [queue.Queue(AHEAD) for _ in range(senders)]
        threads = [threading.Thread(target=self._send, args=(line, should_stop), daemon=True) for line in lines]
        for thread in threads:
            thread.start()
        turns: dict[str, int] = {}
        for step in steps:
            if should_stop():
                break
            lines[turns.setdefault(step.incident, len(turns)) % senders].put(step)
        for line in lines:
            line.put(None)
        for thread in threads:
            thread.join()

    def unsettled_invitations(self) -> int:
        """How many survey mails of this run the server has neither delivered nor given up."""
        mine = {incident.ticket for incident in list(self.ledger.incidents.values())}
        rows = self.api.every("invitations/", is_delivered="false", created_at_after=self.ledger.began_at.isoformat())
        settled = ("cancelled_at", "bounced_at", "failed_at")
        return sum(row["ticket"] in mine and not any(row[name] for name in settled) for row in rows)

    def _send(self, line: "queue.Queue[Step | None]", should_stop: Callable[[], bool]) -> None:
        while (step := line.get()) is not None:
            if should_stop():
                continue  # and the one who fills the line is not left waiting
            try:
                self._act(step)
            except (Refused, NoAnswer) as error:
                self.ledger.complain(f"{step.incident}: {step.act.value} was not done: {error}")
            else:
                with self.ledger.lock:
                    self.ledger.steps[step.act] += 1

    def _act(self, step: Step) -> None:
        incident = self.ledger.incidents.get(step.incident)
        if incident is None:
            self._open(step)
        elif step.act is Act.ASSIGN:
            self._assign(incident, step)
        elif step.act is Act.ASK:
            self._ask(incident, step)
        elif step.act is Act.RESOLVE:
            self._resolve(incident, step)
        elif step.act is Act.REOPEN:
            self._reopen(incident)
        elif step.act is Act.ACCEPT:
            self._post(incident, "accept", {})
            incident.status = "closed"

    # ---- the acts --------------------------------------------------------------------------------------------
    def _open(self, step: Step) -> None:
        caller, team = self._caller(step.caller), self.staff.team_of(step.group)
        incident = Incident(
            number=step.incident,
            place=step.place,
            external_id=f"{self.run}-{step.incident}",
            caller=caller,
            is_duplicate=step.place % MERGED == MERGED - 1,
            team=team,
            assignee=self.staff.person_of(team, step.person),
        )
        self.ledger.know(caller, incident)
        body = self._opening(step, incident)
        ticket = self.api.post("tickets/", body)
        incident.ticket, incident.status = ticket["id"], "open"
        if step.place % TWICE == TWICE - 1:
            again = self.api.post("tickets/", body)
            if again["id"] != ticket["id"]:
                self.ledger.complain(f"{step.incident}: sent twice, opened twice ({ticket['id']} and {again['id']})")

    def _opening(self, step: Step, incident: Incident) -> dict[str, Any]:
        caller = incident.caller
        customer = {"external_id": caller.external_id, "name": caller.name, "is_internal": caller.is_internal}
        return {
            "external_id": incident.external_id,
            "source": SOURCE,
            "subject": step.subject,
            "body": f"Reported by phone: {step.subject}.",
            "channel": "phone",
            "team": incident.team,
            "assignee": incident.assignee,
            "is_duplicate": incident.is_duplicate,
            "tags": ["replay"],
            "customer": customer | ({"email": caller.email} if caller.email else {}),
        }

    def _caller(self, number: str) -> Caller:
        place = number_of(number)
        with self.ledger.lock:
            known = self.ledger.callers.get(number)
            if known is None:
                known = self.ledger.callers[number] = Caller(
                    external_id=f"{self.run}-caller-{number}",
                    name=f"Caller {number}",
                    email="" if place % WITHOUT_ADDRESS == 0 else f"caller{number}@{self.run}.example".lower(),
                    is_internal=place % COLLEAGUE == 0,
                )
            return known

    def _assign(self, incident: Incident, step: Step) -> None:
        team = self.staff.team_of(step.group)
        person = self.staff.person_of(team, step.person)
        self._post(incident, "assign", {"to": person, "team": team})
        incident.team, incident.assignee = team, person

    def _ask(self, incident: Incident, step: Step) -> None:
        author = incident.assignee or self._solver(incident, step)
        said = {"kind": "information_request", "body": "Please send us the details.", "author": author}
        self._post(incident, "reply", said)

    def _resolve(self, incident: Incident, step: Step) -> None:
        by = self._solver(incident, step)
        number = len(incident.solved) + 1
        solved = Solved(number=number, agent=incident.assignee or by, team=incident.team, done=Span(now()))
        incident.solved.append(solved)
        resolution = self._post(incident, "resolve", {"by": by})
        solved.done.acked_at = now()
        incident.status, incident.assignee = "resolved", solved.agent
        if resolution["number"] != number:
            self.ledger.complain(f"{step.incident}: resolution {number} is number {resolution['number']} there")
        if resolution["decision"] is None:
            self.ledger.complain(f"{step.incident}: resolved without a decision about the survey")

    def _reopen(self, incident: Incident) -> None:
        solved = incident.solved[-1]
        solved.reopened = Span(now())
        self._post(incident, "reopen", {"reason": "It came back.", "by": incident.assignee})
        solved.reopened.acked_at = now()
        incident.status = "open"

    def _solver(self, incident: Incident, step: Step) -> int:
        """Who did it: somebody of the team that has the ticket, even where the log names nobody."""
        found = self.staff.person_of(incident.team, step.solver)
        return found if found is not None else self.staff.members[incident.team][0]

    def _post(self, incident: Incident, act: str, body: dict[str, Any]) -> Any:
        return self.api.post(f"tickets/{incident.ticket}/{act}/", body)
