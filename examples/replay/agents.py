"""The agents: they take what is theirs from the queue, try to reach the customer, close with cause and lesson."""

import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .ledger import Ledger, Span, Work, now
from .rest import Api, Refused
from .staff import Organisation
from .web import NoAnswer

Row = dict[str, Any]
LOOK_EVERY = 0.5  # seconds
CLAIMS = 0.5  # of those seen while they are nobody's yet
PASSES, SNOOZES, PROVOKES = 0.03, 0.05, 0.03  # of all: handed to a colleague, put off, offered to the one rated
NAP = timedelta(seconds=2)
UNREACHED = 0.1  # of all: never reached, because they want no contact
OUTCOMES = ("solved", "better", "explained", "promised", "escalated")
TRIES = (("phone", "no_answer"), ("phone", "voicemail"), ("email", "emailed"))
PATIENCE = 5  # tries against a row that changes meanwhile, as when its customer changes the score


@dataclass
class Agents:
    """What is done follows from `seed` and the incident; who may do it from the published shifts."""

    api: Api
    staff: Organisation
    ledger: Ledger
    seed: int
    _waiting: "queue.Queue[Row | None]" = field(default_factory=queue.Queue)
    _put_off: list[tuple[float, Row]] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lessons: list[tuple[int, int]] = field(default_factory=list)  # (lesson, root cause) learned in this run

    def start(self, threads: int, should_stop: Callable[[], bool]) -> None:
        self._threads = [threading.Thread(target=self._look, daemon=True)]
        self._threads += [threading.Thread(target=self._live, args=(should_stop,), daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        self._done.set()
        for _ in self._threads[1:]:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    # ---- the queue -------------------------------------------------------------------------------------------
    def _look(self) -> None:
        """One pair of eyes on the queue for all: each follow-up of this run is given out once."""
        tickets: dict[int, str] = {}
        while not self._done.wait(LOOK_EVERY):
            due = [item for item in self._put_off if item[0] <= time.monotonic()]
            for item in due:
                self._put_off.remove(item)
                self._waiting.put(item[1])
            if self._waiting.qsize() > 2 * len(self._threads):
                continue
            with self.ledger.lock:
                tickets.update({one.ticket: one.number for one in self.ledger.incidents.values()})
            try:
                self._give_out(tickets)
            except (Refused, NoAnswer) as error:
                self.ledger.complain(f"the queue could not be read: {error}")

    def _give_out(self, tickets: dict[int, str]) -> None:
        since = self.ledger.began_at.isoformat()
        unstarted = ["open", "assigned"]
        for row in self.api.every(
            "follow-ups/", status=unstarted, ordering="due_at", opened_at_after=since, page_size=50
        ):
            incident = tickets.get(row["ticket"])
            if incident is None or row["id"] in self.ledger.work:
                continue
            dice = random.Random(f"{self.seed}:claim:{incident}")
            if row["status"] == "open" and dice.random() >= CLAIMS:
                continue  # the server's to assign; seen again once it is somebody's
            with self.ledger.lock:
                self.ledger.work[row["id"]] = Work(row["id"], incident)
            self._waiting.put(row)

    def _live(self, should_stop: Callable[[], bool]) -> None:
        while (row := self._waiting.get()) is not None:
            if should_stop():
                continue
            work = self.ledger.work[row["id"]]
            try:
                self._handle(row, work)
            except (Refused, NoAnswer) as error:
                self.ledger.complain(f"{work.incident}: follow-up {row['id']}: {error}")

    # ---- one follow-up ---------------------------------------------------------------------------------------
    def _handle(self, row: Row, work: Work) -> None:
        dice = random.Random(f"{self.seed}:call:{work.incident}:{work.was_snoozed}")
        row = self.api.get(f"follow-ups/{row['id']}/")  # it may have changed hands while it waited
        if row["status"] == "open":
            row = self._claim(row, work, dice)
        work.by = row["assignee"]
        if not work.was_snoozed:
            drawn = dice.random()
            if drawn < PROVOKES:
                self._offer_to_rated(row)
            elif drawn < PROVOKES + PASSES:
                self._pass_on(row, work, dice)
            elif drawn < PROVOKES + PASSES + SNOOZES:
                work.was_snoozed = True
                self._act(row, "snooze", {"until": (now() + NAP).isoformat(), "by": work.by})
                self._put_off.append((time.monotonic() + NAP.total_seconds(), row))
                return
        wants_no_contact = dice.random() < UNREACHED
        for via, result in dice.sample(TRIES, dice.choice((0, 0, 1, 2))):
            self._try(row, work, via, result)
        if not wants_no_contact:
            self._try(row, work, dice.choice(("phone", "chat", "email")), "reached")
        self._close(row, work, "no_contact" if wants_no_contact else dice.choice(OUTCOMES), dice)

    def _claim(self, row: Row, work: Work, dice: random.Random) -> Row:
        """Take what is nobody's, for somebody who may have it; the server's own assignment may be quicker."""
        people = self._who_may(row)
        if people:
            agent = dice.choice(people)
            try:
                claimed: Row = self.api.post(f"follow-ups/{row['id']}/claim/", {"agent": agent})
            except Refused as refusal:
                if refusal.status != 409:
                    raise
            else:
                work.has_claimed = True
                if claimed["assignee"] != agent:
                    self.ledger.complain(f"follow-up {row['id']}: claimed for {agent}, given to {claimed['assignee']}")
                return claimed
        self.ledger.note("claims that came after the server's own assignment")
        while (row := self.api.get(f"follow-ups/{row['id']}/"))["assignee"] is None and not self._done.wait(LOOK_EVERY):
            pass
        return row

    def _who_may(self, row: Row) -> list[int]:
        """Who is on shift and may have it, by the published shifts: of its team, else of any."""
        at = now()
        own = self.staff.plan.on_shift(self.staff.may_call(row["team"], row["rated_agent"]), at)
        return sorted(own or self.staff.plan.on_shift(self.staff.may_help(row["rated_agent"]), at))

    def _offer_to_rated(self, row: Row) -> None:
        """The one who was rated must never be given it."""
        if row["rated_agent"] is None:
            return
        try:
            self._act(row, "assign", {"to": row["rated_agent"], "note": "Must be refused."})
        except Refused as refusal:
            if refusal.status != 403:
                raise
            self.ledger.note("follow-ups offered to the person who was rated, all refused")
        else:
            self.ledger.complain(f"follow-up {row['id']} was given to the person who was rated")

    def _pass_on(self, row: Row, work: Work, dice: random.Random) -> None:
        others = [one for one in self._who_may(row) if one != work.by]
        if others:
            work.passed_to = dice.choice(others)
            self._act(row, "assign", {"to": work.passed_to, "by": work.by, "note": "You know this customer."})
            work.by = work.passed_to

    def _try(self, row: Row, work: Work, via: str, result: str) -> None:
        if result == "reached":
            work.reached = Span(now())
        self._act(row, "attempts", {"via": via, "result": result, "by": work.by, "note": f"Replay: {result}."})
        work.attempts.append(f"{via} {result}")

    def _close(self, row: Row, work: Work, outcome: str, dice: random.Random) -> None:
        cause = dice.choice(self.staff.root_causes)
        said: Row = {"outcome": outcome, "by": work.by, "note": f"Closed by the replay for {work.incident}."}
        if outcome == "promised":
            due_on = (now() + timedelta(days=3)).date().isoformat()
            said["promise"] = {"text": "We call again when it is in place.", "due_on": due_on}
        drawn = dice.random()
        with self.ledger.lock:
            known = dice.choice(self._lessons) if self._lessons and drawn < 0.4 else None
        if known is not None:
            said |= {"lesson_kind": "known", "lesson": known[0], "root_cause": known[1]}
        elif drawn < 0.7:
            text = f"Before {work.incident} is closed, ask whether it is solved for the customer."
            said |= {"lesson_kind": "new", "lesson_text": text, "root_cause": cause}
        else:
            said |= {"lesson_kind": "nothing_new", "root_cause": cause}
        span = Span(now())
        try:
            closed = self._act(row, "close", said)
        except Refused as refusal:
            closed = self.api.get(f"follow-ups/{row['id']}/")
            # A 503 may come for an act that was done a moment later: what is done as said is done.
            if refusal.status != 409 or (closed["status"], closed["outcome_note"]) != ("closed", said["note"]):
                raise
            self.ledger.note("follow-ups closed by an act that had been answered with 503")
        span.acked_at = now()
        with self.ledger.lock:
            work.outcome, work.root_cause, work.lesson_kind = outcome, said["root_cause"], said["lesson_kind"]
            work.lesson, work.closed = closed["lesson"], span
            if work.lesson_kind == "new":
                self._lessons.append((closed["lesson"], said["root_cause"]))

    def _act(self, row: Row, act: str, said: Row) -> Any:
        for attempt in range(PATIENCE):
            try:
                return self.api.post(f"follow-ups/{row['id']}/{act}/", said)
            except Refused as refusal:
                if refusal.code != "changed_meanwhile" or attempt == PATIENCE - 1:
                    raise
                self.ledger.note("acts on a follow-up done again because it had changed meanwhile")
        raise AssertionError("unreachable")
