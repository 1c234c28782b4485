"""The closed loop: who was called back, by whom, whether that person was there, and what was learned."""

from collections import Counter
from datetime import datetime
from typing import Any

from .audit_answers import AnswerAudit
from .findings import Findings
from .ledger import Ledger, Work
from .rest import Api
from .staff import Organisation, moment

Row = dict[str, Any]
THRESHOLD = 8  # a score up to it has somebody call
GIVEN = ("assign", "claim", "hand_over")  # verbs after which somebody else has it


class LoopAudit:
    def __init__(
        self, api: Api, ledger: Ledger, findings: Findings, answers: AnswerAudit, organisation: Organisation
    ) -> None:
        self.api, self.ledger, self.findings, self.staff = api, ledger, findings, organisation
        self.answers = answers
        since = ledger.began_at.isoformat()
        of_this_run = answers.desk.incident_of
        opened = api.every("follow-ups/", opened_at_after=since)
        self.rows = [row for row in opened if row["ticket"] in of_this_run]
        self.returned = self._lowered_after_the_closing()
        self.lessons = {row["id"]: row for row in api.every("lessons/", created_at_after=since)}

    def run(self) -> None:
        self._one_each()
        self._refused_changes()
        self._given()
        self._worked()
        self._learned()

    def _lowered_after_the_closing(self) -> set[int]:
        """Follow-ups that were closed here before their customers lowered the score, which opens them again. Where the
        two met, either may have been first: then it counts as such if it is not closed."""
        by_response = {row["response"]: row for row in self.rows}
        found = set()
        for answer, response in self.answers.pairs:
            row, change = by_response.get(response["id"]), answer.last_change
            work = self.ledger.work.get(row["id"]) if row else None
            if row is None or work is None or work.closed is None or change is None or change.acked_at is None:
                continue
            is_lower = len(answer.scores) > 1 and answer.scores[-1] < answer.scores[-2] and answer.score <= THRESHOLD
            if is_lower and change.acked_at >= work.closed.asked_at and row["status"] != "closed":
                found.add(row["id"])
        return found

    def _one_each(self) -> None:
        """Every answer that ever stood at 8 or below has exactly one; the others have none."""
        wrong: list[str] = []
        count = Counter(row["response"] for row in self.rows)
        scores = {row["response"]: row["score"] for row in self.rows}
        for answer, response in self.answers.pairs:
            found, right = count.pop(response["id"], 0), int(answer.needs_call)
            if found != right:
                wrong.append(f"{answer.incident}: {found} follow-ups of the scores {answer.scores}, right is {right}")
            elif found and scores[response["id"]] != answer.score:
                wrong.append(
                    f"{answer.incident}: its follow-up says {scores[response['id']]}, the answer {answer.score}"
                )
        wrong += [f"response {pk}: {n} follow-ups, and no answer of this run" for pk, n in count.items()]
        mine = sum(answer.needs_call for answer in self.ledger.answers)
        self.findings.compare("follow-ups, one per score of 8 or below", mine, len(self.rows), wrong)

    def _refused_changes(self) -> None:
        """A change of mind may be refused for one cause: an agent had reached the customer."""
        follow_ups = {row["response"]: row["id"] for row in self.rows}
        refused = fair = 0
        wrong: list[str] = []
        for answer, response in self.answers.pairs:
            if answer.refused_change is None:
                continue
            refused += 1
            work = self.ledger.work.get(follow_ups.get(response["id"], 0))
            told_at = answer.refused_change.acked_at
            if work and work.reached and told_at and work.reached.asked_at <= told_at:
                fair += 1
            else:
                wrong.append(
                    f"{answer.incident}: the change of its {answer.score} was refused, nobody had reached them"
                )
        self.findings.compare("changes refused after the first contact", refused, fair, wrong)

    # ---- given to whom ---------------------------------------------------------------------------------------
    def _given(self) -> None:
        unassigned = [f"follow-up {row['id']} is nobody's" for row in self.rows if row["assignee"] is None]
        self.findings.compare("  with an assignee", len(self.rows), len(self.rows) - len(unassigned), unassigned)
        rated: list[str] = []
        absent: list[str] = []
        given = present = returned = 0
        agents = {response["id"]: response["agent"] for _, response in self.answers.pairs}
        for row in self.rows:
            right = agents.get(row["response"])
            if row["rated_agent"] != right:
                rated.append(f"follow-up {row['id']}: rated was {right}, it says {row['rated_agent']}")
            for entry in self.api.every(f"follow-ups/{row['id']}/history/"):
                returned += entry["verb"] == "return"
                if entry["verb"] not in GIVEN:
                    continue
                person, at = entry["detail"].get("agent") or entry["actor"], moment(entry["at"])
                given += 1
                if person == right:
                    rated.append(f"follow-up {row['id']} was given to {person}, who was rated")
                if said := self._absent(row, person, right, at):
                    absent.append(f"follow-up {row['id']}: {said}")
                else:
                    present += 1
        self.findings.compare("  opened again by a lowered score", len(self.returned), returned)
        self.findings.compare("times one was given to somebody", given, given)
        self.findings.compare("  to somebody on shift by own reckoning", given, present, absent)
        self.findings.compare("  to the person who was rated", 0, sum("was given" in one for one in rated), rated)

    def _absent(self, row: Row, person: int, rated: int | None, at: datetime) -> str:
        """Why `person` should not have got it at `at`; nothing if they should."""
        plan = self.staff.plan
        for people in (self.staff.may_call(row["team"], rated), self.staff.may_help(rated)):
            there = plan.on_shift(people, at)
            if there:
                others = f"on shift and eligible were {sorted(there)}"
                return "" if person in there else f"{person} got it at {at:%H:%M:%S}, {others}"
        begins = {one: plan.next_start(one, at) for one in self.staff.may_help(rated)}
        first = min((begin for begin in begins.values() if begin), default=None)
        if first is None or begins.get(person) == first:
            return ""
        return f"{person} got it at {at:%H:%M:%S}, nobody was on shift and others begin earlier"

    # ---- done with it ----------------------------------------------------------------------------------------
    def _worked(self) -> None:
        by_id = {row["id"]: row for row in self.rows}
        tried = [work for work in self.ledger.work.values() if work.closed is not None]
        done = [work for work in tried if work.follow_up not in self.returned]
        wrong = [
            f"follow-up {work.follow_up} was never closed" for work in self.ledger.work.values() if not work.closed
        ]
        for work in done:
            row = by_id.get(work.follow_up)
            if row is None:
                wrong.append(f"follow-up {work.follow_up} was closed here and is not there")
            elif said := _unlike(work, row):
                wrong.append(f"{work.incident}, follow-up {work.follow_up}: {said}")
        closed = [row for row in self.rows if row["status"] == "closed"]
        whole = [row for row in closed if row["outcome"] and row["root_cause"] and row["lesson_kind"]]
        self.findings.compare("follow-ups closed", len(done), len(closed), wrong)
        self.findings.compare("  with outcome, cause and lesson", len(done), len(whole))
        self.findings.compare("  attempts logged", sum(len(work.attempts) for work in tried),
                              sum(row["attempts_made"] for row in self.rows))  # fmt: skip
        self.findings.compare("  customers reached", sum(_has_reached(work) for work in done),
                              sum(bool(row["reached_at"]) for row in self.rows))  # fmt: skip
        self.findings.count("  closed as", Counter(work.outcome for work in done),
                            Counter(row["outcome"] for row in closed))  # fmt: skip

    def _learned(self) -> None:
        stands = [one for one in self.ledger.work.values() if one.closed and one.follow_up not in self.returned]
        kinds = Counter(work.lesson_kind for work in stands)
        self.findings.count("  lesson", kinds, Counter(row["lesson_kind"] for row in self.rows if row["lesson_kind"]))
        new = {work.lesson for work in self.ledger.work.values() if work.lesson_kind == "new"}
        wrong = [f"lesson {pk} is known to one side only" for pk in new ^ self.lessons.keys()]
        seen: Counter[int | None] = Counter(work.lesson for work in stands)
        for pk in new & self.lessons.keys():
            if self.lessons[pk]["times_seen"] != seen[pk]:
                wrong.append(f"lesson {pk}: seen {seen[pk]} times, it says {self.lessons[pk]['times_seen']}")
        self.findings.compare("new lessons, each counted as often as met", len(new), len(self.lessons), wrong)


def _has_reached(work: Work) -> bool:
    return any(attempt.endswith(" reached") for attempt in work.attempts)


def _unlike(work: Work, row: Row) -> str:
    mine = ("closed", work.by, work.outcome, work.root_cause, work.lesson_kind, work.lesson, len(work.attempts))
    names = ("status", "assignee", "outcome", "root_cause", "lesson_kind", "lesson", "attempts_made")
    theirs = tuple(row[name] for name in names)
    return ", ".join(
        f"{name} is {there}, should be {here}"
        for name, here, there in zip(names, mine, theirs, strict=True)
        if here != there
    )
